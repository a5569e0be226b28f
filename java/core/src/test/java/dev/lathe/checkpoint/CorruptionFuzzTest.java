package dev.lathe.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.lathe.LatheException;
import dev.lathe.device.DType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Changes every byte of a header in several ways, and cuts files at every length. Whatever that
 * does to a file, it is opened or refused in one line; nothing else may be thrown.
 */
class CorruptionFuzzTest {
    @TempDir Path folder;

    private byte[] gguf() throws IOException {
        ModelConfig config =
                ModelConfigs.small(
                        ModelFamily.LLAMA, Optional.of(new RopeScaling.Llama3(8, 1, 4, 64)));
        GgufMetadata.Builder metadata = GgufMetadata.builder();
        GgufConfig.write(config, "Fuzz", 0, metadata);
        metadata.putStrings("tokenizer.ggml.tokens", List.of("a", "b", "c"));
        metadata.putInt32s("tokenizer.ggml.token_type", 1, 1, 1);
        metadata.put("nested", new GgufArray.Nested(List.of(GgufArray.Numbers.ofInt32(1))));
        metadata.putFlag("flag", true);
        List<TensorSpec> tensors =
                List.of(
                        WriterFiles.spec("token_embd.weight", DType.F16, 300, 64),
                        WriterFiles.spec("rope_freqs.weight", DType.F32, 8),
                        WriterFiles.spec("blk.0.attn_q.weight", DType.of("Q8_0"), 2, 64));
        Path path = folder.resolve("good.gguf");
        try (GgufWriter writer =
                GgufWriter.create(path, metadata.build(), tensors, WriteOptions.defaults())) {
            for (TensorInfo tensor : writer.tensors()) {
                ByteBuffer bytes =
                        ByteBuffer.allocate((int) tensor.byteLength())
                                .order(ByteOrder.LITTLE_ENDIAN);
                if (tensor.name().equals("rope_freqs.weight")) {
                    bytes.asFloatBuffer().put(RopeFrequencies.factors(config).orElseThrow());
                }
                writer.write(tensor, 0, bytes);
            }
            writer.finish();
        }
        return Files.readAllBytes(path);
    }

    private byte[] safetensors() throws IOException {
        Path path = folder.resolve("good");
        List<TensorSpec> tensors =
                List.of(
                        WriterFiles.spec("lm_head.weight", DType.F32, 3, 4),
                        WriterFiles.spec("model.norm.weight", DType.BF16, 4));
        try (SafetensorsWriter writer =
                SafetensorsWriter.create(path, tensors, Map.of(), WriteOptions.defaults())) {
            WriterFiles.writeAll(writer);
            writer.finish();
        }
        return Files.readAllBytes(path.resolve("model.safetensors"));
    }

    @Test
    void anyByteOfGgufMayBeWrong() throws IOException {
        byte[] good = gguf();
        int header = good.length - 300 * 64 * 2 - 32 - 2 * 68;
        assertTrue(header > 900, "header of " + header);
        changeEveryByte(good, header, folder.resolve("changed.gguf"));
    }

    @Test
    void anyByteOfSafetensorsMayBeWrong() throws IOException {
        byte[] good = safetensors();
        changeEveryByte(good, good.length - 56, folder.resolve("changed.safetensors"));
    }

    @Test
    void filesMayEndAnywhere() throws IOException {
        Path path = folder.resolve("cut");
        for (byte[] good : List.of(gguf(), safetensors())) {
            int opened = 0;
            for (int length = 0; length < Math.min(good.length, 2000); length++) {
                Files.write(path, Arrays.copyOf(good, length));
                opened += open(path, "length " + length) ? 1 : 0;
            }
            assertEquals(0, opened);
        }
    }

    private void changeEveryByte(byte[] good, int header, Path path) throws IOException {
        Files.write(path, good);
        assertTrue(open(path, "unchanged"));
        int refused = 0;
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            for (int at = 0; at < header; at++) {
                for (int change : new int[] {0, '\n', 0x7F, 0xFF, good[at] + 1, good[at] ^ 0x80}) {
                    channel.write(ByteBuffer.wrap(new byte[] {(byte) change}), at);
                    refused += open(path, change + " at " + at) ? 0 : 1;
                }
                channel.write(ByteBuffer.wrap(good, at, 1), at);
            }
        }
        assertTrue(refused > header, refused + " files were refused");
    }

    /** Opens a file and reads everything that describes the model. */
    private static boolean open(Path path, String change) {
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            if (checkpoint.format() == Format.GGUF) {
                TensorNames.index(checkpoint, ModelConfig.read(checkpoint).layers());
            }
            return true;
        } catch (LatheException e) {
            String message = e.getMessage();
            assertTrue(message.contains(path.toString()), () -> change + ": " + message);
            boolean plain = message.chars().noneMatch(Character::isISOControl);
            assertTrue(plain, () -> change + ": " + message);
            return false;
        } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
            return fail(change, e);
        }
    }
}
