// Copies, streams, events, launches.
#include <cstring>

#include "block.h"
#include "call.h"

namespace lathe {
namespace emulation {
namespace {

// Rows of bytes, `pitch` apart.
struct Rows {
  char* first;
  size_t pitch;
};

struct Copy {
  Rows to, from;
  size_t width, height;
};

size_t extent(size_t pitch, const Copy& copy) { return copy.height == 0 ? 0 : pitch * (copy.height - 1) + copy.width; }

bool onDevice(Runtime& runtime, const void* pointer, size_t bytes) {
  for (int i = 0; i < runtime.deviceCount(); ++i) {
    if (runtime.device(i).memory.contains(pointer, bytes)) return true;
  }
  return false;
}

bool inArena(const void* pointer) {
  return reinterpret_cast<uintptr_t>(pointer) - arenaOf(0) < mostDevices * arenaBytes;
}

// Whether one side of a copy is where the kind says.
bool sideIsThere(Runtime& runtime, const void* pointer, size_t bytes, bool device) {
  return device ? onDevice(runtime, pointer, bytes) : pointer && !inArena(pointer);
}

Failure perform(Runtime& runtime, const Copy& copy, bool toDevice, bool fromDevice) {
  if (!sideIsThere(runtime, copy.to.first, extent(copy.to.pitch, copy), toDevice) ||
      !sideIsThere(runtime, copy.from.first, extent(copy.from.pitch, copy), fromDevice)) {
    return {cudaErrorIllegalAddress,
            "a copy of " + std::to_string(copy.width * copy.height) + " bytes ran after its device memory was freed"};
  }
  for (size_t row = 0; row < copy.height; ++row) {
    std::memmove(copy.to.first + row * copy.to.pitch, copy.from.first + row * copy.from.pitch, copy.width);
  }
  return {};
}

// Pageable memory is read before the call returns, and written before it returns.
std::string inWords(const Copy& copy, bool toDevice, bool fromDevice) {
  const char* what = toDevice == fromDevice ? "copy" : toDevice ? "upload" : "download";
  return std::string(what) + " of " + std::to_string(copy.width * copy.height) + " bytes";
}

cudaError_t submitCopy(Runtime& runtime, CUstream_st& stream, Copy copy, cudaMemcpyKind kind) {
  if (copy.width == 0 || copy.height == 0) return cudaSuccess;
  if (copy.width > copy.to.pitch || copy.width > copy.from.pitch) return cudaErrorInvalidValue;
  bool toDevice = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
  bool fromDevice = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
  if (kind == cudaMemcpyDefault) {
    toDevice = onDevice(runtime, copy.to.first, 1);
    fromDevice = onDevice(runtime, copy.from.first, 1);
  } else if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault) {
    return cudaErrorInvalidMemcpyDirection;
  }
  const size_t toBytes = extent(copy.to.pitch, copy), fromBytes = extent(copy.from.pitch, copy);
  if (!sideIsThere(runtime, copy.to.first, toBytes, toDevice) ||
      !sideIsThere(runtime, copy.from.first, fromBytes, fromDevice)) {
    return cudaErrorInvalidValue;
  }
  if (!fromDevice && settings().deferred && !runtime.isPinned(copy.from.first, fromBytes)) {
    auto staged = std::make_shared<std::vector<char>>(copy.from.first, copy.from.first + fromBytes);
    const auto fromStage = [&runtime, copy, toDevice, staged] {
      Copy staging = copy;
      staging.from.first = staged->data();
      return perform(runtime, staging, toDevice, false);
    };
    return runtime.submit(stream, fromStage, inWords(copy, toDevice, false));
  }
  const auto work = [&runtime, copy, toDevice, fromDevice] { return perform(runtime, copy, toDevice, fromDevice); };
  const cudaError_t error = runtime.submit(stream, work, inWords(copy, toDevice, fromDevice));
  if (error != cudaSuccess || toDevice || runtime.isPinned(copy.to.first, toBytes)) return error;
  return runtime.finish(stream);
}

Copy rows(void* to, size_t toPitch, const void* from, size_t fromPitch, size_t width, size_t height) {
  return {
      {static_cast<char*>(to), toPitch}, {const_cast<char*>(static_cast<const char*>(from)), fromPitch}, width, height};
}

cudaError_t copyOn(cudaStream_t handle, const Copy& copy, cudaMemcpyKind kind, bool blocking,
                   const char* function = __builtin_FUNCTION()) {
  const auto call = [&](Runtime& runtime, CUstream_st& stream) {
    const cudaError_t error = submitCopy(runtime, stream, copy, kind);
    return error == cudaSuccess && blocking ? runtime.finish(stream) : error;
  };
  return streamCall(handle, call, function);
}

cudaError_t setOn(cudaStream_t handle, void* memory, int value, size_t bytes,
                  const char* function = __builtin_FUNCTION()) {
  const auto call = [&](Runtime& runtime, CUstream_st& stream) {
    if (bytes == 0) return cudaSuccess;
    if (!onDevice(runtime, memory, bytes)) return cudaErrorInvalidValue;
    return runtime.submit(stream, [&runtime, memory, value, bytes]() -> Failure {
      if (!onDevice(runtime, memory, bytes)) {
        return {cudaErrorIllegalAddress,
                "cudaMemset of " + std::to_string(bytes) + " bytes ran after its memory was freed"};
      }
      std::memset(memory, value, bytes);
      return {};
    });
  };
  return streamCall(handle, call, function);
}

// --- Launches --------------------------------------------------------------------------------------------------------

// Dynamic shared memory that kernels were allowed.
std::map<const void*, size_t>& allowedShared() {
  static std::map<const void*, size_t> allowed;
  return allowed;
}

bool isValid(dim3 grid, dim3 block) {
  return grid.x >= 1 && grid.y >= 1 && grid.z >= 1 && grid.x <= 0x7fffffffu && grid.y <= 65535 && grid.z <= 65535 &&
         block.x >= 1 && block.y >= 1 && block.z >= 1 && block.x <= 1024 && block.y <= 1024 && block.z <= 64 &&
         block.x * block.y * block.z <= mostBlockThreads;
}

}  // namespace

cudaError_t launchKernel(const Kernel& kernel, dim3 grid, dim3 block, size_t sharedBytes, cudaStream_t stream) {
  return streamCall(stream, [&](Runtime& runtime, CUstream_st& on) {
    if (on.device != Runtime::currentDevice()) return cudaErrorInvalidResourceHandle;
    if (!isValid(grid, block)) return cudaErrorInvalidConfiguration;
    const auto allowed = allowedShared().find(reinterpret_cast<const void*>(kernel.kernel));
    if (sharedBytes > (allowed == allowedShared().end() ? sharedBytesOfBlock : allowed->second)) {
      return cudaErrorInvalidValue;
    }
    const auto work = std::make_shared<Grid>(kernel, grid, block, sharedBytes, on.device);
    return runtime.submit(
        on, [work] { return work->run(); }, "kernel");
  });
}

}  // namespace emulation
}  // namespace lathe

using namespace lathe::emulation;

cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value) {
  return deviceCall([&](Runtime&, Device&) {
    if (!kernel) return cudaErrorInvalidDeviceFunction;
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0 ||
        static_cast<size_t>(value) > sharedBytesOptIn) {
      return cudaErrorInvalidValue;
    }
    allowedShared()[kernel] = std::max(static_cast<size_t>(value), sharedBytesOfBlock);
    return cudaSuccess;
  });
}

cudaError_t cudaMemcpy(void* destination, const void* source, size_t bytes, cudaMemcpyKind kind) {
  return copyOn(nullptr, rows(destination, bytes, source, bytes, bytes, 1), kind, true);
}

cudaError_t cudaMemcpyAsync(void* destination, const void* source, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  return copyOn(stream, rows(destination, bytes, source, bytes, bytes, 1), kind, false);
}

cudaError_t cudaMemcpy2D(void* destination, size_t destinationPitch, const void* source, size_t sourcePitch,
                         size_t width, size_t height, cudaMemcpyKind kind) {
  return copyOn(nullptr, rows(destination, destinationPitch, source, sourcePitch, width, height), kind, true);
}

cudaError_t cudaMemcpy2DAsync(void* destination, size_t destinationPitch, const void* source, size_t sourcePitch,
                              size_t width, size_t height, cudaMemcpyKind kind, cudaStream_t stream) {
  return copyOn(stream, rows(destination, destinationPitch, source, sourcePitch, width, height), kind, false);
}

cudaError_t cudaMemcpyPeerAsync(void* destination, int destinationDevice, const void* source, int sourceDevice,
                                size_t bytes, cudaStream_t stream) {
  const cudaError_t error = runtimeCall([&](Runtime& runtime) {
    const int count = runtime.deviceCount();
    if (destinationDevice < 0 || destinationDevice >= count || sourceDevice < 0 || sourceDevice >= count) {
      return cudaErrorInvalidDevice;
    }
    return runtime.device(destinationDevice).memory.contains(destination, bytes) &&
                   runtime.device(sourceDevice).memory.contains(source, bytes)
               ? cudaSuccess
               : cudaErrorInvalidValue;
  });
  return error != cudaSuccess ? error : cudaMemcpyAsync(destination, source, bytes, cudaMemcpyDeviceToDevice, stream);
}

cudaError_t cudaMemcpyPeer(void* destination, int destinationDevice, const void* source, int sourceDevice,
                           size_t bytes) {
  const cudaError_t error = cudaMemcpyPeerAsync(destination, destinationDevice, source, sourceDevice, bytes, nullptr);
  return error != cudaSuccess ? error : cudaStreamSynchronize(nullptr);
}

cudaError_t cudaMemset(void* memory, int value, size_t bytes) { return setOn(nullptr, memory, value, bytes); }

cudaError_t cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t stream) {
  return setOn(stream, memory, value, bytes);
}

cudaError_t cudaStreamCreate(cudaStream_t* stream) { return cudaStreamCreateWithFlags(stream, cudaStreamDefault); }

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned int flags) {
  return deviceCall([&](Runtime& runtime, Device&) {
    if (!stream || flags > cudaStreamNonBlocking) return cudaErrorInvalidValue;
    *stream = runtime.createStream(flags == cudaStreamDefault);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  return runtimeCall([&](Runtime& runtime) {
    if (!stream || !runtime.stream(stream)) return cudaErrorInvalidResourceHandle;
    runtime.destroyStream(stream);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return streamCall(stream, [](Runtime& runtime, CUstream_st& on) { return runtime.finish(on); });
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
  return streamCall(stream, [](Runtime& runtime, CUstream_st& on) {
    if (on.queue.empty()) return cudaSuccess;
    runtime.advance();
    return cudaErrorNotReady;
  });
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned int flags) {
  return streamCall(stream, [&](Runtime& runtime, CUstream_st& on) {
    const Event waited = runtime.event(event);
    if (!waited) return cudaErrorInvalidResourceHandle;
    return flags != 0 ? cudaErrorInvalidValue : runtime.wait(on, waited);
  });
}

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* data) {
  return streamCall(stream, [&](Runtime& runtime, CUstream_st& on) {
    if (!function) return cudaErrorInvalidValue;
    return runtime.submit(on, [function, data] {
      function(data);
      return Failure();
    });
  });
}

cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, cudaEventDefault); }

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags) {
  return deviceCall([&](Runtime& runtime, Device&) {
    if (!event || flags > (cudaEventBlockingSync | cudaEventDisableTiming)) return cudaErrorInvalidValue;
    *event = runtime.createEvent(!(flags & cudaEventDisableTiming));
    return cudaSuccess;
  });
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return runtimeCall([&](Runtime& runtime) {
    if (!runtime.event(event)) return cudaErrorInvalidResourceHandle;
    runtime.destroyEvent(event);
    return cudaSuccess;
  });
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return streamCall(stream, [&](Runtime& runtime, CUstream_st& on) {
    const Event recorded = runtime.event(event);
    if (!recorded || recorded->device != on.device) return cudaErrorInvalidResourceHandle;
    return runtime.record(on, recorded);
  });
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return deviceCall([&](Runtime& runtime, Device&) {
    const Event waited = runtime.event(event);
    return waited ? runtime.finish(waited) : cudaErrorInvalidResourceHandle;
  });
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  return deviceCall([&](Runtime& runtime, Device&) {
    const Event asked = runtime.event(event);
    if (!asked) return cudaErrorInvalidResourceHandle;
    if (asked->reached >= asked->recorded) return cudaSuccess;
    runtime.advance();
    return cudaErrorNotReady;
  });
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  return deviceCall([&](Runtime& runtime, Device&) {
    const Event first = runtime.event(start), last = runtime.event(end);
    if (!first || !last || !milliseconds || !first->timed || !last->timed || first->recorded == 0 ||
        last->recorded == 0) {
      return cudaErrorInvalidResourceHandle;
    }
    if (first->reached < first->recorded || last->reached < last->recorded) return cudaErrorNotReady;
    *milliseconds = std::chrono::duration<float, std::milli>(last->time - first->time).count();
    return cudaSuccess;
  });
}
