package dev.lathe.compress;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.lathe.calibrate.CalibrationSet;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.checkpoint.TensorRole;
import dev.lathe.device.Device;
import dev.lathe.device.Tensor;
import dev.lathe.model.BlockStage;
import dev.lathe.model.DecoderBlock;
import dev.lathe.model.Model;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Batches that leave a stage before the others come out as if they had not. */
class ActivationStreamTest {
    private static final Path TINY_REASONER = Path.of("../../examples/tiny-reasoner");
    private static final int BATCH_SEQUENCES = 2;

    @TempDir Path folder;

    @Test
    void leavingAnOutputStageEarlyChangesNothing() {
        try (Device device = Device.open("cpu", 1);
                Model model = Model.open(TINY_REASONER)) {
            float[] expected = afterTwoBlocks(device, model, false);
            assertArrayEquals(expected, afterTwoBlocks(device, model, true));
        }
    }

    /** The last batch's residuals, behind two blocks. */
    private float[] afterTwoBlocks(Device device, Model model, boolean early) {
        try (ActivationStream stream =
                new ActivationStream(device, tokens(), BATCH_SEQUENCES, 0, 1 << 20, folder)) {
            try (Tensor table = model.load(device, TensorKey.weight(TensorRole.EMBEDDING))) {
                stream.embed(table);
            }
            for (int layer = 0; layer < 2; layer++) {
                pass(stream, device, model, layer, early);
            }
            int last = stream.batches() - 1;
            Tensor residual = stream.takeResidual(last);
            float[] values = residual.toArray();
            stream.putResidual(last, residual);
            return values;
        }
    }

    private static void pass(
            ActivationStream stream, Device device, Model model, int layer, boolean early) {
        try (DecoderBlock block = DecoderBlock.load(model, device, layer)) {
            BlockStage before = null;
            for (BlockStage stage : BlockStage.values()) {
                for (int batch = 0; batch < stream.batches(); batch++) {
                    stream.advance(block, before, batch, stage);
                    // The first batch stays with the others.
                    if (early && batch > 0 && stage.addsToResidual()) {
                        Tensor input = stream.leave(block, stage, batch);
                        assertEquals(block.weight(stage.linears().get(0)).cols(), input.cols());
                        input.close();
                    }
                }
                before = stage;
            }
            for (int batch = 0; batch < stream.batches(); batch++) {
                stream.advance(block, before, batch, null);
            }
        }
    }

    private static CalibrationSet tokens() {
        Random random = new Random(7);
        int[][] sequences = new int[5][];
        for (int i = 0; i < sequences.length; i++) {
            sequences[i] = random.ints(24, 0, 200).toArray();
        }
        return new CalibrationSet(sequences, "test");
    }
}
