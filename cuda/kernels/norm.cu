// RMSNorm (Zhang and Sennrich 2019), row by row:  y = x / sqrt(mean(x^2) + epsilon) * weight,
// and rows on the scale of another matrix:        y = x / sqrt(mean(reference^2) + epsilon).
//
//   x, y [tokens x cols]   weight [cols]   reference [tokens x referenceCols]
//
// Squares are summed in F64. A row of few columns (per-head norms) is a warp's work, a longer one a block's.
#include <algorithm>

#include "grid.h"
#include "kernels.h"
#include "launch.h"
#include "warp.h"

namespace lathe {
namespace cuda {

namespace {

constexpr int kWarps = 8;
constexpr int64_t kWarpColumns = 1024;  // of a row that a warp does

// Rows of a block where kRowThreads threads (kWarp, or the block) do one.
template <int kRowThreads>
constexpr int kRows = kWarps* kWarp / kRowThreads;

template <int kRowThreads>
__device__ int64_t tokenOfThread() {
  return static_cast<int64_t>(blockIdx.x) * kRows<kRowThreads> + threadIdx.x / kRowThreads;
}

// 1 / sqrt(mean(row^2) + epsilon) for the threads of a row; those of no row give 0 and only take part in the sum.
template <int kRowThreads>
__device__ float inverseRms(const float* row, int64_t cols, float epsilon, bool present, double* shared) {
  double sum = 0;
  if (present)
    for (int64_t i = threadIdx.x % kRowThreads; i < cols; i += kRowThreads) sum += static_cast<double>(row[i]) * row[i];
  if (kRowThreads == kWarp)
    sum = warpReduce<Sum>(sum);
  else
    sum = blockReduce<Sum, kWarps>(sum, shared);
  return present ? static_cast<float>(1.0 / sqrt(sum / static_cast<double>(cols) + epsilon)) : 0.0f;
}

// weight may be null: ones.
template <int kRowThreads>
__global__ void divideByRmsKernel(float* y, const float* x, const float* reference, const float* weight, int64_t tokens,
                                  int64_t cols, int64_t referenceCols, float epsilon) {
  __shared__ double shared[kWarps];
  const int64_t token = tokenOfThread<kRowThreads>();
  const float* row = reference + token * referenceCols;
  const float scale = inverseRms<kRowThreads>(row, referenceCols, epsilon, token < tokens, shared);
  if (token >= tokens) return;
  for (int64_t i = threadIdx.x % kRowThreads; i < cols; i += kRowThreads) {
    const float value = x[token * cols + i] * scale;
    y[token * cols + i] = weight == nullptr ? value : value * weight[i];
  }
}

void divideRows(float* y, const float* x, const float* reference, const float* weight, int64_t tokens, int64_t cols,
                int64_t referenceCols, float epsilon, cudaStream_t stream) {
  if (tokens == 0) return;
  const dim3 block(kWarps * kWarp);
  if (std::max(cols, referenceCols) <= kWarpColumns)
    launch(divideByRmsKernel<kWarp>, gridOf(ceilDivide(tokens, kWarps)), block, 0, stream, y, x, reference, weight,
           tokens, cols, referenceCols, epsilon);
  else
    launch(divideByRmsKernel<kWarps * kWarp>, gridOf(tokens), block, 0, stream, y, x, reference, weight, tokens, cols,
           referenceCols, epsilon);
}

}  // namespace

void kernels::rmsNorm(float* y, const float* x, const float* weight, int64_t tokens, int64_t cols, float epsilon,
                      cudaStream_t stream) {
  divideRows(y, x, x, weight, tokens, cols, cols, epsilon, stream);
}

void kernels::divideByRms(float* y, const float* x, const float* reference, int64_t tokens, int64_t cols,
                          int64_t referenceCols, float epsilon, cudaStream_t stream) {
  divideRows(y, x, reference, nullptr, tokens, cols, referenceCols, epsilon, stream);
}

}  // namespace cuda
}  // namespace lathe
