package dev.lathe.eval.engines.server;

import com.fasterxml.jackson.core.JacksonException;
import com.openai.errors.OpenAIException;
import com.openai.errors.OpenAIInvalidDataException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.SseException;
import dev.lathe.eval.engine.EngineException;
import dev.lathe.eval.engine.EngineException.Kind;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What the client's exceptions mean. */
final class ServerFailures {
    private static final int CLIENT_ERRORS = 400;
    private static final int SERVER_ERRORS = 500;

    /** Timeouts, conflicts, too early, too many: another time may do. */
    private static final Set<Integer> PASSING = Set.of(408, 409, 425, 429);

    private static final Duration LONGEST_WAIT = Duration.ofMinutes(10);
    private static final int MESSAGE_LENGTH = 300;

    private ServerFailures() {}

    /**
     * Turns an exception of the client into the engine's.
     *
     * @param failure what was thrown
     * @param progress of the request
     */
    static EngineException of(RuntimeException failure, Progress progress) {
        if (failure instanceof EngineException known) {
            return known;
        }
        if (progress.stalled() || has(failure, SocketTimeoutException.class)) {
            String message =
                    "the server made no progress for " + progress.stall().toMillis() / 1e3 + " s";
            return new EngineException(Kind.STALLED, message, failure);
        }
        if (failure instanceof SseException event) {
            return ofEvent(event);
        }
        if (failure instanceof OpenAIServiceException service) {
            return ofStatus(service);
        }
        if (has(failure, RubbishException.class)) {
            return new EngineException(Kind.RUBBISH, line(root(failure).getMessage()), failure);
        }
        if (has(failure, JacksonException.class) || failure instanceof OpenAIInvalidDataException) {
            String message = "the server's answer cannot be understood: " + reason(failure);
            return new EngineException(Kind.RUBBISH, message, failure);
        }
        if (has(failure, InterruptedIOException.class)) {
            return new EngineException(Kind.UNREACHABLE, "interrupted", failure);
        }
        if (has(failure, IOException.class)) {
            String message = "the connection to the server failed: " + reason(failure);
            return new EngineException(Kind.UNREACHABLE, message, failure);
        }
        if (failure instanceof OpenAIException) {
            String message = "the server's answer cannot be understood: " + reason(failure);
            return new EngineException(Kind.RUBBISH, message, failure);
        }
        throw failure;
    }

    private static EngineException ofStatus(OpenAIServiceException failure) {
        int status = failure.statusCode();
        String message = "the server answers with status " + status + ": " + reason(failure);
        if (status >= SERVER_ERRORS || PASSING.contains(status)) {
            return new EngineException(
                    Kind.UNREACHABLE, message, failure, retryAfter(failure).orElse(null));
        }
        Kind kind = status >= CLIENT_ERRORS ? Kind.REFUSED : Kind.RUBBISH;
        return new EngineException(kind, message, failure);
    }

    /** An error that came as an event, when the status was already sent. */
    private static EngineException ofEvent(SseException failure) {
        String message = "the server reports an error: " + reason(failure);
        boolean refused = failure.type().orElse("").startsWith("invalid_request");
        return new EngineException(refused ? Kind.REFUSED : Kind.UNREACHABLE, message, failure);
    }

    private static Optional<Duration> retryAfter(OpenAIServiceException failure) {
        List<String> values = failure.headers().values("Retry-After");
        if (values.isEmpty()) {
            return Optional.empty();
        }
        String value = values.get(0).strip();
        Duration wait;
        try {
            wait =
                    value.chars().allMatch(Character::isDigit)
                            ? Duration.ofSeconds(Long.parseLong(value))
                            : Duration.between(
                                    ZonedDateTime.now(),
                                    ZonedDateTime.parse(
                                            value, DateTimeFormatter.RFC_1123_DATE_TIME));
        } catch (DateTimeException | NumberFormatException e) {
            return Optional.empty();
        }
        if (wait.isNegative()) {
            return Optional.empty();
        }
        return Optional.of(wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait);
    }

    private static boolean has(Throwable failure, Class<? extends Throwable> type) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }

    private static Throwable root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    private static String reason(Throwable failure) {
        Throwable root = root(failure);
        return line(
                root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage());
    }

    /** Text of a server as it may stand in a message: one line, not endless. */
    private static String line(String text) {
        String start = text.substring(0, Math.min(text.length(), MESSAGE_LENGTH));
        return start.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]+", " ").strip();
    }
}
