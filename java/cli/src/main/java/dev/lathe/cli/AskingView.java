package dev.lathe.cli;

import dev.lathe.eval.run.AnswerKey;
import dev.lathe.eval.run.AnswerRecord;
import dev.lathe.eval.run.RunListener;

/** Shows how asking gets on; several threads tell it. */
final class AskingView implements RunListener {
    private final ProgressView view;

    AskingView(ProgressView view) {
        this.view = view;
    }

    @Override
    public synchronized void answered(AnswerRecord answer, int done, int total) {
        if (answer.failed()) {
            view.notice(name(answer.key()) + ": no answer: " + answer.failure());
        }
        view.advance(done, total, "answers");
    }

    @Override
    public synchronized void retrying(AnswerKey key, int attempt, String reason) {
        view.notice(name(key) + ": attempt " + attempt + " failed: " + reason);
    }

    private static String name(AnswerKey key) {
        return key.task()
                + " "
                + key.index()
                + (key.sample() == 0 ? "" : ", sample " + key.sample());
    }
}
