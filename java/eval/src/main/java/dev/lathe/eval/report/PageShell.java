package dev.lathe.eval.report;

import dev.lathe.DataException;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/**
 * A page that is one file: styles, scripts and data stand in it, and its policy forbids everything
 * else. Scripts run because their hashes are named, so text that slips into the page as markup runs
 * nothing and loads nothing.
 *
 * @param title the page's title, any text
 * @param body trusted markup without scripts, styles or handlers
 * @param styles style sheets, in order
 * @param scripts scripts, in order; they run after body and data are there
 */
public record PageShell(String title, String body, List<String> styles, List<String> scripts) {
    /** Where a page's data comes from. */
    @FunctionalInterface
    public interface Data {
        /**
         * Writes all blocks.
         *
         * @param blocks takes them
         * @throws IOException if writing fails
         */
        void writeTo(DataBlocks blocks) throws IOException;
    }

    /**
     * Brings line ends to the form that browsers hash.
     *
     * @param title the component
     * @param body the component
     * @param styles the component
     * @param scripts the component
     * @throws DataException if a script or style would end its own element
     */
    public PageShell {
        styles = styles.stream().map(text -> inline(text, "</style")).toList();
        scripts = scripts.stream().map(text -> inline(text, "</script")).toList();
    }

    /**
     * Writes the page.
     *
     * @param out where to; not closed
     * @param data what the scripts read
     * @throws IOException if writing fails
     */
    public void write(Writer out, Data data) throws IOException {
        out.write("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        out.write("<meta http-equiv=\"Content-Security-Policy\" content=\"" + policy() + "\">\n");
        out.write("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        out.write("<title>" + escape(title) + "</title>\n");
        for (String style : styles) {
            out.write("<style>" + style + "</style>\n");
        }
        out.write("</head>\n<body>\n");
        out.write(body);
        data.writeTo(new DataBlocks(out));
        for (String script : scripts) {
            out.write("<script>" + script + "</script>\n");
        }
        out.write("</body>\n</html>\n");
    }

    private String policy() {
        return "default-src 'none'; script-src"
                + hashes(scripts)
                + "; style-src"
                + hashes(styles)
                + "; base-uri 'none'; form-action 'none'";
    }

    private static String hashes(List<String> texts) {
        StringBuilder sources = new StringBuilder();
        for (String text : texts) {
            byte[] digest = sha256().digest(text.getBytes(StandardCharsets.UTF_8));
            sources.append(" 'sha256-").append(Base64.getEncoder().encodeToString(digest));
            sources.append('\'');
        }
        return sources.isEmpty() ? " 'none'" : sources.toString();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static String inline(String text, String end) {
        String normal = text.replace("\r\n", "\n").replace('\r', '\n');
        String lower = normal.toLowerCase(Locale.ROOT);
        if (lower.contains(end) || lower.contains("<!--")) {
            throw new DataException("a script or style of the page contains " + end + " or <!--");
        }
        return normal;
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
