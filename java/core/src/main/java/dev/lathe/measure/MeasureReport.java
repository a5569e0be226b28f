package dev.lathe.measure;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * What was measured.
 *
 * @param sequences sequences that the model saw
 * @param length tokens of a sequence
 * @param predicted tokens that were predicted
 * @param perplexity exp of the mean negative log-probability
 * @param perplexityError standard error of the perplexity, tokens taken as independent
 * @param comparison with the reference, or null
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record MeasureReport(
        int sequences,
        int length,
        long predicted,
        double perplexity,
        double perplexityError,
        Comparison comparison) {

    /**
     * How the model's predictions differ from the reference's.
     *
     * @param referencePerplexity perplexity of the reference on the same tokens
     * @param klDivergence mean of KL(reference ‖ model) over predicted tokens, in nats
     * @param klDivergenceError its standard error
     * @param topAgreement share of tokens where both hold the same token for the most probable
     */
    public record Comparison(
            double referencePerplexity,
            double klDivergence,
            double klDivergenceError,
            double topAgreement) {}
}
