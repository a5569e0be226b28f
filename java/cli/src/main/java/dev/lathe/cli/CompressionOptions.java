package dev.lathe.cli;

import dev.lathe.UsageException;
import dev.lathe.calibrate.CalibrationOptions;
import dev.lathe.calibrate.Shrinkage;
import dev.lathe.compress.Compression;
import dev.lathe.compress.FileSize;
import dev.lathe.compress.Recipe;
import dev.lathe.compress.RecipeBuilder;
import dev.lathe.compress.Rule;
import dev.lathe.prune.PruneMethod;
import dev.lathe.quantize.Feedback;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code compress} and its dry run {@code plan} are told. */
final class CompressionOptions {
    @Mixin private ModelArgument model;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "OUT",
            description =
                    "The output: NAME.gguf becomes a GGUF file, any other name a Hugging Face folder.")
    private Path output;

    @Option(
            names = "--recipe",
            paramLabel = "FILE",
            description =
                    "A recipe in YAML or JSON. Options given here win over what the recipe says.")
    private Path recipe;

    @ArgGroup(validate = false, heading = "%nPruning (the blocks' linear layers):%n")
    private final Pruning pruning = new Pruning();

    @ArgGroup(validate = false, heading = "%nQuantization:%n")
    private final Quantization quantization = new Quantization();

    @ArgGroup(validate = false, heading = "%nAllocation of types to a size:%n")
    private final Budget budget = new Budget();

    @ArgGroup(validate = false, heading = "%nSecond-order method:%n")
    private final SecondOrder secondOrder = new SecondOrder();

    @ArgGroup(validate = false, heading = "%nCalibration:%n")
    private final Calibration calibration = new Calibration();

    @ArgGroup(validate = false, heading = "%nMachine:%n")
    private final Machine machine = new Machine();

    /** Which weights become zero. */
    static final class Pruning {
        @Option(
                names = "--sparsity",
                paramLabel = "SHARE",
                description = "Share of weights that become zero, such as 0.5.")
        private Double sparsity;

        @Option(
                names = "--pattern",
                paramLabel = "N:M",
                description = "Keep N of every M consecutive weights of a row, such as 2:4.")
        private String pattern;

        @Option(
                names = "--method",
                paramLabel = "NAME",
                description =
                        "How they are chosen: sparsegpt, wanda or magnitude. Default: sparsegpt.")
        private String method;
    }

    /** What weights are stored in. */
    static final class Quantization {
        @Option(
                names = "--type",
                paramLabel = "TYPE",
                description =
                        "Storage type of the blocks' linear layers, such as Q4_K. Default: they"
                                + " stay as they are.")
        private String type;

        @Option(
                names = "--mix",
                paramLabel = "NAME",
                description =
                        "In place of --type: the types that llama-quantize gives each tensor under"
                                + " this name, IQ1_S to Q8_0.")
        private String mix;

        @Option(
                names = "--feedback",
                paramLabel = "KIND",
                description =
                        "obs: later columns make up for the rounding errors of earlier ones; none:"
                                + " round to nearest. Default: obs.")
        private String feedback;

        @Option(
                names = "--imatrix",
                paramLabel = "FILE",
                description =
                        "With --feedback none: how much each column matters, measured by lathe"
                                + " imatrix or llama-imatrix. No calibration is needed then.")
        private String imatrix;

        @Option(
                names = "--embedding-type",
                paramLabel = "TYPE",
                description =
                        "Type of the token embedding. Default: Q6_K with --type and --bpw; --mix and"
                                + " --size choose one.")
        private String embeddingType;

        @Option(
                names = "--head-type",
                paramLabel = "TYPE",
                description =
                        "Type of the output head. Default: Q6_K with --type and --bpw; --mix and"
                                + " --size choose one.")
        private String headType;

        @Option(
                names = "--protect",
                paramLabel = "WHICH[=TYPE]",
                description =
                        "Do not prune, and store in TYPE: final-layer, first-layer, a role such as"
                                + " down_proj, or a regular expression of tensor names. May be"
                                + " given several times; later ones win.")
        private final List<String> protections = new ArrayList<>();
    }

    /** How large the output may be. */
    static final class Budget {
        @Option(
                names = "--bpw",
                paramLabel = "BITS",
                description =
                        "In place of --type: average bits of the blocks' linear weights, such as"
                                + " 2.5. Each tensor gets the type that serves best.")
        private Double bitsPerWeight;

        @Option(
                names = "--size",
                paramLabel = "SIZE",
                description =
                        "In place of --type: size of the whole file, such as 3.2g (3.2 billion"
                                + " bytes) or 3gib. Every tensor is in play.")
        private String size;

        @Option(
                names = "--preset",
                paramLabel = "NAME",
                description =
                        "Built-in rules: reasoning (the final block stays precise), or the dynamic"
                                + " mixes of DeepSeek-R1: r1-1.58, r1-1.73, r1-2.22, r1-2.51, which"
                                + " mean the same --bpw on other models. May be given several"
                                + " times.")
        private final List<String> presets = new ArrayList<>();

        @Option(
                names = "--candidates",
                paramLabel = "TYPE",
                split = ",",
                description = "Types to choose from. Default: those that llama.cpp runs well.")
        private List<String> candidates;

        @Option(
                names = "--sensitivity",
                paramLabel = "FILE",
                description =
                        "Where measured sensitivities are kept; one measurement serves every size."
                                + " Default: OUT.sensitivity.json.")
        private Path sensitivity;
    }

    /** The numbers of optimal brain surgery. */
    static final class SecondOrder {
        @Option(
                names = "--damping",
                paramLabel = "SHARE",
                description =
                        "Added to the Hessian's diagonal, as a share of its mean. Default: 0.01.")
        private Double damping;

        @Option(
                names = "--shrinkage",
                paramLabel = "SHARE",
                description =
                        "Share of the Hessian that its diagonal replaces, or auto: the fewer tokens"
                                + " for each column, the more; none where nothing is quantized."
                                + " Default: auto.")
        private String shrinkage;

        @Option(
                names = "--asymmetry",
                paramLabel = "SHARE",
                description =
                        "How much of what compressed layers have changed about a layer's inputs its"
                                + " weights make up for, 0 to 1. Default: 1.")
        private Double asymmetry;

        @Option(
                names = "--scale-refit",
                description =
                        "Fit scales again when error feedback has chosen all codes of a layer:"
                                + " helps types of four bits and more.")
        private Boolean scaleRefit;

        @Option(
                names = "--mask-block",
                paramLabel = "COLUMNS",
                description = "Columns whose mask is chosen at once. Default: 128.")
        private Integer maskBlock;

        @Option(
                names = "--update-block",
                paramLabel = "COLUMNS",
                description = "Columns after which the rest is updated. Default: 128.")
        private Integer updateBlock;
    }

    /** The text that statistics come from. */
    static final class Calibration {
        @Option(
                names = "--calibration",
                paramLabel = "FILE",
                description =
                        "Plain text, or chat as JSONL (.jsonl). Default: a small set that Lathe"
                                + " brings along.")
        private String file;

        @Option(
                names = "--sequences",
                paramLabel = "N",
                description = "Number of sequences. Default: 32.")
        private Integer sequences;

        @Option(
                names = "--length",
                paramLabel = "TOKENS",
                description = "Tokens of a sequence. Default: 512.")
        private Integer length;

        @Option(
                names = "--seed",
                paramLabel = "S",
                description = "Draws the sequences. Default: 0.")
        private Long seed;
    }

    /** What may be used. */
    static final class Machine extends DeviceOptions {
        @Option(
                names = "--memory",
                paramLabel = "SIZE",
                converter = MemorySize.class,
                description =
                        "Bound of the resident memory, such as 8g; activations that do not fit go"
                                + " to a temporary file. Default: four fifths of the machine's.")
        private Long memory;

        @Option(
                names = "--device-memory",
                paramLabel = "SIZE",
                converter = MemorySize.class,
                description =
                        "Bound of what is held in the memory of each GPU; batches are made smaller"
                                + " to keep within it. Default: what is free.")
        private Long deviceMemory;
    }

    Path output() {
        return output;
    }

    DeviceOptions device() {
        return machine;
    }

    /** The compression that the options describe, ready to be planned or run. */
    Compression compression() {
        return Compression.of(model.path())
                .recipe(recipe())
                .sensitivity(budget.sensitivity)
                .device(machine.device())
                .threads(machine.threads())
                .memory(machine.memory == null ? 0 : machine.memory)
                .deviceMemory(machine.deviceMemory == null ? 0 : machine.deviceMemory);
    }

    /** The recipe file with what the options say in its place. */
    private Recipe recipe() {
        RecipeBuilder builder = (recipe == null ? Recipe.EMPTY : Recipe.read(recipe)).toBuilder();
        if (pruning.sparsity != null && pruning.pattern != null) {
            throw new UsageException("--sparsity and --pattern exclude each other");
        }
        given(pruning.sparsity, builder::sparsity);
        given(pruning.pattern, builder::pattern);
        given(pruning.method, name -> builder.method(PruneMethod.of(name)));
        requireOneTarget();
        given(quantization.type, builder::type);
        given(quantization.mix, builder::mix);
        given(budget.bitsPerWeight, builder::bitsPerWeight);
        given(budget.size, size -> builder.size(FileSize.parse(size)));
        given(budget.candidates, builder::candidates);
        budget.presets.forEach(builder::preset);
        given(quantization.feedback, name -> builder.feedback(Feedback.of(name)));
        given(quantization.imatrix, builder::imatrix);
        given(quantization.embeddingType, builder::embeddingType);
        given(quantization.headType, builder::headType);
        quantization.protections.forEach(text -> builder.rule(Rule.protect(text)));
        given(secondOrder.damping, builder::damping);
        given(secondOrder.shrinkage, text -> builder.shrinkage(Shrinkage.of(text)));
        given(secondOrder.asymmetry, builder::asymmetry);
        given(secondOrder.scaleRefit, builder::scaleRefit);
        given(secondOrder.maskBlock, builder::maskBlock);
        given(secondOrder.updateBlock, builder::updateBlock);
        Recipe changed = builder.build();
        return changed.toBuilder().calibration(calibration(changed.calibration())).build();
    }

    private void requireOneTarget() {
        long targets =
                Stream.of(quantization.type, quantization.mix, budget.bitsPerWeight, budget.size)
                        .filter(Objects::nonNull)
                        .count();
        if (targets > 1) {
            throw new UsageException("--type, --mix, --bpw and --size exclude each other");
        }
    }

    private static <T> void given(T value, Consumer<T> field) {
        if (value != null) {
            field.accept(value);
        }
    }

    private CalibrationOptions calibration(CalibrationOptions base) {
        return new CalibrationOptions(
                either(calibration.file, base.file()),
                either(calibration.sequences, base.sequences()),
                either(calibration.length, base.length()),
                either(calibration.seed, base.seed()));
    }

    private static <T> T either(T given, T otherwise) {
        return given == null ? otherwise : given;
    }
}
