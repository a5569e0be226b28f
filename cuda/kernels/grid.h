// How many blocks a launch has, and which items a thread takes.
#ifndef LATHE_CUDA_GRID_H
#define LATHE_CUDA_GRID_H

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

namespace lathe {
namespace cuda {

inline int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }

// For kernels whose threads stride over `count` items by the size of the grid. Enough blocks for any device; more would
// only cost their start.
inline dim3 stridedGrid(int64_t count, int block) {
  return dim3(static_cast<unsigned>(std::clamp<int64_t>(ceilDivide(count, block), 1, 8192)));
}

// In such a kernel: for (int64_t i = firstItem(); i < count; i += itemStride())
__device__ inline int64_t firstItem() { return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; }
__device__ inline int64_t itemStride() { return static_cast<int64_t>(gridDim.x) * blockDim.x; }

// One block for each of `count` items.
inline dim3 gridOf(int64_t count) {
  if (count > std::numeric_limits<int32_t>::max())
    throw std::invalid_argument("a grid of " + std::to_string(count) + " blocks, more than a device takes");
  return dim3(static_cast<unsigned>(count));
}

}  // namespace cuda
}  // namespace lathe

#endif
