package dev.lathe.compress;

import dev.lathe.LatheException;
import dev.lathe.UsageException;
import dev.lathe.calibrate.CalibrationSet;
import dev.lathe.checkpoint.CheckpointWriter;
import dev.lathe.device.Device;
import dev.lathe.model.Model;
import dev.lathe.quantize.Candidates;
import dev.lathe.quantize.Feedback;
import dev.lathe.quantize.PlannedSparsity;
import dev.lathe.quantize.PriorSensitivity;
import dev.lathe.quantize.Sensitivity;
import dev.lathe.quantize.SensitivityMeasurement;
import dev.lathe.quantize.SensitivityOptions;
import dev.lathe.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where the sensitivities of a compression come from: a file that an earlier measurement wrote, a
 * measurement now, or an assumption. A measurement depends on source, calibration and settings, and
 * not on the budget, so that one serves every size: where the user names no file, those of other
 * outputs in the folder serve too.
 */
final class SensitivityFile {
    private static final String SUFFIX = ".sensitivity.json";

    private final Path path;
    private final boolean named;
    private final Recipe recipe;
    private final PlannedSparsity sparsity;

    /**
     * Decides on the file.
     *
     * @param named the file that the user named, or null
     * @param output the output, beside which the file lies otherwise
     * @param plan of the compression, whatever types it allocates so far
     */
    SensitivityFile(Path named, Path output, CompressionPlan plan) {
        this.named = named != null;
        this.path = named != null ? named : pathFor(output);
        this.recipe = plan.recipe();
        this.sparsity = plan.plannedSparsity();
    }

    /** Where the sensitivities for an output lie. */
    static Path pathFor(Path output) {
        return output.resolveSibling(output.getFileName() + SUFFIX);
    }

    Path path() {
        return path;
    }

    /** What is known without measuring: the file, else an assumption. */
    Sensitivity known(Model model) {
        return stored(model, null)
                .or(() -> neighbour(model, null).map(Neighbour::sensitivity))
                .orElseGet(() -> PriorSensitivity.of(model, options().candidates(), sparsity));
    }

    /** The file where it belongs to this run, else a new measurement, which is written there. */
    Sensitivity measured(Model model, Device device, long budget, ProgressListener listener) {
        CheckpointWriter.requireFolder(path);
        CalibrationSet calibration;
        try (Tokenizer tokenizer = Tokenizer.of(model.checkpoint())) {
            tokenizer.checkVocabulary(model.config().vocabularySize());
            calibration = CalibrationSet.load(recipe.calibration(), tokenizer);
        }
        Optional<Sensitivity> stored = stored(model, calibration.sha256());
        if (stored.isPresent()) {
            listener.on(new ProgressEvent.Notice("sensitivities taken from " + path));
            difference(stored.get().basis(), calibration.sha256())
                    .ifPresent(text -> listener.on(new ProgressEvent.Notice(text)));
            return stored.get();
        }
        Optional<Neighbour> neighbour = neighbour(model, calibration.sha256());
        if (neighbour.isPresent()) {
            Sensitivity sensitivity = neighbour.get().sensitivity();
            sensitivity.write(path);
            listener.on(
                    new ProgressEvent.Notice("sensitivities taken from " + neighbour.get().file()));
            return sensitivity;
        }
        long[] done = {0};
        SensitivityMeasurement measurement =
                new SensitivityMeasurement(
                        model,
                        device,
                        options(),
                        calibration,
                        budget,
                        path.toAbsolutePath().getParent(),
                        what ->
                                listener.on(
                                        new ProgressEvent.Advanced(
                                                ++done[0], "sensitivity: " + what)));
        listener.on(new ProgressEvent.Started(measurement.units()));
        Sensitivity sensitivity =
                measurement.run(Fingerprint.ofSource(model.checkpoint()), calibration.sha256());
        sensitivity.write(path);
        listener.on(new ProgressEvent.Notice("sensitivities measured, written to " + path));
        return sensitivity;
    }

    /**
     * What a file that the user named was measured with, where this run would measure otherwise.
     */
    private Optional<String> difference(Sensitivity.Basis basis, String calibration) {
        String settings = options().text();
        if (!basis.settings().equals(settings)) {
            return Optional.of(
                    path
                            + " was measured with other settings: "
                            + basis.settings()
                            + "; those of this run: "
                            + settings);
        }
        return basis.calibration().equals(calibration)
                ? Optional.empty()
                : Optional.of(path + " was measured on other calibration tokens");
    }

    /**
     * The file, where it holds a measurement of this source under these settings. A file that the
     * user named must belong to the source.
     *
     * @param calibration checksum of the calibration tokens, or null where that is not known
     */
    private Optional<Sensitivity> stored(Model model, String calibration) {
        if (!Files.exists(path)) {
            return Optional.empty();
        }
        Sensitivity sensitivity = Sensitivity.read(path);
        Sensitivity.Basis basis = sensitivity.basis();
        String source = Fingerprint.ofSource(model.checkpoint());
        if (named && (basis == null || !basis.source().equals(source))) {
            throw new UsageException(path + " was measured on another model");
        }
        return named || belongs(basis, model, calibration)
                ? Optional.of(sensitivity)
                : Optional.empty();
    }

    private boolean belongs(Sensitivity.Basis basis, Model model, String calibration) {
        return basis != null
                && basis.source().equals(Fingerprint.ofSource(model.checkpoint()))
                && basis.settings().equals(options().text())
                && basis.sequences() == recipe.calibration().sequences()
                && basis.length() == recipe.calibration().length()
                && (calibration == null || basis.calibration().equals(calibration));
    }

    /** What was measured for another output in the folder, with everything that it depends on. */
    private record Neighbour(Path file, Sensitivity sensitivity) {}

    private Optional<Neighbour> neighbour(Model model, String calibration) {
        if (named) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(path.toAbsolutePath().getParent())) {
            return files.filter(file -> file.getFileName().toString().endsWith(SUFFIX))
                    .sorted()
                    .flatMap(file -> read(file).stream())
                    .filter(found -> belongs(found.sensitivity().basis(), model, calibration))
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty(); // the folder itself is looked at when the output is opened
        }
    }

    /** Another output's file may be broken: then it is none of ours. */
    private static Optional<Neighbour> read(Path file) {
        try {
            return Optional.of(new Neighbour(file, Sensitivity.read(file)));
        } catch (LatheException e) {
            return Optional.empty();
        }
    }

    private SensitivityOptions options() {
        return new SensitivityOptions(
                Candidates.allowed(recipe.candidates()),
                Feedback.of(recipe.feedback()),
                sparsity,
                recipe.damping(),
                recipe.shrinkage(),
                recipe.scaleRefit(),
                recipe.maskBlock(),
                recipe.updateBlock(),
                SensitivityOptions.DEFAULT_ROWS,
                SensitivityOptions.DEFAULT_LAYERS,
                SensitivityOptions.DEFAULT_TOKENS);
    }
}
