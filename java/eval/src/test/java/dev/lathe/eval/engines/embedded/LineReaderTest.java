package dev.lathe.eval.engines.embedded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineReaderTest {
    private static LineReader reader(String text) {
        return new LineReader(new ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)));
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ChildEvent event = ChildEvent.pieces(3, List.of("\n", "\u0000é🌱", ""), List.of(1, 3, 1));
        try (LineWriter writer = new LineWriter(bytes)) {
            writer.write(event);
            writer.write(ChildRequest.cancel(9));
        }
        LineReader reader = new LineReader(new ByteArrayInputStream(bytes.toByteArray()));
        assertEquals(event, reader.read(ChildEvent.class));
        assertEquals(ChildRequest.cancel(9), reader.read(ChildRequest.class));
        assertNull(reader.read(ChildEvent.class));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama_model_load: error\n",
                "{\"kind\":\"NEVER\",\"id\":1}\n",
                "{\"kind\":\"DONE\",\"id\":1,\"more\":2}\n",
                "{\"kind\":\"DONE\",\"id\":",
                "{\"kind\":\"DONE\",\"message\":\"\u00ff\u00fe\"}\n",
                "[]\n",
                "\u0000\n"
            })
    void otherLinesAreErrors(String text) {
        LineReader reader = reader(text);
        if (text.endsWith("\n")) {
            assertThrows(IOException.class, () -> reader.read(ChildEvent.class));
        } else {
            assertNull(assertDoesNotThrowRead(reader), "a line that does not end is no line");
        }
    }

    private static ChildEvent assertDoesNotThrowRead(LineReader reader) {
        try {
            return reader.read(ChildEvent.class);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void endlessLinesAreErrors() {
        InputStream endless =
                new InputStream() {
                    @Override
                    public int read() {
                        return 'x';
                    }
                };
        IOException failure =
                assertThrows(
                        IOException.class, () -> new LineReader(endless).read(ChildEvent.class));
        assertTrue(failure.getMessage().contains("longer than"), failure.getMessage());
    }
}
