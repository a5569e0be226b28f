package dev.lathe.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuntimeLibrariesTest {
    @Test
    void whatIsOpenIsFoundByItsName(@TempDir Path folder) throws IOException, InterruptedException {
        MadeUpLibraries.empty(folder, "liblathe_first.so.1");
        MadeUpLibraries.empty(folder, "liblathe_second.so.2", "liblathe_first.so.1");
        // Another folder, so that only a library that is open already serves the second one.
        Path apart = Files.createDirectories(folder.resolve("apart"));
        Files.move(folder.resolve("liblathe_first.so.1"), apart.resolve("liblathe_first.so.1"));
        String second = folder.resolve("liblathe_second.so.2").toString();
        assertTrue(SharedLibraries.open(second).orElse("").contains("liblathe_first.so.1"));

        List<String> names = List.of("liblathe_first.so.1", "liblathe_second.so.2");
        assertEquals(List.of(), open(names, List.of(apart), List.of(folder)));
        assertTrue(SharedLibraries.open("liblathe_second.so.2").isEmpty());
    }

    @Test
    void namesWhatIsMissing(@TempDir Path folder) throws IOException, InterruptedException {
        MadeUpLibraries.empty(folder, "liblathe_third.so.3");
        Files.writeString(folder.resolve("liblathe_broken.so.4"), "no library");
        List<String> names =
                List.of("liblathe_third.so.3", "liblathe_broken.so.4", "liblathe_absent.so.5");
        List<String> missing = open(names, List.of(folder), List.of());
        assertEquals(List.of("liblathe_broken.so.4", "liblathe_absent.so.5"), missing);
    }

    private static List<String> open(List<String> names, List<Path> first, List<Path> last) {
        return new RuntimeLibraries(names, first, last, "/nowhere/").open();
    }
}
