package dev.lathe.eval.engines.embedded;

import dev.lathe.eval.engine.EngineOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** Opens an engine, writes down its children, and does nothing until it is killed. */
final class EngineHolder {
    private EngineHolder() {}

    public static void main(String[] arguments) throws Exception {
        EngineOptions options = EngineOptions.withContext(64).withThreads(1);
        EmbeddedEngine engine = EmbeddedEngine.open(Path.of(arguments[0]), options);
        Path list = Path.of(arguments[1]);
        Path partial = Path.of(arguments[1] + ".partial");
        Files.writeString(
                partial,
                engine.children().stream()
                        .map(child -> Long.toString(child.pid()))
                        .collect(Collectors.joining("\n")));
        Files.move(partial, list);
        Thread.sleep(Long.MAX_VALUE);
    }
}
