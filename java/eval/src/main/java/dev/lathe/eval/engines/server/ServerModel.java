package dev.lathe.eval.engines.server;

import com.openai.core.JsonValue;
import com.openai.errors.NotFoundException;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.models.Model;
import com.openai.services.blocking.ModelService;
import dev.lathe.UsageException;
import dev.lathe.eval.engine.GenerationRequest;
import dev.lathe.eval.engine.PromptStyle;
import dev.lathe.tokenizer.Message;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A model at a server, and how it is asked.
 *
 * @param name as the server calls it
 * @param software what the server says that it is; {@code unknown} where it says nothing
 */
record ServerModel(String name, String software) {
    private static final String UNKNOWN = "unknown";
    private static final String LLAMA_SERVER = "llamacpp";
    private static final String VLLM = "vllm";
    private static final int LISTED = 20;

    private static final ChatCompletionStreamOptions WITH_USAGE =
            ChatCompletionStreamOptions.builder().includeUsage(true).build();

    /**
     * Finds the model.
     *
     * @param models of the server
     * @param wanted its name; null: the only one
     * @throws UsageException if there is no such model, or the choice is not clear
     */
    static ServerModel find(ModelService models, String wanted) {
        List<Model> all;
        try {
            all = models.list().data();
        } catch (NotFoundException e) {
            if (wanted == null) {
                throw new UsageException(
                        "the server does not list its models; the model must be named", e);
            }
            return new ServerModel(wanted, UNKNOWN);
        }
        List<Model> matching =
                all.stream().filter(m -> wanted == null || m.id().equals(wanted)).toList();
        if (matching.size() == 1) {
            Model model = matching.get(0);
            return new ServerModel(model.id(), model._ownedBy().asString().orElse(UNKNOWN));
        }
        String names = all.stream().limit(LISTED).map(Model::id).collect(Collectors.joining(", "));
        throw new UsageException(
                (wanted == null ? "the model must be named" : "the server has no model " + wanted)
                        + "; it has "
                        + (names.isEmpty() ? "none" : names));
    }

    /** The request for a chat. */
    ChatCompletionCreateParams chat(GenerationRequest request) {
        ChatCompletionCreateParams.Builder chat =
                ChatCompletionCreateParams.builder()
                        .model(name)
                        .temperature(request.sampling().temperature())
                        .topP(request.sampling().topP())
                        .maxCompletionTokens(request.maximumTokens())
                        .streamOptions(WITH_USAGE)
                        .putAdditionalBodyProperty("seed", JsonValue.from(seed(request)))
                        .putAllAdditionalBodyProperties(more());
        for (Message message : request.messages()) {
            switch (message.role()) {
                case "system" -> chat.addSystemMessage(message.content());
                case "assistant" -> chat.addAssistantMessage(message.content());
                default -> chat.addUserMessage(message.content());
            }
        }
        if (request.style() == PromptStyle.CHAT_THINK) {
            chat.addAssistantMessage(request.opening().stripLeading())
                    .putAdditionalBodyProperty("continue_final_message", JsonValue.from(true))
                    .putAdditionalBodyProperty("add_generation_prompt", JsonValue.from(false));
        }
        return chat.build();
    }

    /** The request for raw text. */
    CompletionCreateParams completion(GenerationRequest request) {
        return CompletionCreateParams.builder()
                .model(name)
                .prompt(request.message() + request.opening())
                .temperature(request.sampling().temperature())
                .topP(request.sampling().topP())
                .maxTokens(request.maximumTokens())
                .seed(seed(request))
                .streamOptions(WITH_USAGE)
                .additionalBodyProperties(more())
                .build();
    }

    /** Servers keep seeds in 32 bits, some with a sign, and some take −1 for "any". */
    private static long seed(GenerationRequest request) {
        return Long.hashCode(request.seed()) & Integer.MAX_VALUE;
    }

    /** Turns off what would narrow the draws further, where the server is known to have it. */
    private Map<String, JsonValue> more() {
        Map<String, JsonValue> more = new LinkedHashMap<>();
        if (software.equals(LLAMA_SERVER) || software.equals(VLLM)) {
            more.put("top_k", JsonValue.from(-1));
            more.put("min_p", JsonValue.from(0));
        }
        if (software.equals(VLLM)) {
            more.put("repetition_penalty", JsonValue.from(1));
        }
        if (software.equals(LLAMA_SERVER)) {
            more.put("samplers", JsonValue.from(List.of("temperature", "top_p")));
            more.put("cache_prompt", JsonValue.from(false));
        }
        return more;
    }
}
