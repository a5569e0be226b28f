package dev.lathe.eval.engines.embedded;

import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import dev.lathe.eval.engines.embedded.ChildEvent.Kind;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The program of the child: loads a model, answers requests, and ends with its standard input. Not
 * to be called within another program: it halts its Java machine.
 */
public final class LlamaChild {
    /** Larger batches gain nothing on processors and would keep silent for long. */
    private static final int BATCH = 512;

    private final LineWriter parent;
    private final ChildSettings settings;
    private final Map<Long, ChildGeneration> generations = new ConcurrentHashMap<>();
    private final ExecutorService workers;
    private volatile LlamaModel model;

    private LlamaChild(LineWriter parent, ChildSettings settings) {
        this.parent = parent;
        this.settings = settings;
        this.workers = Executors.newFixedThreadPool(settings.slots());
    }

    /**
     * Runs until standard input ends, with the parent at the latest, then halts.
     *
     * @param arguments the child's folder
     */
    public static void main(String[] arguments) {
        PrivateFolder folder = new PrivateFolder(Path.of(arguments[0]));
        int status = 1;
        try (SocketChannel socket =
                        SocketChannel.open(UnixDomainSocketAddress.of(folder.socket()));
                LineReader requests = new LineReader(System.in)) {
            ChildSettings settings = requests.read(ChildSettings.class);
            if (settings != null) {
                LineWriter parent = new LineWriter(Channels.newOutputStream(socket));
                LlamaChild child = new LlamaChild(parent, settings);
                // The end of the parent is noticed while a large model is still being loaded.
                child.workers.execute(child::load);
                child.serve(requests);
            }
            status = 0;
        } catch (IOException e) {
            // The parent is gone; nobody is left to be told.
        } finally {
            end(folder, status);
        }
    }

    private void load() {
        try {
            try {
                model = new LlamaModel(parameters(settings));
                parent.write(ChildEvent.of(Kind.READY, 0, null));
            } catch (RuntimeException | UnsatisfiedLinkError e) {
                parent.write(ChildEvent.of(Kind.UNUSABLE, 0, e.getMessage()));
            }
        } catch (IOException e) {
            // The parent is gone: the reading thread meets that too, and ends the machine.
        }
    }

    private static ModelParameters parameters(ChildSettings settings) {
        return new ModelParameters()
                .setModel(settings.model())
                .setCtxSize(settings.context() * settings.slots())
                .setParallel(settings.slots())
                .setThreads(settings.threads())
                .setThreadsBatch(settings.threads())
                .setBatchSize(BATCH)
                // Threads that spin while they wait starve whatever else runs.
                .setPoll(0)
                .setPollBatch(0)
                .setGpuLayers(0)
                .disableContextShift()
                .enableSpecial()
                .skipWarmup();
    }

    private void serve(LineReader requests) throws IOException {
        ChildRequest request = requests.read(ChildRequest.class);
        while (request != null) {
            if (request.cancel()) {
                ChildGeneration generation = generations.get(request.id());
                if (generation != null) {
                    generation.cancel();
                }
            } else {
                begin(request);
            }
            request = requests.read(ChildRequest.class);
        }
    }

    private void begin(ChildRequest request) {
        ChildGeneration generation =
                new ChildGeneration(model, request, settings.context(), parent);
        generations.put(request.id(), generation);
        workers.execute(
                () -> {
                    generation.run();
                    generations.remove(request.id());
                });
    }

    private static void end(PrivateFolder folder, int status) {
        try {
            folder.delete();
        } catch (IOException e) {
            // The parent deletes what is left, if it is there.
        } finally {
            // llama.cpp's threads would keep the machine alive.
            Runtime.getRuntime().halt(status);
        }
    }
}
