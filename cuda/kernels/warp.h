// Reductions that kernels share. Every thread of the warp or block has to call them; every thread gets the result.
// The order of summation is fixed: a tree over the lanes, then over the warps.
#ifndef LATHE_CUDA_WARP_H
#define LATHE_CUDA_WARP_H

#include <cuda_runtime.h>

#include <cstdint>

namespace lathe {
namespace cuda {

constexpr int kWarp = 32;
constexpr unsigned kAllLanes = 0xffffffffu;

struct Sum {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};

// NaN is passed over.
struct Maximum {
  __device__ float operator()(float a, float b) const { return b > a ? b : a; }
};

struct Minimum {
  template <class T>
  __device__ T operator()(T a, T b) const {
    return b < a ? b : a;
  }
};

template <class Combine, class T>
__device__ inline T warpReduce(T value) {
  for (int offset = kWarp / 2; offset > 0; offset /= 2)
    value = Combine()(value, __shfl_xor_sync(kAllLanes, value, offset));
  return value;
}

// For blocks of kWarps whole warps along x. `shared` [kWarps] may be used again after the next barrier.
template <class Combine, int kWarps, class T>
__device__ inline T blockReduce(T value, T* shared) {
  value = warpReduce<Combine>(value);
  __syncthreads();  // `shared` may still be read from a reduction before
  if (threadIdx.x % kWarp == 0) shared[threadIdx.x / kWarp] = value;
  __syncthreads();
  T result = shared[0];
  for (int warp = 1; warp < kWarps; warp++) result = Combine()(result, shared[warp]);
  return result;
}

}  // namespace cuda
}  // namespace lathe

#endif
