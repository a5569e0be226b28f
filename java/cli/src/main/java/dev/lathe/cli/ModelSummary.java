package dev.lathe.cli;

import dev.lathe.DataException;
import dev.lathe.checkpoint.ModelConfig;
import dev.lathe.checkpoint.RopeScaling;
import dev.lathe.checkpoint.TensorInfo;
import dev.lathe.checkpoint.TensorKey;
import dev.lathe.device.DType;
import dev.lathe.model.Model;
import dev.lathe.tokenizer.SpecialToken;
import dev.lathe.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.StringJoiner;

/**
 * What {@code inspect} reports.
 *
 * @param path what was opened
 * @param format {@code gguf} or {@code safetensors}
 * @param architecture such as {@code llama}
 * @param parameters weights of all tensors
 * @param bytes bytes of all tensors
 * @param bitsPerWeight average over all tensors
 * @param config the model's sizes
 * @param types what the weights are stored in, most bytes first
 * @param tokenizer the tokenizer, or why there is none
 * @param tensors every tensor, or null where they were not asked for
 */
record ModelSummary(
        String path,
        String format,
        String architecture,
        long parameters,
        long bytes,
        double bitsPerWeight,
        Sizes config,
        List<TypeShare> types,
        TokenizerSummary tokenizer,
        List<TensorLine> tensors) {

    /**
     * The model's sizes.
     *
     * @param layers blocks
     * @param hiddenSize width of the residual stream
     * @param intermediateSize width within the feed-forward network
     * @param heads query heads
     * @param kvHeads key and value heads
     * @param headSize width of a head
     * @param vocabularySize rows of the embedding
     * @param contextLength tokens that the model was made for
     * @param tiedEmbeddings whether the head is the embedding
     * @param ropeTheta base of the rotary wavelengths
     * @param ropeScaling rule and parameters of their stretching, or null
     */
    record Sizes(
            int layers,
            int hiddenSize,
            int intermediateSize,
            int heads,
            int kvHeads,
            int headSize,
            int vocabularySize,
            int contextLength,
            boolean tiedEmbeddings,
            double ropeTheta,
            Map<String, Object> ropeScaling) {}

    /**
     * A storage type's share.
     *
     * @param type its name
     * @param tensors tensors of this type
     * @param weights their weights
     * @param bytes their bytes
     * @param bitsPerWeight storage of a weight
     */
    record TypeShare(String type, int tensors, long weights, long bytes, double bitsPerWeight) {}

    /**
     * The tokenizer.
     *
     * @param vocabularySize tokens
     * @param preTokenizer GGUF's name of the way text is cut, or null where GGUF has none for it
     * @param specialTokens part and text of tokens that play a part
     * @param addsBos whether texts begin with a token of their own
     * @param chatTemplates names of the chat templates
     * @param problem why the tokenizer cannot be used, or null
     */
    record TokenizerSummary(
            Integer vocabularySize,
            String preTokenizer,
            Map<String, String> specialTokens,
            Boolean addsBos,
            List<String> chatTemplates,
            String problem) {}

    /**
     * A tensor.
     *
     * @param name its name in the file
     * @param role what it is for
     * @param type what it is stored in
     * @param shape outermost dimension first
     * @param bytes its size
     */
    record TensorLine(String name, String role, String type, List<Long> shape, long bytes) {}

    static ModelSummary of(Model model, boolean listTensors) {
        long parameters = 0;
        long bytes = 0;
        for (TensorInfo tensor : model.tensors().values()) {
            parameters += tensor.elements();
            bytes += tensor.byteLength();
        }
        return new ModelSummary(
                model.checkpoint().path().toString(),
                model.checkpoint().format().name().toLowerCase(Locale.ROOT),
                model.config().architecture(),
                parameters,
                bytes,
                8.0 * bytes / parameters,
                sizes(model.config()),
                types(model),
                tokenizer(model),
                listTensors ? tensors(model) : null);
    }

    private static Sizes sizes(ModelConfig config) {
        return new Sizes(
                config.layers(),
                config.hiddenSize(),
                config.intermediateSize(),
                config.heads(),
                config.kvHeads(),
                config.headSize(),
                config.vocabularySize(),
                config.contextLength(),
                config.tiedEmbeddings(),
                config.ropeTheta(),
                config.ropeScaling().map(ModelSummary::scaling).orElse(null));
    }

    private static Map<String, Object> scaling(RopeScaling scaling) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("type", scaling.type());
        if (scaling instanceof RopeScaling.Linear linear) {
            fields.put("factor", linear.factor());
        } else if (scaling instanceof RopeScaling.Llama3 llama3) {
            fields.put("factor", llama3.factor());
            fields.put("lowFrequencyFactor", llama3.lowFrequencyFactor());
            fields.put("highFrequencyFactor", llama3.highFrequencyFactor());
            fields.put("originalContextLength", llama3.originalContextLength());
        }
        return fields;
    }

    private static List<TypeShare> types(Model model) {
        Map<DType, TypeShare> shares = new LinkedHashMap<>();
        for (TensorInfo tensor : model.tensors().values()) {
            DType type = tensor.type();
            TypeShare one =
                    new TypeShare(
                            type.name(),
                            1,
                            tensor.elements(),
                            tensor.byteLength(),
                            type.bitsPerWeight());
            shares.merge(type, one, ModelSummary::sum);
        }
        return shares.values().stream()
                .sorted((a, b) -> Long.compare(b.bytes(), a.bytes()))
                .toList();
    }

    private static TypeShare sum(TypeShare a, TypeShare b) {
        return new TypeShare(
                a.type(),
                a.tensors() + b.tensors(),
                a.weights() + b.weights(),
                a.bytes() + b.bytes(),
                a.bitsPerWeight());
    }

    private static TokenizerSummary tokenizer(Model model) {
        try (Tokenizer tokenizer = Tokenizer.of(model.checkpoint())) {
            Map<String, String> special = new LinkedHashMap<>();
            for (SpecialToken part : SpecialToken.values()) {
                OptionalInt id = tokenizer.specialToken(part);
                if (id.isPresent()) {
                    special.put(
                            part.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                            tokenizer.token(id.getAsInt()).orElse("#" + id.getAsInt()));
                }
            }
            return new TokenizerSummary(
                    tokenizer.vocabularySize(),
                    preTokenizer(tokenizer),
                    special,
                    tokenizer.addsBos(),
                    List.copyOf(tokenizer.chatTemplates().keySet()),
                    null);
        } catch (DataException e) {
            // A checkpoint without a usable tokenizer can still be looked at.
            return new TokenizerSummary(null, null, null, null, null, e.getMessage());
        }
    }

    private static String preTokenizer(Tokenizer tokenizer) {
        try {
            return tokenizer.toGguf().preTokenizer();
        } catch (DataException e) {
            return null;
        }
    }

    private static List<TensorLine> tensors(Model model) {
        List<TensorLine> lines = new ArrayList<>();
        for (Map.Entry<TensorKey, TensorInfo> entry : model.tensors().entrySet()) {
            TensorInfo info = entry.getValue();
            lines.add(
                    new TensorLine(
                            info.name(),
                            entry.getKey().role().id(),
                            info.type().name(),
                            info.shape(),
                            info.byteLength()));
        }
        return lines;
    }

    /** The report as people read it. */
    String text() {
        Table head = new Table(2);
        head.row("model", path);
        head.row("format", format);
        head.row("architecture", architecture);
        head.row("parameters", Quantity.count(parameters));
        head.row(
                "size",
                Quantity.bytes(bytes) + Quantity.format(" (%.2f bits per weight)", bitsPerWeight));
        head.row("blocks", Integer.toString(config.layers));
        head.row("width", config.hiddenSize + ", feed-forward " + config.intermediateSize);
        head.row(
                "heads",
                config.heads
                        + " of "
                        + config.headSize
                        + ", "
                        + config.kvHeads
                        + " for keys and values");
        head.row(
                "vocabulary",
                config.vocabularySize
                        + (config.tiedEmbeddings ? ", head tied to the embedding" : ""));
        head.row("context", config.contextLength + " tokens");
        head.row("rotary base", Quantity.format("%.0f%s", config.ropeTheta, scalingText()));
        tokenizerRows(head);
        Table table = new Table(1).row("type", "tensors", "weights", "size", "bits per weight");
        for (TypeShare share : types) {
            table.row(
                    share.type,
                    Integer.toString(share.tensors),
                    Quantity.count(share.weights),
                    Quantity.bytes(share.bytes),
                    Quantity.format("%.4g", share.bitsPerWeight));
        }
        return head
                + System.lineSeparator()
                + table
                + (tensors == null ? "" : System.lineSeparator() + tensorTable());
    }

    private String scalingText() {
        if (config.ropeScaling == null) {
            return "";
        }
        StringJoiner text = new StringJoiner(", ", ", scaled: ", "");
        config.ropeScaling.forEach(
                (name, value) ->
                        text.add(name.equals("type") ? value.toString() : name + " " + value));
        return text.toString();
    }

    private void tokenizerRows(Table head) {
        if (tokenizer.problem != null) {
            head.row("tokenizer", "none that can be used: " + tokenizer.problem);
            return;
        }
        String cut =
                tokenizer.preTokenizer == null
                        ? "a pre-tokenizer that GGUF has no name for"
                        : "pre-tokenizer " + tokenizer.preTokenizer;
        head.row("tokenizer", tokenizer.vocabularySize + " tokens, " + cut);
        String title = "special tokens";
        for (Map.Entry<String, String> special : tokenizer.specialTokens.entrySet()) {
            head.row(title, special.getKey() + " " + special.getValue());
            title = "";
        }
        if (tokenizer.specialTokens.isEmpty()) {
            head.row(title, "none");
        }
        head.row(
                "chat template",
                tokenizer.chatTemplates.isEmpty()
                        ? "no"
                        : "yes (" + String.join(", ", tokenizer.chatTemplates) + ")");
    }

    private Table tensorTable() {
        Table table = new Table(3).row("tensor", "role", "type", "shape", "size");
        for (TensorLine tensor : tensors) {
            String shape = String.join(" x ", tensor.shape.stream().map(String::valueOf).toList());
            table.row(tensor.name, tensor.role, tensor.type, shape, Quantity.bytes(tensor.bytes));
        }
        return table;
    }
}
