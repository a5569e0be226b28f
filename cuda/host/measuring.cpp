// What CudaBackend measures: log-probabilities, KL divergence, values that are not finite.
#include "arguments.h"
#include "cuda_backend.h"
#include "kernels.h"

namespace lathe {
namespace cuda {

void CudaBackend::logProbabilities(double* hostLogProbability, const float* logits, const int32_t* hostTargets,
                                   int64_t tokens, int64_t vocabulary) {
  checkLogProbabilities(hostTargets, tokens, vocabulary);
  const Operation operation = begin("logProbabilities", {{"tokens", tokens}, {"vocabulary", vocabulary}});
  require(operation, "logits", logits, tokens * vocabulary);
  Scratch<int32_t> targets(memory_, operation, tokens);
  Scratch<double> result(memory_, operation, tokens);
  send(operation, targets, hostTargets, tokens);
  queue(operation, kernels::logProbabilities, result.data(), logits, targets.data(), tokens, vocabulary);
  receive(operation, hostLogProbability, result, tokens);
}

void CudaBackend::klDivergence(double* hostDivergence, uint8_t* hostSameTop, const float* reference,
                               const float* logits, int64_t tokens, int64_t vocabulary) {
  checkKlDivergence(tokens, vocabulary);
  const Operation operation = begin("klDivergence", {{"tokens", tokens}, {"vocabulary", vocabulary}});
  require(operation, "reference", reference, tokens * vocabulary);
  require(operation, "logits", logits, tokens * vocabulary);
  Scratch<double> result(memory_, operation, tokens);
  Scratch<uint8_t> sameTop(memory_, operation, tokens);
  queue(operation, kernels::klDivergence, result.data(), sameTop.data(), reference, logits, tokens, vocabulary);
  receive(operation, hostDivergence, result, tokens);
  receive(operation, hostSameTop, sameTop, tokens);
}

int64_t CudaBackend::findNonFinite(const float* x, int64_t count) {
  requireCount("findNonFinite", count);
  const Operation operation = begin("findNonFinite", {{"values", count}});
  require(operation, "x", x, count);
  Scratch<unsigned long long> index(memory_, operation, 1);
  CHECKED(operation, cudaMemsetAsync(index.data(), 0xff, sizeof(unsigned long long), compute_));
  queue(operation, kernels::findNonFinite, index.data(), x, count);
  unsigned long long found = 0;
  receive(operation, &found, index, 1);
  return found == kernels::kNoIndex ? -1 : static_cast<int64_t>(found);
}

}  // namespace cuda
}  // namespace lathe
