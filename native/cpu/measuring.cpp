// Log-probabilities and KL divergence of rows of logits.
#include <string>

#include "cpu_backend.h"

namespace lathe {

void CpuBackend::logProbabilities(double* hostLogProbability, const float* logits, const int32_t* hostTargets,
                                  int64_t tokens, int64_t vocabulary) {
  requireMatrix("logProbabilities", tokens, vocabulary);
  pool_.run(tokens, [&](int64_t t, int) {
    const int32_t target = hostTargets[t];
    if (target < 0 || target >= vocabulary)
      reject("logProbabilities", "target " + std::to_string(target) + " at row " + std::to_string(t) +
                                     " is outside the vocabulary of " + std::to_string(vocabulary));
    int64_t top;
    const float* row = logits + t * vocabulary;
    hostLogProbability[t] = row[target] - kernels_.logSumExp(row, vocabulary, &top);
  });
}

void CpuBackend::klDivergence(double* hostDivergence, uint8_t* hostSameTop, const float* reference, const float* logits,
                              int64_t tokens, int64_t vocabulary) {
  requireMatrix("klDivergence", tokens, vocabulary);
  pool_.run(tokens, [&](int64_t t, int) {
    const float* expected = reference + t * vocabulary;
    const float* found = logits + t * vocabulary;
    int64_t expectedTop, foundTop;
    const double expectedSum = kernels_.logSumExp(expected, vocabulary, &expectedTop);
    const double foundSum = kernels_.logSumExp(found, vocabulary, &foundTop);
    const double divergence = kernels_.klRow(expected, found, expectedSum, foundSum, vocabulary);
    // Rounding can leave a tiny negative value where both rows are the same; NaN stays.
    hostDivergence[t] = divergence < 0 ? 0 : divergence;
    hostSameTop[t] = expectedTop == foundTop;
  });
}

}  // namespace lathe
