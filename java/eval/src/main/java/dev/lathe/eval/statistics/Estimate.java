package dev.lathe.eval.statistics;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * A mean and how sure it is.
 *
 * @param mean the mean
 * @param standardError standard error over the samples; null with fewer than two samples
 * @param low lower end of the 95 % bootstrap interval over questions
 * @param high its upper end
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Estimate(double mean, Double standardError, double low, double high) {}
