package dev.lathe.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Text for calibration that the small models' tokenizers cut into several tokens a word. */
final class CalibrationText {
    private CalibrationText() {}

    /** Writes so many words, the same every time. */
    static Path write(Path file, int words) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < words; i++) {
            text.append("word ").append(i * 7919L % 1000).append(i % 11 == 0 ? ".\n" : ", ");
        }
        return Files.writeString(file, text);
    }
}
