// Log-probabilities and KL divergence of rows of logits.
#include <string>

#include "cpu_backend.h"

namespace lathe {

void CpuBackend::logProbabilities(double* hostLogProbability, const float* logits, const int32_t* hostTargets,
                                  int64_t tokens, int64_t vocabulary) {
  checkLogProbabilities(hostTargets, tokens, vocabulary);
  pool_.run(tokens, [&](int64_t t, int) {
    int64_t top;
    const float* row = logits + t * vocabulary;
    hostLogProbability[t] = row[hostTargets[t]] - kernels_.logSumExp(row, vocabulary, &top);
  });
}

void CpuBackend::klDivergence(double* hostDivergence, uint8_t* hostSameTop, const float* reference, const float* logits,
                              int64_t tokens, int64_t vocabulary) {
  checkKlDivergence(tokens, vocabulary);
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
