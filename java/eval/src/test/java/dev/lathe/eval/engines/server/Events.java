package dev.lathe.eval.engines.server;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Events as servers send them. */
final class Events {
    static final String DONE = "[DONE]";

    private static final ObjectMapper JSON = new ObjectMapper();

    private Events() {}

    /** Text of an answer. */
    static String content(String text) {
        return chat(delta("content", text), null);
    }

    /** Text of the thinking, under the name that a server gives it. */
    static String thought(String name, String text) {
        return chat(delta(name, text), null);
    }

    /** The end of a chat. */
    static String end(String reason) {
        return chat(JSON.createObjectNode(), reason);
    }

    /** Text of a completion, or its end. */
    static String completion(String text, String finish) {
        ObjectNode event = event("text_completion");
        event.putArray("choices")
                .addObject()
                .put("index", 0)
                .put("text", text)
                .put("finish_reason", finish);
        return event.toString();
    }

    /** The counts. */
    static String usage(int prompt, int completion) {
        return usage(prompt, completion, 0);
    }

    /** The counts with those of the thinking. */
    static String usage(int prompt, int completion, int reasoning) {
        ObjectNode event = event("chat.completion.chunk");
        event.putArray("choices");
        ObjectNode usage = event.putObject("usage");
        usage.put("prompt_tokens", prompt);
        usage.put("completion_tokens", completion);
        usage.put("total_tokens", prompt + completion);
        if (reasoning > 0) {
            usage.putObject("completion_tokens_details").put("reasoning_tokens", reasoning);
        }
        return event.toString();
    }

    private static ObjectNode delta(String name, String text) {
        return JSON.createObjectNode().put(name, text);
    }

    private static String chat(ObjectNode delta, String finish) {
        ObjectNode event = event("chat.completion.chunk");
        event.putArray("choices")
                .addObject()
                .put("index", 0)
                .put("finish_reason", finish)
                .set("delta", delta);
        return event.toString();
    }

    private static ObjectNode event(String kind) {
        return JSON.createObjectNode()
                .put("id", "1")
                .put("object", kind)
                .put("created", 1)
                .put("model", "tiny");
    }
}
