package dev.lathe.eval.report;

import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Writer;
import java.util.Base64;
import java.util.Locale;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/**
 * Data in a page, as elements that no browser runs. Whatever strings hold, they cannot end their
 * element: plain blocks spell {@code <}, {@code >}, {@code &} and the line separators of Unicode as
 * escapes of JSON, compressed ones are Base64.
 */
public final class DataBlocks {
    private static final ObjectWriter INLINE = new ObjectMapper().writer(new MarkupEscapes());

    private final Writer out;

    DataBlocks(Writer out) {
        this.out = out;
    }

    /**
     * Writes a block of JSON.
     *
     * @param name how scripts find it: lower-case letters and hyphens; several may share one
     * @param value anything that Jackson can write
     * @throws IOException if writing fails
     */
    public void json(String name, Object value) throws IOException {
        open("application/json", name);
        out.write(INLINE.writeValueAsString(value));
        close();
    }

    /**
     * Writes a block of JSON in UTF-8, in the zlib format, in Base64.
     *
     * @param name how scripts find it: lower-case letters and hyphens; several may share one
     * @param value anything that Jackson can write
     * @throws IOException if writing fails
     */
    public void compressed(String name, Object value) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION);
        try (DeflaterOutputStream deflated = new DeflaterOutputStream(bytes, deflater)) {
            INLINE.writeValue(deflated, value);
        } finally {
            deflater.end();
        }
        open("text/plain", name);
        out.write(Base64.getEncoder().encodeToString(bytes.toByteArray()));
        close();
    }

    private void open(String type, String name) throws IOException {
        if (!name.matches("[a-z-]+")) {
            throw new IllegalArgumentException("not a block's name: " + name);
        }
        out.write(String.format(Locale.ROOT, "<script type=\"%s\" data-name=\"%s\">", type, name));
    }

    private void close() throws IOException {
        out.write("</script>\n");
    }

    private static final class MarkupEscapes extends CharacterEscapes {
        private static final long serialVersionUID = 1;

        private final int[] ascii = CharacterEscapes.standardAsciiEscapesForJSON();

        MarkupEscapes() {
            for (char markup : new char[] {'<', '>', '&'}) {
                ascii[markup] = CharacterEscapes.ESCAPE_STANDARD;
            }
        }

        @Override
        public int[] getEscapeCodesForAscii() {
            return ascii;
        }

        @Override
        public SerializableString getEscapeSequence(int character) {
            boolean separator = character == 0x2028 || character == 0x2029;
            // A lone surrogate has no UTF-8 form.
            return separator || Character.isSurrogate((char) character)
                    ? new SerializedString(String.format(Locale.ROOT, "\\u%04x", character))
                    : null;
        }
    }
}
