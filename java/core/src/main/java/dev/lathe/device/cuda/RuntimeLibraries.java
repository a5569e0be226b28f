package dev.lathe.device.cuda;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The libraries of the CUDA runtime that Lathe's own library and the presets need. They are looked
 * for in the folders of {@value #FOLDERS}, where the system looks, where toolkits are installed,
 * and at last in bytedeco's redist jars.
 */
final class RuntimeLibraries {
    /** Names the variable with folders that have the libraries, separated as paths are. */
    static final String FOLDERS = "LATHE_CUDA_LIBRARIES";

    /** Each after those that it needs. */
    private static final List<String> NAMES =
            List.of(
                    "libcudart.so.13",
                    "libcublasLt.so.13",
                    "libcublas.so.13",
                    "libnvJitLink.so.13",
                    "libcusparse.so.12",
                    "libcusolver.so.12");

    private static final Path INSTALLED = Path.of("/usr/local");

    private final List<String> names;
    private final List<Path> first;
    private final List<Path> last;
    private final String resources;

    /**
     * Chooses what is looked for and where.
     *
     * @param names of the libraries, each after those that it needs
     * @param first folders before those of the system
     * @param last folders after those of the system
     * @param resources folder on the class path, when all fails
     */
    RuntimeLibraries(List<String> names, List<Path> first, List<Path> last, String resources) {
        this.names = names;
        this.first = first;
        this.last = last;
        this.resources = resources;
    }

    /** CUDA's, as the environment says. */
    static RuntimeLibraries of(Map<String, String> environment) {
        List<Path> toolkits = new ArrayList<>();
        for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
            String folder = environment.getOrDefault(variable, "");
            if (!folder.isEmpty()) {
                toolkits.add(Path.of(folder, "lib64"));
            }
        }
        toolkits.addAll(installedToolkits(INSTALLED));
        List<Path> named =
                Stream.of(environment.getOrDefault(FOLDERS, "").split(File.pathSeparator))
                        .filter(folder -> !folder.isEmpty())
                        .map(Path::of)
                        .toList();
        return new RuntimeLibraries(NAMES, named, toolkits, "/org/bytedeco/cuda/linux-x86_64/");
    }

    /** Opens all that can be opened; the names of the others. */
    List<String> open() {
        return names.stream().filter(name -> !open(name)).toList();
    }

    private boolean open(String name) {
        return openIn(first, name)
                || SharedLibraries.open(name).isEmpty()
                || openIn(last, name)
                || SharedLibraries.unpack(resources + name)
                        .map(file -> SharedLibraries.open(file.toString()).isEmpty())
                        .orElse(false);
    }

    private static boolean openIn(List<Path> folders, String name) {
        return folders.stream()
                .map(folder -> folder.resolve(name))
                .filter(Files::isRegularFile)
                .anyMatch(file -> SharedLibraries.open(file.toAbsolutePath().toString()).isEmpty());
    }

    /** Library folders of toolkits of the right major version, the newest first. */
    private static List<Path> installedToolkits(Path folder) {
        List<Path> found = new ArrayList<>();
        String versions = "cuda-" + CudaDetection.NEEDED.major() + "{,.*}";
        try (DirectoryStream<Path> toolkits = Files.newDirectoryStream(folder, versions)) {
            toolkits.forEach(toolkit -> found.add(toolkit.resolve("lib64")));
        } catch (IOException e) {
            return List.of();
        }
        found.sort(Collections.reverseOrder());
        return found;
    }
}
