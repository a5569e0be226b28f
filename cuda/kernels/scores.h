// Scores of weights, by row and column: the lower, the sooner pruned. >= 0, or NaN.
#ifndef LATHE_CUDA_SCORES_H
#define LATHE_CUDA_SCORES_H

#include <cuda_runtime.h>

#include <cstdint>
#include <cstring>

namespace lathe {
namespace cuda {

// w^2 / U_jj^2 (SparseGPT). w and diagonal begin with the first column that is scored; from a row of w to the next:
// stride. T is float or double.
template <class T>
struct ObsScore {
  const T* w;
  const T* diagonal;
  int64_t stride;

  __device__ T operator()(int64_t row, int64_t col) const {
    const T ratio = w[row * stride + col] / diagonal[col];
    return ratio * ratio;
  }
};

// |w| * columnNorm (Wanda), or |w| where columnNorm is null (magnitude).
struct WeightScore {
  const float* w;
  const float* columnNorm;
  int64_t stride;

  __device__ float operator()(int64_t row, int64_t col) const {
    return fabsf(w[row * stride + col]) * (columnNorm == nullptr ? 1.0f : columnNorm[col]);
  }
};

// Bits that ascend with scores: those of the number without its sign, which only a NaN can have here; so NaN counts as
// greater than all numbers.
__device__ inline unsigned long long bitsOf(float score) {
  uint32_t bits;
  memcpy(&bits, &score, sizeof bits);
  return bits & 0x7fffffffu;
}
__device__ inline unsigned long long bitsOf(double score) {
  unsigned long long bits;
  memcpy(&bits, &score, sizeof bits);
  return bits & 0x7fffffffffffffffull;
}

}  // namespace cuda
}  // namespace lathe

#endif
