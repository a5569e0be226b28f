// Log-probabilities and KL divergence of rows of logits.
#include <cmath>
#include <string>

#include "cpu_backend.h"

namespace lathe {

void CpuBackend::logProbabilities(double* hostLogProbability, const float* logits, const int32_t* hostTargets,
                                  int64_t tokens, int64_t vocabulary) {
  if (vocabulary <= 0) reject("logProbabilities", std::to_string(vocabulary) + " tokens in the vocabulary");
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
  if (vocabulary <= 0) reject("klDivergence", std::to_string(vocabulary) + " tokens in the vocabulary");
  pool_.run(tokens, [&](int64_t t, int) {
    const float* expected = reference + t * vocabulary;
    const float* found = logits + t * vocabulary;
    int64_t expectedTop, foundTop;
    const double expectedSum = kernels_.logSumExp(expected, vocabulary, &expectedTop);
    const double foundSum = kernels_.logSumExp(found, vocabulary, &foundTop);
    // Rounding can leave a tiny negative value where both rows are the same.
    hostDivergence[t] = std::fmax(0.0, kernels_.klRow(expected, found, expectedSum, foundSum, vocabulary));
    hostSameTop[t] = expectedTop == foundTop;
  });
}

}  // namespace lathe
