package dev.lathe.compress;

import dev.lathe.UsageException;
import dev.lathe.checkpoint.Format;
import dev.lathe.device.Devices;
import dev.lathe.model.Model;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Compresses a model from one checkpoint into another:
 *
 * <pre>{@code
 * RunRecord record =
 *         Compression.of(Path.of("SmolLM2-135M.gguf"))
 *                 .recipe(Recipe.builder().sparsity(0.5).type("Q4_K").build())
 *                 .writeTo(Path.of("small.gguf"));
 * }</pre>
 *
 * <p>An output whose name ends in {@code .gguf} is a GGUF file, any other a Hugging Face folder. It
 * appears under its name only when it is complete. After an interruption the same call goes on
 * where the last one was and gives the same bytes. An object is used by one thread; different
 * objects are independent.
 */
public final class Compression {
    private final Path source;
    private Recipe recipe = Recipe.EMPTY;
    private String device = "auto";
    private int threads;
    private long memory;
    private long deviceMemory;
    private boolean restart;
    private boolean replace;
    private Path sensitivity;
    private ProgressListener listener = ProgressListener.SILENT;

    private Compression(Path source) {
        this.source = source;
    }

    /**
     * Begins with the defaults: every processor, four fifths of the machine's memory.
     *
     * @param source a GGUF file or a Hugging Face folder
     * @return the compression, to be set up and run
     */
    public static Compression of(Path source) {
        return new Compression(source);
    }

    /**
     * Says what to do.
     *
     * @param value the recipe
     * @return this
     */
    public Compression recipe(Recipe value) {
        this.recipe = value;
        return this;
    }

    /**
     * Chooses the device.
     *
     * @param value as {@link dev.lathe.device.Devices#open} takes it: {@code auto}, {@code cpu},
     *     {@code cuda:0}, or several GPUs, {@code cuda:0,cuda:1}
     * @return this
     */
    public Compression device(String value) {
        this.device = value;
        return this;
    }

    /**
     * Chooses the number of host threads.
     *
     * @param value threads; 0 takes every processor that the process may use
     * @return this
     */
    public Compression threads(int value) {
        if (value < 0) {
            throw new UsageException(value + " threads, expected 0 or more");
        }
        this.threads = value;
        return this;
    }

    /**
     * Bounds the memory; activations that do not fit go to a temporary file beside the output.
     *
     * @param bytes bound of the resident memory; 0 takes four fifths of the machine's
     * @return this
     */
    public Compression memory(long bytes) {
        if (bytes < 0) {
            throw new UsageException(bytes + " bytes of memory, expected 0 or more");
        }
        this.memory = bytes;
        return this;
    }

    /**
     * Bounds the memory that is held on each GPU; batches are made smaller to keep within it.
     *
     * @param bytes bound; 0 takes what is free
     * @return this
     */
    public Compression deviceMemory(long bytes) {
        if (bytes < 0) {
            throw new UsageException(bytes + " bytes of device memory, expected 0 or more");
        }
        this.deviceMemory = bytes;
        return this;
    }

    /**
     * Throws away what an interrupted run left, in place of going on with it.
     *
     * @param value whether to
     * @return this
     */
    public Compression restart(boolean value) {
        this.restart = value;
        return this;
    }

    /**
     * Replaces an output that exists, once the new one is complete.
     *
     * @param value whether to; else an existing output is refused at the start
     * @return this
     */
    public Compression replace(boolean value) {
        this.replace = value;
        return this;
    }

    /**
     * Names the file of measured sensitivities that a budget is divided by. It is read where it is
     * there, else measured and written.
     *
     * @param value the file; without it, {@code OUT.sensitivity.json} beside the output
     * @return this
     */
    public Compression sensitivity(Path value) {
        this.sensitivity = value;
        return this;
    }

    /**
     * Hears of the progress.
     *
     * @param value the listener
     * @return this
     */
    public Compression listener(ProgressListener value) {
        this.listener = value;
        return this;
    }

    /**
     * Plans without reading weights or writing anything. Where types are allocated and nothing was
     * measured, their losses are assumed.
     *
     * @param output where the output would go; its name decides the format
     * @return what would become of each tensor, and what it would take
     * @throws UsageException if the recipe asks for what cannot be done
     * @throws dev.lathe.DataException if the source is broken
     */
    public Estimate plan(Path output) {
        try (Model model = Model.open(source)) {
            CompressionPlan plan = CompressionPlan.of(model, formatOf(output), recipe);
            if (plan.allocation().isPresent()) {
                SensitivityFile file = new SensitivityFile(sensitivity, output, plan);
                plan = CompressionPlan.of(model, plan.format(), plan.recipe(), file.known(model));
            }
            return Estimate.of(model, plan, memory);
        }
    }

    /**
     * Measures the sensitivities that a budget is divided by, as {@link #writeTo} does where they
     * are not there yet; plans and runs after it use them.
     *
     * @param output where the output would go
     * @return the file that holds them
     * @throws UsageException if the recipe states no budget, or the model cannot be computed
     * @throws dev.lathe.DataException if the source is broken
     */
    public Path measureSensitivity(Path output) {
        try (Model model = Model.open(source);
                Devices opened = Devices.open(device, threads, deviceMemory)) {
            CompressionPlan plan = CompressionPlan.of(model, formatOf(output), recipe);
            if (plan.allocation().isEmpty()) {
                throw new UsageException(
                        "sensitivities are for recipes with bits per weight or a size");
            }
            plan.requireWritable();
            SensitivityFile file = new SensitivityFile(sensitivity, output, plan);
            file.measured(model, opened.first(), Estimate.activationBudget(memory), listener);
            return file.path();
        }
    }

    /**
     * Compresses.
     *
     * @param output where the output goes; its name decides the format
     * @return the record, which is also written beside the output
     * @throws UsageException if the recipe asks for what cannot be done, or the output cannot be
     *     written
     * @throws dev.lathe.DataException if the source is broken
     */
    public RunRecord writeTo(Path output) {
        Path absolute = output.toAbsolutePath().normalize();
        try (CompressionRun run = new CompressionRun(this, absolute, formatOf(output))) {
            return run.run();
        }
    }

    /**
     * The format that an output's name asks for.
     *
     * @param output the output
     * @return GGUF where the name ends in {@code .gguf}
     * @throws UsageException if it has no name, as a root folder
     */
    public static Format formatOf(Path output) {
        Path name = output.getFileName();
        if (name == null) {
            throw new UsageException("'" + output + "' is no name for an output");
        }
        return name.toString().toLowerCase(Locale.ROOT).endsWith(".gguf")
                ? Format.GGUF
                : Format.SAFETENSORS;
    }

    Path source() {
        return source;
    }

    Recipe recipe() {
        return recipe;
    }

    String device() {
        return device;
    }

    int threads() {
        return threads;
    }

    long memory() {
        return memory;
    }

    long deviceMemory() {
        return deviceMemory;
    }

    boolean restart() {
        return restart;
    }

    boolean replace() {
        return replace;
    }

    Path sensitivity() {
        return sensitivity;
    }

    ProgressListener listener() {
        return listener;
    }
}
