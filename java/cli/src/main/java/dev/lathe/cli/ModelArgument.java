package dev.lathe.cli;

import java.nio.file.Path;
import picocli.CommandLine.Parameters;

/** The checkpoint that a command reads. */
final class ModelArgument {
    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description = "A GGUF file or a Hugging Face folder.")
    private Path path;

    Path path() {
        return path;
    }
}
