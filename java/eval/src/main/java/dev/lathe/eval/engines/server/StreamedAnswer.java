package dev.lathe.eval.engines.server;

import com.openai.core.JsonValue;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionUsage;
import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.EngineException.Kind;
import dev.lathe.eval.engine.Generation;
import dev.lathe.eval.engine.StopReason;
import dev.lathe.eval.extract.ModelOutput;
import java.util.Map;
import java.util.Optional;

/** Gathers an answer from its events. */
final class StreamedAnswer {
    private static final String LENGTH = "length";
    private static final String FILTERED = "content_filter";

    private final Progress progress;
    private final StringBuilder reasoning = new StringBuilder();
    private final StringBuilder content = new StringBuilder();
    private int texts;
    private String finish;
    private CompletionUsage usage;

    StreamedAnswer(Progress progress) {
        this.progress = progress;
    }

    /** Takes an event of a chat. */
    void accept(ChatCompletionChunk chunk) {
        for (ChatCompletionChunk.Choice choice : chunk.choices()) {
            Map<String, JsonValue> more = choice.delta()._allProperties();
            String thought =
                    text(more, "reasoning_content").or(() -> text(more, "reasoning")).orElse("");
            add(thought, choice.delta().content().orElse(""));
            choice.finishReason().ifPresent(reason -> finish(reason.asString()));
        }
        chunk.usage().ifPresent(this::use);
    }

    /** Takes an event of a completion. */
    void accept(Completion chunk) {
        for (var choice : chunk.choices()) {
            add("", choice.text());
            choice._finishReason().asKnown().ifPresent(reason -> finish(reason.asString()));
        }
        chunk.usage().ifPresent(this::use);
    }

    private static Optional<String> text(Map<String, JsonValue> properties, String name) {
        JsonValue value = properties.get(name);
        Optional<?> text = value == null ? Optional.empty() : value.asString();
        return text.map(String::valueOf);
    }

    private void add(String thought, String answer) {
        if (!thought.isEmpty() || !answer.isEmpty()) {
            reasoning.append(thought);
            content.append(answer);
            texts++;
            progress.goesOn();
        }
    }

    private void finish(String reason) {
        finish = reason;
        progress.goesOn();
    }

    private void use(CompletionUsage newUsage) {
        usage = newUsage;
    }

    /**
     * The whole answer.
     *
     * @param thinks whether the prompt opened the thinking
     * @param seconds from the request to the last event
     * @throws EngineException if it is not whole, or nothing
     */
    Generation toGeneration(boolean thinks, double seconds) {
        if (finish == null) {
            throw texts == 0
                    ? new EngineException(Kind.RUBBISH, "the server sends no answer")
                    : new EngineException(
                            Kind.UNREACHABLE, "the server ended the answer before its end");
        }
        if (finish.equals(FILTERED)) {
            throw new EngineException(Kind.REFUSED, "the server filters this answer");
        }
        String output = ModelOutput.join(reasoning.toString(), content.toString());
        long told = usage == null ? 0 : usage.completionTokens();
        if (output.isEmpty() && told <= 0) {
            throw new EngineException(Kind.RUBBISH, "the server sends an empty answer");
        }
        // Without a count, the events stand for tokens: servers send one event for each.
        long total = bounded(told > 0 ? told : texts);
        Optional<Long> toldThinking = toldThinking();
        long thinking = Math.min(total, toldThinking.orElseGet(() -> share(output, thinks, total)));
        boolean certain = told > 0 && (toldThinking.isPresent() || thinking % total == 0);
        return new Generation(
                output,
                finish.equals(LENGTH) ? StopReason.LENGTH : StopReason.END,
                usage == null ? -1 : (int) bounded(usage.promptTokens()),
                (int) thinking,
                (int) (total - thinking),
                !certain,
                seconds);
    }

    private static long bounded(long tokens) {
        return Math.max(0, Math.min(Integer.MAX_VALUE, tokens));
    }

    private Optional<Long> toldThinking() {
        return Optional.ofNullable(usage)
                .flatMap(CompletionUsage::completionTokensDetails)
                .flatMap(CompletionUsage.CompletionTokensDetails::reasoningTokens)
                .filter(tokens -> tokens > 0);
    }

    /** The thinking's share of the tokens, by lengths of text. */
    private static long share(String output, boolean thinks, long total) {
        int close = output.lastIndexOf(ModelOutput.CLOSE);
        if (close < 0) {
            boolean open = thinks || output.stripLeading().startsWith(ModelOutput.OPEN);
            return open ? total : 0;
        }
        double end = close + ModelOutput.CLOSE.length();
        return Math.round(total * end / output.length());
    }
}
