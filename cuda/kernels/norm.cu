// RMSNorm (Zhang and Sennrich 2019), row by row:  y = x / sqrt(mean(x^2) + epsilon) * weight.
//
//   x, y [tokens x cols]   weight [cols]
//
// Squares are summed in F64. A row of few columns (per-head norms) is a warp's work, a longer one a block's.
#include "grid.h"
#include "kernels.h"
#include "launch.h"
#include "warp.h"

namespace lathe {
namespace cuda {

namespace {

constexpr int kWarps = 8;
constexpr int64_t kWarpColumns = 1024;  // of a row that a warp does

// kRowThreads threads to a row: kWarp, or the block.
template <int kRowThreads>
__global__ void rmsNormKernel(float* y, const float* x, const float* weight, int64_t tokens, int64_t cols,
                              float epsilon) {
  constexpr int kRows = kWarps * kWarp / kRowThreads;
  __shared__ double shared[kWarps];
  const int64_t token = static_cast<int64_t>(blockIdx.x) * kRows + threadIdx.x / kRowThreads;
  const int first = threadIdx.x % kRowThreads;
  const float* in = x + token * cols;
  float* out = y + token * cols;
  double sum = 0;
  if (token < tokens)
    for (int64_t i = first; i < cols; i += kRowThreads) sum += static_cast<double>(in[i]) * in[i];
  if (kRowThreads == kWarp)
    sum = warpReduce<Sum>(sum);
  else
    sum = blockReduce<Sum, kWarps>(sum, shared);
  if (token >= tokens) return;
  const float scale = static_cast<float>(1.0 / sqrt(sum / static_cast<double>(cols) + epsilon));
  for (int64_t i = first; i < cols; i += kRowThreads) out[i] = in[i] * scale * weight[i];
}

}  // namespace

void kernels::rmsNorm(float* y, const float* x, const float* weight, int64_t tokens, int64_t cols, float epsilon,
                      cudaStream_t stream) {
  if (tokens == 0) return;
  const dim3 block(kWarps * kWarp);
  if (cols <= kWarpColumns)
    launch(rmsNormKernel<kWarp>, gridOf(ceilDivide(tokens, kWarps)), block, 0, stream, y, x, weight, tokens, cols,
           epsilon);
  else
    launch(rmsNormKernel<kWarps * kWarp>, gridOf(tokens), block, 0, stream, y, x, weight, tokens, cols, epsilon);
}

}  // namespace cuda
}  // namespace lathe
