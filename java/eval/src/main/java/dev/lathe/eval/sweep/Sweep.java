package dev.lathe.eval.sweep;

import dev.lathe.LatheException;
import dev.lathe.UsageException;
import dev.lathe.compress.Compression;
import dev.lathe.compress.Recipe;
import dev.lathe.compress.RunRecord;
import dev.lathe.eval.engine.Engine;
import dev.lathe.eval.run.EvaluationRun;
import dev.lathe.eval.run.LocalModel;
import dev.lathe.eval.run.ModelDescription;
import dev.lathe.eval.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Compresses one model in many ways and evaluates each: the source first, then point by point. A
 * sweep that was interrupted anywhere goes on there: finished compressions are kept, an unfinished
 * one goes on at its last tensor, answered questions are not asked again.
 */
public final class Sweep {
    private static final String COMPRESSED = "compressed";

    private final Path source;
    private final Path compressed;
    private final UnaryOperator<Compression> machine;
    private final Function<Path, Engine> engines;
    private final boolean discard;

    /**
     * Creates a sweep.
     *
     * @param source a GGUF file or a Hugging Face folder
     * @param folder of the run, below which compressed models go
     * @param machine says where and with what memory to compress
     * @param engines opens what runs a GGUF file
     * @param discard whether a compressed model is deleted when all its answers are there
     */
    public Sweep(
            Path source,
            Path folder,
            UnaryOperator<Compression> machine,
            Function<Path, Engine> engines,
            boolean discard) {
        this.source = source;
        this.compressed = folder.resolve(COMPRESSED);
        this.machine = machine;
        this.engines = engines;
        this.discard = discard;
    }

    /**
     * A point that cannot be.
     *
     * @param name the point
     * @param reason why not
     */
    public record Refusal(String name, String reason) {}

    /** Hears what a sweep does. */
    public interface Listener {
        /**
         * A compression begins or goes on.
         *
         * @param point its name
         * @param compression to listen to
         * @return the same compression with its listeners
         */
        Compression compressing(String point, Compression compression);

        /**
         * The questions are asked.
         *
         * @param point its name
         * @return what asks
         */
        EvaluationRun asking(String point);

        /**
         * All answers of a point are there.
         *
         * @param point its name
         */
        void finished(String point);
    }

    /**
     * Finds the points that cannot be, such as zeros in a type without an exact zero.
     *
     * @param points the points
     * @return those that are refused, with the reason
     * @throws UsageException if none is left
     */
    public List<Refusal> refusals(List<SweepPoint> points) {
        List<Refusal> refusals = new ArrayList<>();
        for (SweepPoint point : points) {
            try {
                compression(point.recipe()).plan(file(point));
            } catch (UsageException e) {
                refusals.add(new Refusal(point.name(), e.getMessage()));
            }
        }
        if (refusals.size() == points.size()) {
            throw new UsageException("no point is possible: " + refusals.get(0).reason());
        }
        return refusals;
    }

    /**
     * Compresses and asks.
     *
     * @param run where questions are, and answers go
     * @param points what to compress to; refused points left out
     * @param listener hears what happens
     */
    public void over(RunFolder run, List<SweepPoint> points, Listener listener) {
        try {
            Files.createDirectories(compressed);
        } catch (IOException e) {
            throw new LatheException(compressed + ": cannot be made: " + e.getMessage(), e);
        }
        if (Files.isDirectory(source)) {
            evaluate(new SweepPoint(SweepPoint.ORIGINAL, Recipe.EMPTY), listener);
        } else {
            ask(SweepPoint.ORIGINAL, source, listener);
            listener.finished(SweepPoint.ORIGINAL);
        }
        for (SweepPoint point : points) {
            evaluate(point, listener);
        }
    }

    private void evaluate(SweepPoint point, Listener listener) {
        Path model = file(point);
        Path mark = compressed.resolve(point.file() + ".done");
        if (Files.exists(mark)) {
            // A kill may have come between the mark and the deletion.
            delete(model);
            listener.finished(point.name());
            return;
        }
        if (!Files.exists(model) || !Files.exists(RunRecord.pathFor(model, false))) {
            listener.compressing(point.name(), compression(point.recipe())).writeTo(model);
        }
        EvaluationRun.Summary summary = ask(point.name(), model, listener);
        if (discard && summary.failed() == 0) {
            mark(mark);
            delete(model);
        }
        listener.finished(point.name());
    }

    private EvaluationRun.Summary ask(String name, Path file, Listener listener) {
        LocalModel model = LocalModel.of(file, name);
        ModelDescription description = model.description();
        return listener.asking(name)
                .ask(description, model.fingerprint(), () -> engines.apply(file));
    }

    private static void mark(Path mark) {
        try {
            Files.createFile(mark);
        } catch (IOException e) {
            throw new LatheException(mark + ": cannot be written: " + e.getMessage(), e);
        }
    }

    private static void delete(Path model) {
        try {
            Files.deleteIfExists(model);
            Files.deleteIfExists(RunRecord.pathFor(model, false));
        } catch (IOException e) {
            throw new LatheException(model + ": cannot be deleted: " + e.getMessage(), e);
        }
    }

    private Compression compression(Recipe recipe) {
        return machine.apply(Compression.of(source).recipe(recipe));
    }

    private Path file(SweepPoint point) {
        return compressed.resolve(point.file() + ".gguf");
    }
}
