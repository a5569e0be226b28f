// How launch.h starts a kernel in the emulation.
#ifndef LATHE_EMULATION_EMULATED_LAUNCH_H
#define LATHE_EMULATION_EMULATED_LAUNCH_H

#include <cstddef>
#include <tuple>
#include <type_traits>

#include "cuda_runtime_api.h"

namespace lathe {
namespace emulation {

// A kernel whose parameter types are forgotten. `invoke` calls `kernel` with the parameters at `arguments`, which each
// thread has a copy of on its own stack.
struct Kernel {
  void (*kernel)();
  void (*invoke)(void (*kernel)(), void* arguments);
  const void* arguments;
  size_t argumentBytes;
};

cudaError_t launchKernel(const Kernel& kernel, dim3 grid, dim3 block, size_t sharedBytes, cudaStream_t stream);

template <class... Parameters>
cudaError_t launchKernel(void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t sharedBytes, cudaStream_t stream,
                         std::common_type_t<Parameters>... arguments) {
  static_assert((std::is_trivially_copyable_v<Parameters> && ...), "kernels take plain data");
  using Tuple = std::tuple<Parameters...>;
  const Tuple values(arguments...);
  const auto invoke = [](void (*erased)(), void* parameters) {
    std::apply(reinterpret_cast<void (*)(Parameters...)>(erased), *static_cast<Tuple*>(parameters));
  };
  return launchKernel({reinterpret_cast<void (*)()>(kernel), invoke, &values, sizeof values}, grid, block, sharedBytes,
                      stream);
}

}  // namespace emulation
}  // namespace lathe

#endif
