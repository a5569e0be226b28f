// What the functions of the runtime, of cuBLAS and of cuSOLVER begin with.
#ifndef LATHE_EMULATION_CALL_H
#define LATHE_EMULATION_CALL_H

#include <new>
#include <stdexcept>

#include "runtime.h"

namespace lathe {
namespace emulation {

// The last error of this host thread that cudaGetLastError has not taken yet.
cudaError_t& lastError();

inline cudaError_t noted(cudaError_t error) {
  if (error != cudaSuccess && error != cudaErrorNotReady) lastError() = error;
  return error;
}

// call(runtime) under the lock, its error noted. `function` is the one that the host called.
template <class Call>
cudaError_t runtimeCall(Call call, const char* function = __builtin_FUNCTION()) {
  try {
    Runtime& runtime = Runtime::instance();
    const std::lock_guard<std::recursive_mutex> lock(runtime.mutex);
    return noted(runtime.failsNow(function) ? cudaErrorUnknown : call(runtime));
  } catch (const std::bad_alloc&) {
    return noted(cudaErrorMemoryAllocation);
  } catch (const std::invalid_argument&) {  // of an environment variable
    return noted(cudaErrorInitializationError);
  }
}

// call(runtime, device) for the current device, unless it has failed.
template <class Call>
cudaError_t deviceCall(Call call, const char* function = __builtin_FUNCTION()) {
  const auto onDevice = [&](Runtime& runtime) {
    if (runtime.deviceCount() == 0) return cudaErrorNoDevice;
    Device& device = runtime.current();
    return device.failure.error != cudaSuccess ? device.failure.error : call(runtime, device);
  };
  return runtimeCall(onDevice, function);
}

// call(runtime, stream) for a stream, unless its device has failed.
template <class Call>
cudaError_t streamCall(cudaStream_t handle, Call call, const char* function = __builtin_FUNCTION()) {
  const auto onStream = [&](Runtime& runtime, Device&) {
    CUstream_st* stream = runtime.stream(handle);
    if (!stream) return cudaErrorInvalidResourceHandle;
    const cudaError_t failed = runtime.device(stream->device).failure.error;
    return failed != cudaSuccess ? failed : call(runtime, *stream);
  };
  return deviceCall(onStream, function);
}

}  // namespace emulation
}  // namespace lathe

#endif
