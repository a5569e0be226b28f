package dev.lathe.interop;

import com.fasterxml.jackson.databind.ObjectMapper;
import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.LlamaOutput;
import de.kherud.llama.ModelParameters;
import de.kherud.llama.args.CacheType;
import de.kherud.llama.args.LogFormat;
import de.kherud.llama.args.PoolingType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Loads a GGUF file in llama.cpp, says what it makes of a prompt, and halts. Standard input is a
 * {@link Request} as JSON; the last line of standard output an {@link Answer}.
 *
 * <p>A program of its own because llama.cpp's threads keep a virtual machine alive, closing its
 * model leaks, and a file that it cannot use may abort the process.
 */
final class EmbeddedLlamaMain {
    private static final int CONTEXT = 512;

    private EmbeddedLlamaMain() {}

    /**
     * What is asked.
     *
     * @param model a GGUF file
     * @param prompt text to go on with
     * @param texts texts to encode
     * @param count tokens to generate
     * @param forbidden ids that must not be generated
     */
    record Request(
            String model, String prompt, List<String> texts, int count, List<Integer> forbidden) {}

    /**
     * What llama.cpp says.
     *
     * @param ids ids of each text, without a token for its beginning, special tokens recognised
     * @param hidden output of the final norm at the prompt's last token, scaled to length 1
     * @param pieces the text of each generated token
     */
    record Answer(List<int[]> ids, float[] hidden, List<String> pieces) {}

    public static void main(String[] arguments) {
        int status = 1;
        try {
            ObjectMapper json = new ObjectMapper();
            Answer answer = answer(json.readValue(System.in, Request.class));
            System.out.println("\n" + json.writeValueAsString(answer));
            System.out.flush();
            status = 0;
        } catch (IOException | RuntimeException | Error e) {
            e.printStackTrace();
        } finally {
            Runtime.getRuntime().halt(status);
        }
    }

    private static Answer answer(Request request) {
        LlamaModel.setLogger(LogFormat.TEXT, (level, message) -> System.err.print(message));
        // The key-value cache is F32 so that rounding it does not hide differences.
        LlamaModel model =
                new LlamaModel(
                        new ModelParameters()
                                .setModel(request.model())
                                .setThreads(1)
                                .setThreadsBatch(1)
                                .setCtxSize(CONTEXT)
                                .setCacheTypeK(CacheType.F32)
                                .setCacheTypeV(CacheType.F32)
                                .enableEmbedding()
                                .setPoolingType(PoolingType.LAST)
                                .skipWarmup());
        List<int[]> ids = new ArrayList<>();
        for (String text : request.texts()) {
            ids.add(model.encode(text));
        }
        float[] hidden = model.embed(request.prompt());
        InferenceParameters generation =
                new InferenceParameters(request.prompt())
                        .setTemperature(0)
                        .setCachePrompt(false)
                        .setNPredict(request.count())
                        .disableTokenIds(request.forbidden());
        List<String> pieces = new ArrayList<>();
        for (LlamaOutput output : model.generate(generation)) {
            pieces.add(output.text);
        }
        // The last output closes the stream and holds no token.
        pieces.remove(pieces.size() - 1);
        return new Answer(ids, hidden, pieces);
    }
}
