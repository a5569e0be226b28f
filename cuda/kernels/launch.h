// launch: the only way in which a kernel is started. dynamicShared: its dynamic shared memory.
//
//   launch(kernel, grid, block, sharedBytes, stream, arguments...);
//
// Arguments are converted to the kernel's parameters and copied. Dynamic shared memory past the 48 KiB that every
// kernel has is asked for here. A launch that the runtime refuses throws LaunchFailure; an error while the kernel runs
// is found by what synchronises with the stream.
//
// The same source is compiled by nvcc, and by g++ against the emulation (cuda/emulation).
#ifndef LATHE_CUDA_LAUNCH_H
#define LATHE_CUDA_LAUNCH_H

#include <cuda_runtime.h>

#include <cstddef>
#include <stdexcept>
#include <string>

#ifndef __CUDACC__
#include "emulated_launch.h"
#endif

namespace lathe {
namespace cuda {

class LaunchFailure : public std::runtime_error {
 public:
  LaunchFailure(cudaError_t error, dim3 grid, dim3 block, size_t sharedBytes)
      : std::runtime_error(std::string("the launch of a kernel failed: ") + cudaGetErrorName(error) + " (" +
                           cudaGetErrorString(error) + "); grid " + text(grid) + ", block " + text(block) +
                           ", dynamic shared memory " + std::to_string(sharedBytes) + " bytes"),
        error(error) {}

  const cudaError_t error;

 private:
  static std::string text(dim3 size) {
    return std::to_string(size.x) + " x " + std::to_string(size.y) + " x " + std::to_string(size.z);
  }
};

template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t sharedBytes, cudaStream_t stream,
            Arguments&&... arguments) {
  static_assert(sizeof...(Parameters) == sizeof...(Arguments), "one argument for each parameter of the kernel");
  cudaError_t error = cudaSuccess;
  if (sharedBytes > 48 * 1024) {
    error = cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), cudaFuncAttributeMaxDynamicSharedMemorySize,
                                 static_cast<int>(sharedBytes));
  }
  if (error == cudaSuccess) {
#ifdef __CUDACC__
    kernel<<<grid, block, sharedBytes, stream>>>(static_cast<Parameters>(arguments)...);
    error = cudaGetLastError();
#else
    error = emulation::launchKernel(kernel, grid, block, sharedBytes, stream, static_cast<Parameters>(arguments)...);
#endif
  }
  if (error != cudaSuccess) throw LaunchFailure(error, grid, block, sharedBytes);
}

// The block's dynamic shared memory, aligned to 16 bytes. Every call gives the same address.
template <class T>
__device__ inline T* dynamicShared() {
#ifdef __CUDACC__
  extern __shared__ __align__(16) unsigned char latheDynamicShared[];
  return reinterpret_cast<T*>(latheDynamicShared);
#else
  return static_cast<T*>(emulation::dynamicSharedMemory());
#endif
}

}  // namespace cuda
}  // namespace lathe

#endif
