package dev.lathe.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The Java example of README.md is the one that is compiled and run here. */
class ReadmeTest {
    private static final Pattern BLOCK =
            Pattern.compile("^```java\\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern MARKED =
            Pattern.compile(
                    "// README: .* begins here\\n(.*)// README: .* ends here", Pattern.DOTALL);

    @Test
    void readmeHoldsTheExample() throws IOException {
        Matcher block = BLOCK.matcher(Files.readString(Path.of("../README.md")));
        assumeTrue(block.find(), "README.md has no Java example yet");
        Matcher marked =
                MARKED.matcher(
                        Files.readString(Path.of("src/main/java/dev/lathe/examples/Readme.java")));
        assertEquals(true, marked.find(), "Readme.java has no markers");
        assertEquals(marked.group(1).strip(), block.group(1).strip());
    }
}
