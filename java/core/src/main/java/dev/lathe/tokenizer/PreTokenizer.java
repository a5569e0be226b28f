package dev.lathe.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lathe.DataException;
import dev.lathe.tokenizer.PreTokenizerStep.ByteLevel;
import dev.lathe.tokenizer.PreTokenizerStep.Digits;
import dev.lathe.tokenizer.PreTokenizerStep.Punctuation;
import dev.lathe.tokenizer.PreTokenizerStep.Split;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The catalogue of pre-tokenizers: how text is cut into pieces before merges are applied. GGUF
 * states a name ({@code tokenizer.ggml.pre}), {@code tokenizer.json} the steps; an entry ties the
 * names that mean the same to their steps. A new pre-tokenizer is one entry here.
 *
 * <p>From a Hugging Face folder the name is found so: the steps of its {@code pre_tokenizer} are
 * compared with those of every entry. Where several names share steps, the fingerprint decides:
 * llama.cpp's converter knows published tokenizers by the SHA-256 of the ids that {@link
 * #FINGERPRINT_TEXT} becomes. A tokenizer without a known fingerprint (an extended vocabulary, say)
 * gets the first name of the first entry with its steps and its way with merges, which is read the
 * same.
 *
 * <p>Normalizers do not take part in the comparison: GGUF has no place for them.
 */
enum PreTokenizer {
    LLAMA_3(
            List.of(
                    name(
                            "llama-bpe",
                            "0ef9807a4087ebef797fc749390439009c3b9eda9ad1a097abbe738f486c01e5"),
                    name("llama3"),
                    name("llama-v3"),
                    name(
                            "falcon3",
                            "9d032fcbd5501f4a38150912590928bfb36091efb5df11b8e2124b0390e3fb1e"),
                    name(
                            "falcon-h1",
                            "a6b57017d60e6edb4d88ecc2845188e0eb333a70357e45dcc9b53964a73bbae6",
                            "60476e1243776c4fb1b993dbd7a5f15ac22f83c80afdf425fa5ae01c8d44ef86",
                            "3eda48b4c4dc7de733d1a8b3e3b4a85243dbbf704da2ee9d42c6beced8897896",
                            "48f8e02c0359c0bbdd82f26909171fac1c18a457bb47573ed1fe3bbb2c1cfd4b"),
                    name(
                            "pixtral",
                            "0e9433cbbb161f89e264eb32e8e64bfe69e834973ffca5d41d3948a604a3e2a3"),
                    name(
                            "midm-2.0",
                            "f6791d196f87ce6b56a7d234be618e0d58f8cda3549416635b2bebcd22cd95c4"),
                    name(
                            "lfm2",
                            "169bf0296a13c4d9b7672313f749eb36501d931022de052aad6e36f2bf34dd51",
                            "9e454714343b69b99b71795c1d27a68c2a1d15dab111f4d353109f966af29da7")),
            traits().ignoringMerges().beginningByDefault(),
            new Split(Expressions.LLAMA_3),
            new ByteLevel(false)),

    GLM_4(
            List.of(
                    name(
                            "glm4",
                            "a1336059768a55c99a734006ffb02203cd450fed003e9a71886c88acf24fdbc2",
                            "9ca2dd618e8afaf09731a7cf6e2105b373ba6a1821559f258b272fe83e6eb902",
                            "cdf5f35325780597efd76153d4d1c16778f766173908894c04afc20108536267"),
                    name("glm5")),
            traits().ignoringMerges(),
            new Split(Expressions.LLAMA_3),
            new ByteLevel(false)),

    DBRX(
            List.of(
                    name(
                            "dbrx",
                            "a8594e3edff7c29c003940395316294b2c623e09894deebbc65f33f1515df79e"),
                    name(
                            "smaug-bpe",
                            "c136ed14d01c2745d4f60a9596ae66800e2b61fa45643e72436041855ad4089d"),
                    name(
                            "chatglm-bpe",
                            "b6e8e1518dc4305be2fe39c313ed643381c4da5db34a98f6a04c093f8afbe99b",
                            "81d72c7348a9f0ebe86f23298d37debe0a5e71149e29bd283904c02262b27516")),
            traits(),
            new Split(Expressions.LLAMA_3),
            new ByteLevel(false)),

    QWEN_2(
            List.of(
                    name(
                            "qwen2",
                            "e636dc30a262dcc0d8c323492e32ae2b70728f4df7dfe9737d9f920a282b8aea",
                            "d4540891389ea895b53b399da6ac824becc30f2fba0e9ddbb98f92e55ca0e97c"),
                    name(
                            "deepseek-r1-qwen",
                            "b3f499bb4255f8ca19fccd664443283318f2fd2414d5e0b040fbdd0cc195d6c5"),
                    name(
                            "stablelm2",
                            "32d85c31273f8019248f2559fed492d929ea28b17e51d81d3bb36fff23ca72b3"),
                    name(
                            "megrez",
                            "d4c8f286ea6b520b3d495c4455483cfa2302c0cfcd4be05d781b6a8a0a7cdaf1"),
                    name(
                            "kormo",
                            "4a2e2abae11ca2b86d570fc5b44be4d5eb5e72cc8f22dd136a94b37da83ab665"),
                    name(
                            "f2llmv2",
                            "862f827721df956049dff5ca81a57f29e575280bc622e290d3bf4e35eca29015"),
                    name(
                            "hunyuan",
                            "7e57df22b1fe23a7b1e1c7f3dc4e3f96d43a4eb0836d0c6bdc3436d7b2f1c664"),
                    name(
                            "solar-open",
                            "16389f0a1f51ee53e562ffd51c371dc508639ab0e4261502071836e50e223e91"),
                    name(
                            "grok-2",
                            "66b8d4e19ab16c3bfd89bce5d785fb7e0155e8648708a1f42077cb9fe002c273")),
            traits().composing(),
            new Split(Expressions.QWEN_2),
            new ByteLevel(false)),

    QWEN_3_5(
            List.of(
                    name(
                            "qwen35",
                            "d30d75d9059f1aa2c19359de71047b3ae408c70875e8a3ccf8c5fba56c9d8af4",
                            "1444df51289cfa8063b96f0e62b1125440111bc79a52003ea14b6eac7016fd5f")),
            traits(),
            new Split(Expressions.QWEN_3_5),
            new ByteLevel(false)),

    DEEPSEEK_LLM(
            List.of(
                    name(
                            "deepseek-llm",
                            "049ecf7629871e3041641907f3de7c733e4dbfdc736f57d882ba0b0845599754")),
            traits(),
            new Split("[\r\n]"),
            new Split("\\s?[" + Expressions.CASED_LETTERS + "]+"),
            new Split("\\s?[!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3000-\u3002]+"),
            new Split("\\s+$"),
            new Split(Expressions.EAST_ASIAN),
            new Digits(true),
            new ByteLevel(false)),

    DEEPSEEK_CODER(
            List.of(
                    name(
                            "deepseek-coder",
                            "347715f544604f9118bb75ed199f68779f423cabb20db6de6f31b908d04d7821")),
            traits(),
            new Split("[\r\n]"),
            new Split("\\s?\\p{L}+"),
            new Split("\\s?\\p{P}+"),
            new Split(Expressions.EAST_ASIAN),
            new Digits(true),
            new ByteLevel(false)),

    DEEPSEEK_V3(
            List.of(
                    name(
                            "deepseek-v3",
                            "877081d19cf6996e2c4ff0e1236341e9b7bde288f5311a56a937f0afbbb3aeb5"),
                    name(
                            "hunyuan-dense",
                            "bba3b3366b646dbdded5dbc42d59598b849371afc42f7beafa914afaa5b70aa6"),
                    name(
                            "joyai-llm",
                            "b4b8ca1f9769494fbd956ebc4c249de6131fb277a4a3345a7a92c7dd7a55808d")),
            traits(),
            new Split("\\p{N}{1,3}"),
            new Split("[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+"),
            new Split(
                    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
                            + "|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*"
                            + "|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"),
            new ByteLevel(false)),

    DIGITS_AND_GPT_2(
            List.of(
                    name(
                            "smollm",
                            "855059429035d75a914d1eda9f10a876752e281a054a7a3d421ef0533e5b6249"),
                    name(
                            "starcoder",
                            "35d91631860c815f952d711435f48d356ebac988362536bed955d43bfa436e34"),
                    name(
                            "refact",
                            "6221ad2852e85ce96f791f476e0b390cf9b474c9e3d1362f53a24a06dc8220ff"),
                    name(
                            "command-r",
                            "9c2227e4dd922002fb81bde4fc02b0483ca4f12911410dee2255e4987644e3f8"),
                    name(
                            "codeshell",
                            "7b3e7548e4308f52a76e8229e4e6cc831195d0d1df43aed21ac6c93da05fec5f"),
                    name(
                            "exaone",
                            "4e2b24cc4770243d65a2c9ec19770a72f08cffc161adbb73fcbb6b7dd45a0aae"),
                    name(
                            "minerva-7b",
                            "1431a23e583c97432bc230bff598d103ddb5a1f89960c8f1d1051aaa944d0b35"),
                    name(
                            "mellum2",
                            "9dcf830ee9990cdbf78cc523a5f7bd9ad8f3f9890c2d3581d2785ad10f07049d")),
            traits(),
            new Digits(true),
            new ByteLevel(true)),

    GPT_2(
            List.of(
                    name(
                            "gpt-2",
                            "3ce83efda5659b07b1ad37ca97ca5797ea4285d9b9ab0dc679e4a720c9da7454",
                            "0fe1cf6eda062318a1af7270f3331a85c539a01778ff948e24388e949c5282f4"),
                    name(
                            "phi-2",
                            "fcace8b9cac38ce847670c970cd5892031a753a1ef381abd1d9af00f713da085"),
                    name("mpt", "b6dc8df998e1cfbdc4eac8243701a65afe638679230920b50d6f17d81c098166"),
                    name("olmo"),
                    name(
                            "jais",
                            "b53802fb28e26d645c3a310b34bfe07da813026ec7c7716883404d5e0f8b1901"),
                    name(
                            "trillion",
                            "1994ffd01900cfb37395608534236ecd63f2bd5995d6cb1004dda1af50240f15"),
                    name(
                            "granite-docling",
                            "53e325976a6e142379c19b09afcae354f2f496f147afa8f9e189a33fe4e3024e"),
                    name(
                            "gigachat",
                            "ad851be1dba641f2e3711822f816db2c265f788b37c63b4e1aeacb9ee92de8eb"),
                    name(
                            "a.x-4.0",
                            "b0a6b1c0bd5998ebd9df08611efde34a4ff03faed45ae09c43e6b31ebd4b94cf"),
                    name(
                            "exaone4",
                            "2085e1638f6c377a0aa4ead21b27bb4cb941bf800df86ed391011769c1758dfb"),
                    name(
                            "mellum",
                            "a1e163ecab2e718a4c829d1148b6e86824ec36163bb71941c3dca9cd5ac25756"),
                    name(
                            "modern-bert",
                            "a0b64b4385f123663873756336c085744376d015ff328bb1d901598f63c44152")),
            traits(),
            new ByteLevel(true)),

    FALCON(
            List.of(
                    name(
                            "falcon",
                            "8aeee3860c56296a157a1fe2fad249ec40aa59b1bb5709f4ade11c4e6fe652ed")),
            traits(),
            new Punctuation(),
            new ByteLevel(true),
            new Digits(false),
            new Split("[0-9][0-9][0-9]")),

    TEKKEN(
            List.of(
                    name(
                            "tekken",
                            "63b97e4253352e6f357cc59ea5b583e3a680eaeaf2632188c2b952de2588485e")),
            traits().ignoringMerges().beginningByDefault(),
            new Split(
                    Expressions.LOWER_CASE_WORD
                            + "|"
                            + Expressions.UPPER_CASE_WORD
                            + "|\\p{N}"
                            + Expressions.SYMBOLS_AND_SPACE),
            new ByteLevel(false)),

    GPT_4O(
            List.of(
                    name(
                            "gpt-4o",
                            "ccc2ef013c104be7bae2965776d611e1d7a8a2a9c547dd93a682c9a9fc80352e"),
                    name(
                            "llama4",
                            "d353350c764d8c3b39c763113960e4fb4919bea5fbf208a0e3b22e8469dc7406"),
                    name(
                            "kanana2",
                            "e4d54df1ebc1f2b91acd986c5b51aa50837d5faf7c7398e73c1f9e9ee5d19869"),
                    name(
                            "talkie",
                            "f728162c1315c26e40249849799b4ba3fe584c32084b4795b03eb295e63cb5af"),
                    name(
                            "minimax-m2",
                            "f4f37b6c8eb9ea29b3eac6bb8c8487c5ab7885f8d8022e67edc1c68ce8403e95")),
            traits(),
            new Split(
                    Expressions.LOWER_CASE_WORD
                            + Expressions.CONTRACTIONS
                            + "?|"
                            + Expressions.UPPER_CASE_WORD
                            + Expressions.CONTRACTIONS
                            + "?|\\p{N}{1,3}"
                            + Expressions.SYMBOLS_AND_SPACE),
            new ByteLevel(false)),

    SEED_CODER(
            List.of(
                    name(
                            "seed-coder",
                            "d5f1dd6f980fec569fb218a81a7658ac45fc56b38c5a0adeb1c232fbe04ef5ec")),
            traits(),
            new Split(
                    Expressions.CONTRACTIONS
                            + "|[^\r\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\r\n]+"
                            + "|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"),
            new ByteLevel(false));

    /**
     * The text whose ids are hashed to a fingerprint: emojis, digits, scripts and contractions that
     * pre-tokenizers treat differently.
     */
    static final String FINGERPRINT_TEXT =
            "\n \n\n \n\n\n \t \t\t \t\n  \n   \n    \n     \n"
                    + "\uD83D\uDE80 (normal) \uD83D\uDE36\u200D\uD83C\uDF2B\uFE0F (multiple emojis"
                    + " concatenated) \u2705 \uD83E\uDD99\uD83E\uDD99 3 33 333 3333 33333 333333"
                    + " 3333333 33333333 3.3 3..3 3...3 \u1780\u17B6\u1793\u17CB\u178F\u17C2\u1796"
                    + "\u17B7\u179F\u17C1\u179F\u17A2\u17B6\u1785\uD83D\uDE01 ?\u6211\u60F3\u5728"
                    + "apple\u5DE5\u4F5C1314151\u5929\uFF5E ------======= \u043D\u0435\u0449\u043E"
                    + " \u043D\u0430 \u0411\u044A\u043B\u0433\u0430\u0440\u0441\u043A\u0438"
                    + " ''''''```````\"\"\"\"......!!!!!!?????? I've been 'told he's there, 'RE you"
                    + " sure? 'M not sure I'll make it, 'D you like some tea? We'Ve a'lL";

    private final List<Name> names;
    private final Traits traits;
    private final List<PreTokenizerStep> steps;

    PreTokenizer(List<Name> names, Traits traits, PreTokenizerStep... steps) {
        this.names = names;
        this.traits = traits;
        this.steps = List.of(steps);
    }

    /**
     * Finds the entry that a GGUF file names.
     *
     * @param name value of {@code tokenizer.ggml.pre}
     * @return the entry, or empty
     */
    static Optional<PreTokenizer> byName(String name) {
        return Arrays.stream(values())
                .filter(entry -> entry.names.stream().anyMatch(known -> known.text.equals(name)))
                .findFirst();
    }

    /**
     * Finds the name for a {@code tokenizer.json}.
     *
     * @param source file, for messages
     * @param json value of its {@code pre_tokenizer}
     * @param ignoresMerges its {@code model.ignore_merges}
     * @param fingerprints SHA-256 sums in hexadecimal digits, best first
     * @return value for {@code tokenizer.ggml.pre}
     * @throws DataException if no entry has the steps
     */
    static String nameOf(
            String source, JsonNode json, boolean ignoresMerges, List<String> fingerprints) {
        List<PreTokenizerStep> found = canonical(PreTokenizerStep.parse(json).orElse(List.of()));
        List<PreTokenizer> candidates =
                Arrays.stream(values())
                        .filter(entry -> canonical(entry.steps).equals(found))
                        .toList();
        for (String fingerprint : fingerprints) {
            for (PreTokenizer entry : candidates) {
                for (Name name : entry.names) {
                    if (name.fingerprints.contains(fingerprint)) {
                        return name.text;
                    }
                }
            }
        }
        return candidates.stream()
                .filter(entry -> entry.traits.ignoresMerges == ignoresMerges)
                .map(entry -> entry.names.get(0).text)
                .findFirst()
                .orElseThrow(() -> unknown(source, json, ignoresMerges));
    }

    private static List<PreTokenizerStep> canonical(List<PreTokenizerStep> steps) {
        return steps.stream().map(PreTokenizerStep::canonical).toList();
    }

    private static DataException unknown(String source, JsonNode json, boolean ignoresMerges) {
        return new DataException(
                String.format(
                        "%s: pre_tokenizer %s (ignore_merges %s) has no name in GGUF; known are"
                                + " those of %s",
                        source, abbreviated(json.toString()), ignoresMerges, knownNames()));
    }

    private static String abbreviated(String text) {
        return text.length() <= 400 ? text : text.substring(0, 400) + "…";
    }

    /** Whether an alternative of a regular expression is one that an entry's expression has. */
    static boolean hasAlternative(String alternative) {
        return Published.ALTERNATIVES.contains(new Split(alternative).canonical());
    }

    /** Lists all names, for messages. */
    static String knownNames() {
        return Arrays.stream(values())
                .flatMap(entry -> entry.names.stream())
                .map(name -> name.text)
                .collect(Collectors.joining(", "));
    }

    /** All names of all entries. */
    static Stream<String> names() {
        return Arrays.stream(values())
                .flatMap(entry -> entry.names.stream())
                .map(name -> name.text);
    }

    /** Whether a piece that is a token as a whole is taken without a look at the merges. */
    boolean ignoresMerges() {
        return traits.ignoresMerges;
    }

    /** Whether a GGUF file that does not say otherwise wants a token at the beginning. */
    boolean beginsByDefault() {
        return traits.beginsByDefault;
    }

    /** Writes the {@code normalizer} member. */
    JsonNode normalizer() {
        return traits.composes
                ? JsonNodeFactory.instance.objectNode().put("type", "NFC")
                : JsonNodeFactory.instance.nullNode();
    }

    /** Writes the {@code pre_tokenizer} member. */
    JsonNode toJson() {
        if (steps.size() == 1) {
            return steps.get(0).toJson();
        }
        ObjectNode sequence = JsonNodeFactory.instance.objectNode().put("type", "Sequence");
        ArrayNode parts = sequence.putArray("pretokenizers");
        steps.forEach(step -> parts.add(step.toJson()));
        return sequence;
    }

    private record Name(String text, List<String> fingerprints) {}

    private static Name name(String text, String... fingerprints) {
        return new Name(text, List.of(fingerprints));
    }

    /** What sets entries apart beside their steps; composes: text is brought to form NFC first. */
    private record Traits(boolean ignoresMerges, boolean beginsByDefault, boolean composes) {
        Traits ignoringMerges() {
            return new Traits(true, beginsByDefault, composes);
        }

        Traits beginningByDefault() {
            return new Traits(ignoresMerges, true, composes);
        }

        Traits composing() {
            return new Traits(ignoresMerges, beginsByDefault, true);
        }
    }

    private static Traits traits() {
        return new Traits(false, false, false);
    }

    /** Alternatives of all entries' expressions; GPT-2's is built into the tokenizers library. */
    private static final class Published {
        static final Set<PreTokenizerStep> ALTERNATIVES =
                Arrays.stream(values())
                        .flatMap(entry -> entry.steps.stream())
                        .filter(Split.class::isInstance)
                        .flatMap(
                                step ->
                                        ExpressionCheck.alternatives(((Split) step).expression())
                                                .stream())
                        .map(alternative -> new Split(alternative).canonical())
                        .collect(Collectors.toUnmodifiableSet());

        private Published() {}
    }

    /** Regular expressions that entries share; an enum's constants may not use its own fields. */
    private static final class Expressions {
        static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";

        static final String LLAMA_3 =
                CONTRACTIONS
                        + "|[^\\r"
                        + "\\n"
                        + "\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r"
                        + "\\n"
                        + "]*|\\s*[\\r"
                        + "\\n"
                        + "]+|\\s+(?!\\S)|\\s+";

        static final String QWEN_2 =
                CONTRACTIONS
                        + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                        + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

        static final String QWEN_3_5 =
                CONTRACTIONS
                        + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}"
                        + "| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

        static final String LOWER_CASE_WORD =
                "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*"
                        + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+";

        static final String UPPER_CASE_WORD =
                "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+"
                        + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*";

        static final String SYMBOLS_AND_SPACE =
                "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

        static final String EAST_ASIAN = "[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+";

        /** The letters that Unicode 14 calls cased; escaped, since composing them changes some. */
        static final String CASED_LETTERS =
                "A-Za-z\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF"
                        + "\u01C4-\u0293\u0295-\u02AF\u0370-\u0373\u0376\u0377\u037B-\u037D\u037F"
                        + "\u0386\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03F5\u03F7-\u0481"
                        + "\u048A-\u052F\u0531-\u0556\u10A0-\u10C5\u13A0-\u13F5\u13F8-\u13FD"
                        + "\u1C90-\u1CBA\u1CBD-\u1CBF\u1D00-\u1D2B\u1D6B-\u1D77\u1D79-\u1D9A"
                        + "\u1E00-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D\u1F50-\u1F57"
                        + "\u1F59\u1F5B\u1F5D\u1F5F-\u1F7D\u1F80-\u1FB4\u1FB6-\u1FBC\u1FBE"
                        + "\u1FC2-\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB\u1FE0-\u1FEC"
                        + "\u1FF2-\u1FF4\u1FF6-\u1FFC\u2102\u2107\u210A-\u2113\u2115\u2119-\u211D"
                        + "\u2124\u2126\u2128\u212A-\u212D\u212F-\u2134\u2139\u213C-\u213F"
                        + "\u2145-\u2149\u214E\u2183\u2184\u2C00-\u2C7B\u2C7E-\u2CE4\u2CEB-\u2CEE"
                        + "\u2CF2\u2CF3\uA640-\uA66D\uA680-\uA69B\uA722-\uA76F\uA771-\uA787"
                        + "\uA78B-\uA78E\uAB70-\uABBF\uFB00-\uFB06\uFB13-\uFB17\uFF21-\uFF3A"
                        + "\uFF41-\uFF5A\uD801\uDC00-\uD801\uDC4F\uD801\uDCB0-\uD801\uDCD3"
                        + "\uD801\uDCD8-\uD801\uDCFB\uD803\uDC80-\uD803\uDCB2"
                        + "\uD803\uDCC0-\uD803\uDCF2\uD806\uDCA0-\uD806\uDCDF"
                        + "\uD83A\uDD00-\uD83A\uDD43";

        private Expressions() {}
    }
}
