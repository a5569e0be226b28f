package dev.lathe.device.cuda;

import dev.lathe.nativebackend.global.lathe;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens shared libraries for the rest of the process's life. A library that is open is found by its
 * name wherever it is needed afterwards, whatever folder it came from.
 */
final class SharedLibraries {
    private static final Logger LOG = LoggerFactory.getLogger(SharedLibraries.class);

    private SharedLibraries() {}

    /**
     * Opens a library, its symbols for all.
     *
     * @param library a path, or a name that the system looks for
     * @return nothing, or why it cannot be opened
     */
    static Optional<String> open(String library) {
        try {
            // The native part comes first: it settles how JavaCPP counts memory.
            lathe.typeCount();
            Loader.loadGlobal(library);
            LOG.debug("opened {}", library);
            return Optional.empty();
        } catch (LinkageError e) {
            LOG.debug("not opened: {}", e.getMessage());
            return Optional.of(e.getMessage());
        }
    }

    /**
     * Unpacks a library from the class path into JavaCPP's cache.
     *
     * @param resource absolute name of the resource
     * @return its file, or nothing where there is no such resource or it cannot be unpacked
     */
    static Optional<Path> unpack(String resource) {
        URL url = SharedLibraries.class.getResource(resource);
        if (url == null) {
            return Optional.empty();
        }
        try {
            return Optional.ofNullable(Loader.cacheResource(url)).map(File::toPath);
        } catch (IOException e) {
            LOG.debug("not unpacked: {}", resource, e);
            return Optional.empty();
        }
    }
}
