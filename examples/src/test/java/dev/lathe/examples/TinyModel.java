package dev.lathe.examples;

import dev.lathe.checkpoint.Checkpoint;
import dev.lathe.checkpoint.TensorInfo;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.function.Executable;

/** A random Llama of two blocks, and what tests ask of outputs made from it. */
final class TinyModel {
    /** A Hugging Face folder with F32 weights; matrices have 64 or 96 columns. */
    static final Path FOLDER =
            Path.of("../java/core/src/test/resources/golden/logits/llama-tied/model");

    private TinyModel() {}

    /** Writes a text of a few thousand tokens. */
    static Path text(Path folder) throws IOException {
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < 1500; i++) {
            words.append("the heron of day ")
                    .append(i * 7919 % 1000)
                    .append(i % 9 == 0 ? ".\n" : ", ");
        }
        return Files.writeString(folder.resolve("text.txt"), words);
    }

    /** What a program prints. */
    static String printed(Executable program) throws Throwable {
        PrintStream console = System.out;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            program.execute();
        } finally {
            System.setOut(console);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** For each weight of a matrix, row by row, whether it is zero; F32 and F16 only. */
    static boolean[] zeros(Checkpoint checkpoint, String name) {
        TensorInfo tensor = checkpoint.tensor(name);
        ByteBuffer bytes =
                ByteBuffer.allocate((int) tensor.byteLength()).order(ByteOrder.LITTLE_ENDIAN);
        checkpoint.read(tensor, 0, bytes);
        bytes.flip();
        long elements = tensor.shape().stream().reduce(1L, Math::multiplyExact);
        int size = (int) (tensor.byteLength() / elements);
        boolean[] zeros = new boolean[(int) elements];
        for (int i = 0; i < zeros.length; i++) {
            // All bits but the sign's.
            zeros[i] =
                    switch (size) {
                        case Float.BYTES -> bytes.getInt() << 1 == 0;
                        case Short.BYTES -> (short) (bytes.getShort() << 1) == 0;
                        default -> throw new AssertionError(name + " is a " + tensor.type());
                    };
        }
        return zeros;
    }
}
