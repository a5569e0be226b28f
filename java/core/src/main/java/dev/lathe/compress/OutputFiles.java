package dev.lathe.compress;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lathe.UsageException;
import dev.lathe.checkpoint.CheckpointWriter;
import dev.lathe.checkpoint.Format;
import dev.lathe.checkpoint.GgufCheckpoint;
import dev.lathe.checkpoint.GgufConfig;
import dev.lathe.checkpoint.GgufFileType;
import dev.lathe.checkpoint.GgufMetadata;
import dev.lathe.checkpoint.GgufWriter;
import dev.lathe.checkpoint.HuggingFaceConfig;
import dev.lathe.checkpoint.OutputFile;
import dev.lathe.checkpoint.SafetensorsCheckpoint;
import dev.lathe.checkpoint.SafetensorsWriter;
import dev.lathe.checkpoint.WriteOptions;
import dev.lathe.device.DType;
import dev.lathe.model.Model;
import dev.lathe.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What an output holds besides weights: the model's description and its tokenizer, in the words of
 * its format.
 */
final class OutputFiles {
    private static final Set<DType> FLOATS = Set.of(DType.F32, DType.F16, DType.BF16);

    private OutputFiles() {}

    /** The version of Lathe, for records. */
    static String version() {
        String version = OutputFiles.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    /** Opens the output, taking up what an interrupted run left where told to. */
    static CheckpointWriter create(
            Path output,
            Model model,
            CompressionPlan plan,
            Tokenizer tokenizer,
            boolean replace,
            boolean resume) {
        WriteOptions options = WriteOptions.defaults().withReplace(replace).withResume(resume);
        if (plan.format() == Format.GGUF) {
            return GgufWriter.create(
                    output, metadata(model, plan, tokenizer), plan.outputs(), options);
        }
        return SafetensorsWriter.create(
                output, plan.outputs(), sideFiles(model, plan, tokenizer), options);
    }

    /** The size of a GGUF file, header and padding included. */
    static long fileSize(Model model, CompressionPlan plan) {
        if (model.checkpoint() instanceof GgufCheckpoint) {
            return GgufWriter.size(metadata(model, plan, null), plan.outputs());
        }
        try (Tokenizer tokenizer = Tokenizer.of(model.checkpoint())) {
            return GgufWriter.size(metadata(model, plan, tokenizer), plan.outputs());
        }
    }

    /** What each tensor of a GGUF file is padded to: a source of that format says it. */
    static long alignment(Model model) {
        return GgufWriter.alignment(
                model.checkpoint() instanceof GgufCheckpoint gguf
                        ? gguf.metadata()
                        : GgufMetadata.builder().build());
    }

    /** What lies under the output's name, without the record. */
    static List<OutputFile> written(Path output, Format format) {
        if (format == Format.GGUF) {
            return List.of(OutputFile.of(output));
        }
        Path record = RunRecord.pathFor(output, true);
        try (Stream<Path> files = Files.list(output)) {
            return files.filter(file -> !file.equals(record)).sorted().map(OutputFile::of).toList();
        } catch (IOException e) {
            throw new UsageException(output + " cannot be listed: " + e.getMessage(), e);
        }
    }

    /** The tokenizer is asked only where the source is no GGUF file. */
    private static GgufMetadata metadata(Model model, CompressionPlan plan, Tokenizer tokenizer) {
        int fileType = fileType(plan);
        if (model.checkpoint() instanceof GgufCheckpoint gguf) {
            return gguf.metadata().toBuilder().putUint32(GgufFileType.KEY, fileType).build();
        }
        GgufMetadata.Builder target = GgufMetadata.builder();
        GgufConfig.write(model.config(), name(model), fileType, target);
        tokenizer.toGguf().paddedTo(model.config().vocabularySize()).writeTo(target);
        target.putUint32("general.quantization_version", 2);
        return target.build();
    }

    /** The number of the blocks' type; a mix of its own where rules give several. */
    private static int fileType(CompressionPlan plan) {
        String name = plan.recipe().mix() == null ? plan.recipe().type() : plan.recipe().mix();
        if (name == null) {
            List<DType> types =
                    plan.tensors().stream()
                            .filter(tensor -> tensor.output() != null && tensor.linearWeight())
                            .map(tensor -> tensor.output().type())
                            .distinct()
                            .toList();
            return types.size() == 1 ? GgufFileType.of(types.get(0).name()) : GgufFileType.UNNAMED;
        }
        return plan.recipe().rules().isEmpty() ? GgufFileType.of(name) : GgufFileType.UNNAMED;
    }

    private static String name(Model model) {
        Path path = model.checkpoint().path().toAbsolutePath().normalize();
        return path.getFileName().toString();
    }

    private static Map<String, byte[]> sideFiles(
            Model model, CompressionPlan plan, Tokenizer tokenizer) {
        Map<String, byte[]> files = new LinkedHashMap<>();
        Optional<ObjectNode> original = Optional.empty();
        if (model.checkpoint() instanceof SafetensorsCheckpoint folder) {
            files.putAll(folder.sideFiles());
            original = Optional.of(folder.config());
        } else {
            tokenizer
                    .toHuggingFace()
                    .forEach(
                            (name, text) -> files.put(name, text.getBytes(StandardCharsets.UTF_8)));
        }
        ObjectNode config = HuggingFaceConfig.write(model.config(), floatType(plan), original);
        files.put("config.json", HuggingFaceConfig.toBytes(config));
        return files;
    }

    /** The type of most linear layers, which a folder's description names. */
    private static DType floatType(CompressionPlan plan) {
        return plan.tensors().stream()
                .filter(tensor -> tensor.key().role().linear() && tensor.output() != null)
                .map(tensor -> tensor.output().type())
                .filter(FLOATS::contains)
                .findFirst()
                .orElse(DType.F16);
    }
}
