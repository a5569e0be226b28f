// Sums over rows of logits, and the search for values that are not finite.
//
//   logProbabilities  result[t] = x[t, target[t]] - log sum_i exp(x[t, i])                          x [tokens x V]
//   klDivergence      result[t] = sum_i p_i ((r_i - x_i) - (log sum exp r - log sum exp x)), p = softmax(r)
//                     sameTop[t] = 1 where the greatest of r and of x have the same index (the lowest on ties)
//   findNonFinite     *index = the least i with x[i] NaN or infinite; kNoIndex where there is none
//
// A block takes a row. exp is in F32 of a difference, sums and logarithms are in F64.
#include "grid.h"
#include "kernels.h"
#include "launch.h"
#include "warp.h"

namespace lathe {
namespace cuda {

namespace {

constexpr int kWarps = 8;
constexpr int kThreads = kWarps * kWarp;

struct Shared {
  float greatest[kWarps];
  int64_t index[kWarps];
  double sum[kWarps];
};

// The greatest value of x [count]; NaN where x[0] is, else NaN is passed over: as the CPU backend has it.
__device__ inline float greatestOf(const float* x, int64_t count, Shared& shared) {
  float greatest = x[0];
  for (int64_t i = threadIdx.x; i < count; i += kThreads) greatest = Maximum()(greatest, x[i]);
  return blockReduce<Maximum, kWarps>(greatest, shared.greatest);
}

__device__ inline int64_t indexOf(float value, const float* x, int64_t count, Shared& shared) {
  int64_t index = count - 1;
  for (int64_t i = threadIdx.x; i < index; i += kThreads)
    if (x[i] == value) index = i;
  return blockReduce<Minimum, kWarps>(index, shared.index);
}

__device__ inline double logSumExp(const float* x, int64_t count, float greatest, Shared& shared) {
  double sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += kThreads) sum += expf(x[i] - greatest);
  return greatest + log(blockReduce<Sum, kWarps>(sum, shared.sum));
}

__global__ void logProbabilitiesKernel(double* result, const float* logits, const int32_t* targets,
                                       int64_t vocabulary) {
  __shared__ Shared shared;
  const int64_t token = blockIdx.x;
  const float* x = logits + token * vocabulary;
  const double sum = logSumExp(x, vocabulary, greatestOf(x, vocabulary, shared), shared);
  if (threadIdx.x == 0) result[token] = x[targets[token]] - sum;
}

__global__ void klDivergenceKernel(double* result, uint8_t* sameTop, const float* reference, const float* logits,
                                   int64_t vocabulary) {
  __shared__ Shared shared;
  const int64_t token = blockIdx.x;
  const float* r = reference + token * vocabulary;
  const float* x = logits + token * vocabulary;
  const float rGreatest = greatestOf(r, vocabulary, shared), xGreatest = greatestOf(x, vocabulary, shared);
  const int64_t rTop = indexOf(rGreatest, r, vocabulary, shared), xTop = indexOf(xGreatest, x, vocabulary, shared);
  const double rSum = logSumExp(r, vocabulary, rGreatest, shared);
  const double shift = rSum - logSumExp(x, vocabulary, xGreatest, shared);
  const float base = static_cast<float>(rSum);
  double sum = 0;
  for (int64_t i = threadIdx.x; i < vocabulary; i += kThreads)
    sum += expf(r[i] - base) * (static_cast<double>(r[i]) - x[i] - shift);
  sum = blockReduce<Sum, kWarps>(sum, shared.sum);
  if (threadIdx.x != 0) return;
  result[token] =
      sum < 0 ? 0 : sum;  // rounding can leave a tiny negative value where both rows are the same; NaN stays
  sameTop[token] = rTop == xTop;
}

__global__ void findNonFiniteKernel(unsigned long long* index, const float* x, int64_t count) {
  for (int64_t i = firstItem(); i < count; i += itemStride())
    if (!isfinite(x[i])) {
      atomicMin(index, static_cast<unsigned long long>(i));
      return;
    }
}

}  // namespace

void kernels::logProbabilities(double* result, const float* logits, const int32_t* targets, int64_t tokens,
                               int64_t vocabulary, cudaStream_t stream) {
  if (tokens == 0) return;
  launch(logProbabilitiesKernel, gridOf(tokens), dim3(kThreads), 0, stream, result, logits, targets, vocabulary);
}

void kernels::klDivergence(double* result, uint8_t* sameTop, const float* reference, const float* logits,
                           int64_t tokens, int64_t vocabulary, cudaStream_t stream) {
  if (tokens == 0) return;
  launch(klDivergenceKernel, gridOf(tokens), dim3(kThreads), 0, stream, result, sameTop, reference, logits, vocabulary);
}

void kernels::findNonFinite(unsigned long long* index, const float* x, int64_t count, cudaStream_t stream) {
  launch(findNonFiniteKernel, stridedGrid(count, kThreads), dim3(kThreads), 0, stream, index, x, count);
}

}  // namespace cuda
}  // namespace lathe
