package dev.lathe.eval.engines;

import dev.lathe.DataException;
import dev.lathe.UsageException;
import dev.lathe.eval.engine.Engine;
import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.EngineOptions;
import dev.lathe.eval.engines.embedded.EmbeddedEngine;
import dev.lathe.eval.engines.server.ServerEngine;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/** Chooses an engine by what the user calls it. */
public final class Engines {
    /** The name of the engine that needs nothing else. */
    public static final String EMBEDDED = "embedded";

    private Engines() {}

    /**
     * Whether a name is a server's address.
     *
     * @param engine {@value #EMBEDDED} or an address
     * @return true where it begins with {@code http://} or {@code https://}
     */
    public static boolean isServer(String engine) {
        return engine.startsWith("http://") || engine.startsWith("https://");
    }

    /**
     * Opens an engine.
     *
     * @param engine {@value #EMBEDDED}, or the address of an OpenAI-compatible server, such as
     *     {@code http://localhost:8080/v1}
     * @param model the GGUF file for the embedded engine; servers are asked for {@link
     *     EngineOptions#serverModel}, and this may be null
     * @param options context, concurrency, patience
     * @return an engine that answers
     * @throws UsageException if there is no such engine, or an address or file is wrong
     * @throws DataException if the file is broken
     * @throws EngineException if the engine cannot run the model or does not answer
     */
    public static Engine open(String engine, Path model, EngineOptions options) {
        check(engine, model, options);
        return isServer(engine)
                ? ServerEngine.open(address(engine), options)
                : EmbeddedEngine.open(model, options);
    }

    /**
     * Refuses what {@link #open} would refuse, as far as that shows before anything is started.
     *
     * @param engine {@value #EMBEDDED}, or the address of a server
     * @param model the GGUF file for the embedded engine, else null
     * @param options context, concurrency, patience
     * @throws UsageException if there is no such engine, or an address, file or key is wrong
     */
    public static void check(String engine, Path model, EngineOptions options) {
        if (isServer(engine)) {
            address(engine);
            ServerEngine.requireKey(options);
        } else if (engine.equals(EMBEDDED)) {
            requireFile(model);
        } else {
            throw unknown(engine);
        }
    }

    private static void requireFile(Path model) {
        if (model == null) {
            throw new UsageException("the embedded engine needs a GGUF file");
        }
        if (Files.isDirectory(model)) {
            throw new UsageException(
                    "the embedded engine needs a GGUF file; lathe compress "
                            + model
                            + " -o model.gguf makes one");
        }
    }

    private static UsageException unknown(String engine) {
        return new UsageException(
                "no engine '"
                        + engine
                        + "'; there are '"
                        + EMBEDDED
                        + "' and addresses that begin with http:// or https://");
    }

    private static URI address(String text) {
        try {
            URI address = URI.create(text);
            if (address.getHost() != null) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            // Told below.
        }
        throw new UsageException("'" + text + "' is not the address of a server");
    }
}
