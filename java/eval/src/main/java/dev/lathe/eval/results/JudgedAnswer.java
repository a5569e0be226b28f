package dev.lathe.eval.results;

import dev.lathe.eval.judge.Judgement;
import dev.lathe.eval.run.AnswerRecord;

/**
 * An answer with its verdict.
 *
 * @param model the model's name
 * @param answer the line of the log
 * @param judgement what it comes to; null where the engine failed
 */
public record JudgedAnswer(String model, AnswerRecord answer, Judgement judgement) {}
