package dev.lathe.eval.engines.embedded;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.ObjectMapper;
import de.kherud.llama.LlamaModel;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How the child is started: this Java, and no more classes than it needs. */
final class ChildCommand {
    private ChildCommand() {}

    /**
     * The command line.
     *
     * @param folder the child's own folder
     */
    static List<String> in(PrivateFolder folder) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.crash(),
                "-Dde.kherud.llama.tmpdir=" + folder.library(),
                "-cp",
                classPath(),
                LlamaChild.class.getName(),
                folder.path().toString());
    }

    private static String classPath() {
        return Stream.of(
                        LlamaChild.class,
                        LlamaModel.class,
                        ObjectMapper.class,
                        JsonFactory.class,
                        JsonInclude.class)
                .map(ChildCommand::origin)
                .distinct()
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static String origin(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                    .toString();
        } catch (URISyntaxException | IllegalArgumentException e) {
            throw new IllegalStateException(type + " does not come from a file or folder", e);
        }
    }
}
