package dev.lathe.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lathe.DataException;
import dev.lathe.UsageException;
import dev.lathe.device.Device;
import dev.lathe.model.DecoderBlock;
import dev.lathe.model.Model;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeepSeekShapesTest {
    @TempDir Path folder;

    /** The model card gives 671 B; with the block for several tokens at once it would be 685 B. */
    @Test
    void aHeaderOfR1HasThePublishedNumberOfWeights() {
        HeaderOnlyGguf header = HeaderOnlyGguf.deepSeekR1();
        assertEquals(671e9, header.weights(), 0.5e9);
        Path path = header.write(folder.resolve("r1.gguf"));
        try (Model model = Model.open(path)) {
            ModelConfig config = model.config();
            assertEquals(ModelFamily.DEEPSEEK, config.family());
            assertEquals(256, config.experts());
            assertEquals(2048, config.mixture().orElseThrow().shared());
            assertEquals(128, config.latent().orElseThrow().plainSize());
            long weights = model.tensors().values().stream().mapToLong(TensorInfo::elements).sum();
            assertEquals(header.weights(), weights);
        }
    }

    @Test
    void itsForwardPassIsRefusedInOneLine() {
        Path path =
                HeaderOnlyGguf.deepSeek(2, 1, 64, 96, 8, 32, 300, 2)
                        .write(folder.resolve("d.gguf"));
        try (Model model = Model.open(path);
                Device device = Device.open("cpu", 1)) {
            UsageException refused =
                    assertThrows(UsageException.class, () -> DecoderBlock.load(model, device, 0));
            assertTrue(refused.getMessage().contains("deepseek2"), refused.getMessage());
            assertTrue(refused.getMessage().contains("forward pass"), refused.getMessage());
        }
    }

    @Test
    void aMisshapenExpertIsNamed() throws IOException {
        Path path =
                HeaderOnlyGguf.deepSeek(2, 1, 64, 96, 8, 32, 300, 2)
                        .write(folder.resolve("d.gguf"));
        byte[] key = "expert_feed_forward_length".getBytes();
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            byte[] start = new byte[4096];
            file.readFully(start);
            int at =
                    new String(start, java.nio.charset.StandardCharsets.ISO_8859_1)
                                    .indexOf(new String(key))
                            + key.length
                            + 4;
            file.seek(at);
            file.write(33);
        }
        DataException broken = assertThrows(DataException.class, () -> Model.open(path));
        assertTrue(broken.getMessage().contains("blk.1.ffn_gate_exps"), broken.getMessage());
    }
}
