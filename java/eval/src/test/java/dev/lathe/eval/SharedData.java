package dev.lathe.eval;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Data that lies outside the project: {@code data} under {@code LATHE_SHARED}. */
public final class SharedData {
    private SharedData() {}

    /** A file or folder there; the test is skipped where it is absent. */
    public static Path path(String name) {
        String shared = System.getenv("LATHE_SHARED");
        Assumptions.assumeTrue(shared != null, "LATHE_SHARED is not set");
        Path path = Path.of(shared, "data", name);
        Assumptions.assumeTrue(Files.exists(path), path + " is absent");
        return path;
    }
}
