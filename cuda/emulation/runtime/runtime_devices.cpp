// Errors, devices, allocation.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "block.h"
#include "call.h"

namespace lathe {
namespace emulation {

cudaError_t& lastError() {
  thread_local cudaError_t error = cudaSuccess;
  return error;
}

namespace {

struct Named {
  cudaError_t error;
  const char* name;
  const char* text;
};

const Named errors[] = {
    {cudaSuccess, "cudaSuccess", "no error"},
    {cudaErrorInvalidValue, "cudaErrorInvalidValue", "invalid argument"},
    {cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation", "out of memory"},
    {cudaErrorInitializationError, "cudaErrorInitializationError", "initialization error"},
    {cudaErrorInvalidConfiguration, "cudaErrorInvalidConfiguration", "invalid configuration argument"},
    {cudaErrorInvalidDevicePointer, "cudaErrorInvalidDevicePointer", "invalid device pointer"},
    {cudaErrorInvalidMemcpyDirection, "cudaErrorInvalidMemcpyDirection", "invalid copy direction for memcpy"},
    {cudaErrorInsufficientDriver, "cudaErrorInsufficientDriver",
     "CUDA driver version is insufficient for CUDA runtime version"},
    {cudaErrorInvalidDeviceFunction, "cudaErrorInvalidDeviceFunction", "invalid device function"},
    {cudaErrorNoDevice, "cudaErrorNoDevice", "no CUDA-capable device is detected"},
    {cudaErrorInvalidDevice, "cudaErrorInvalidDevice", "invalid device ordinal"},
    {cudaErrorInvalidResourceHandle, "cudaErrorInvalidResourceHandle", "invalid resource handle"},
    {cudaErrorNotReady, "cudaErrorNotReady", "device not ready"},
    {cudaErrorIllegalAddress, "cudaErrorIllegalAddress", "an illegal memory access was encountered"},
    {cudaErrorLaunchOutOfResources, "cudaErrorLaunchOutOfResources", "too many resources requested for launch"},
    {cudaErrorPeerAccessAlreadyEnabled, "cudaErrorPeerAccessAlreadyEnabled", "peer access is already enabled"},
    {cudaErrorPeerAccessNotEnabled, "cudaErrorPeerAccessNotEnabled", "peer access has not been enabled"},
    {cudaErrorAssert, "cudaErrorAssert", "device-side assert triggered"},
    {cudaErrorMisalignedAddress, "cudaErrorMisalignedAddress", "misaligned address"},
    {cudaErrorLaunchFailure, "cudaErrorLaunchFailure", "unspecified launch failure"},
    {cudaErrorNotSupported, "cudaErrorNotSupported", "operation not supported"},
    {cudaErrorUnknown, "cudaErrorUnknown", "unknown error"},
};

const Named& named(cudaError_t error) {
  for (const Named& candidate : errors) {
    if (candidate.error == error) return candidate;
  }
  return *(std::end(errors) - 1);
}

bool staysWithDevice(cudaError_t error) {
  return error == cudaErrorIllegalAddress || error == cudaErrorMisalignedAddress || error == cudaErrorLaunchFailure ||
         error == cudaErrorAssert;
}

void describe(cudaDeviceProp& p, const Device& device) {
  p = {};
  std::snprintf(p.name, sizeof p.name, "emulated device %d", device.number);
  p.totalGlobalMem = device.memory.limit();
  p.sharedMemPerBlock = sharedBytesOfBlock;
  p.sharedMemPerBlockOptin = sharedBytesOptIn;
  p.sharedMemPerMultiprocessor = sharedBytesOptIn + 1024;
  p.reservedSharedMemPerBlock = 1024;
  p.totalConstMem = 64 * 1024;
  p.regsPerBlock = p.regsPerMultiprocessor = 65536;
  p.warpSize = 32;
  p.maxThreadsPerBlock = static_cast<int>(mostBlockThreads);
  p.maxThreadsPerMultiProcessor = 2048;
  p.maxThreadsDim[0] = p.maxThreadsDim[1] = 1024;
  p.maxThreadsDim[2] = 64;
  p.maxGridSize[0] = 0x7fffffff;
  p.maxGridSize[1] = p.maxGridSize[2] = 65535;
  p.major = 9;
  p.minor = 0;
  p.multiProcessorCount = 8;
  p.memoryBusWidth = 64;
  p.l2CacheSize = 4 << 20;
  p.asyncEngineCount = 2;
  p.concurrentKernels = 1;
  p.unifiedAddressing = 1;
  p.pciBusID = device.number;
}

cudaError_t attributeOf(int* value, cudaDeviceAttr attribute, const cudaDeviceProp& p) {
  switch (attribute) {
    case cudaDevAttrMaxThreadsPerBlock:
      *value = p.maxThreadsPerBlock;
      return cudaSuccess;
    case cudaDevAttrMaxSharedMemoryPerBlock:
      *value = static_cast<int>(p.sharedMemPerBlock);
      return cudaSuccess;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      *value = static_cast<int>(p.sharedMemPerBlockOptin);
      return cudaSuccess;
    case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
      *value = static_cast<int>(p.sharedMemPerMultiprocessor);
      return cudaSuccess;
    case cudaDevAttrWarpSize:
      *value = p.warpSize;
      return cudaSuccess;
    case cudaDevAttrMultiProcessorCount:
      *value = p.multiProcessorCount;
      return cudaSuccess;
    case cudaDevAttrMaxThreadsPerMultiProcessor:
      *value = p.maxThreadsPerMultiProcessor;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMajor:
      *value = p.major;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMinor:
      *value = p.minor;
      return cudaSuccess;
    case cudaDevAttrL2CacheSize:
      *value = p.l2CacheSize;
      return cudaSuccess;
    case cudaDevAttrGlobalMemoryBusWidth:
      *value = p.memoryBusWidth;
      return cudaSuccess;
    case cudaDevAttrClockRate:
    case cudaDevAttrMemoryClockRate:
      *value = 1000000;  // kHz
      return cudaSuccess;
  }
  return cudaErrorInvalidValue;
}

// Memory that queued work will free counts as free once that work has run.
void* allocate(Runtime& runtime, Device& device, size_t bytes) {
  void* memory = device.memory.allocate(bytes);
  if (!memory) {
    runtime.finishDevice(device.number);
    memory = device.memory.allocate(bytes);
  }
  return memory;
}

Device* ownerOf(Runtime& runtime, const void* pointer) {
  for (int i = 0; i < runtime.deviceCount(); ++i) {
    if (runtime.device(i).memory.contains(pointer, 1)) return &runtime.device(i);
  }
  return nullptr;
}

}  // namespace
}  // namespace emulation
}  // namespace lathe

using namespace lathe::emulation;

cudaError_t cudaGetLastError() {
  const cudaError_t error = lastError();
  lastError() = cudaSuccess;
  return error;
}

cudaError_t cudaPeekAtLastError() { return lastError(); }

const char* cudaGetErrorName(cudaError_t error) { return named(error).name; }

const char* cudaGetErrorString(cudaError_t error) {
  thread_local std::string text;
  if (error == cudaErrorInitializationError) {
    try {
      settings();
    } catch (const std::invalid_argument& wrong) {
      text = wrong.what();
      return text.c_str();
    }
  }
  if (!staysWithDevice(error)) return named(error).text;
  text = lastReport();
  return text.empty() ? named(error).text : text.c_str();
}

cudaError_t cudaGetDeviceCount(int* count) {
  return runtimeCall([&](Runtime& runtime) {
    *count = runtime.deviceCount();
    return *count == 0 ? cudaErrorNoDevice : cudaSuccess;
  });
}

cudaError_t cudaSetDevice(int device) {
  return runtimeCall([&](Runtime& runtime) {
    if (device < 0 || device >= runtime.deviceCount()) return cudaErrorInvalidDevice;
    Runtime::currentDevice() = device;
    return cudaSuccess;
  });
}

cudaError_t cudaGetDevice(int* device) {
  return runtimeCall([&](Runtime& runtime) {
    *device = Runtime::currentDevice();
    return runtime.deviceCount() == 0 ? cudaErrorNoDevice : cudaSuccess;
  });
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  return runtimeCall([&](Runtime& runtime) {
    if (device < 0 || device >= runtime.deviceCount()) return cudaErrorInvalidDevice;
    describe(*properties, runtime.device(device));
    return cudaSuccess;
  });
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  cudaDeviceProp properties;
  const cudaError_t error = cudaGetDeviceProperties(&properties, device);
  return error != cudaSuccess ? error : noted(attributeOf(value, attribute, properties));
}

cudaError_t cudaDeviceSynchronize() {
  return deviceCall([](Runtime& runtime, Device& device) { return runtime.finishDevice(device.number); });
}

cudaError_t cudaDeviceReset() {
  return runtimeCall([](Runtime& runtime) {
    if (runtime.deviceCount() == 0) return cudaErrorNoDevice;
    runtime.resetDevice(Runtime::currentDevice());
    lastError() = cudaSuccess;
    return cudaSuccess;
  });
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  return deviceCall([&](Runtime&, Device& device) {
    *total = device.memory.limit();
    *free = device.memory.limit() - device.memory.used();
    return cudaSuccess;
  });
}

// Kernels of one device never see the memory of another: data go by cudaMemcpyPeer.
cudaError_t cudaDeviceCanAccessPeer(int* can, int device, int peer) {
  return runtimeCall([&](Runtime& runtime) {
    const int count = runtime.deviceCount();
    if (device < 0 || device >= count || peer < 0 || peer >= count) return cudaErrorInvalidDevice;
    *can = 0;
    return cudaSuccess;
  });
}

cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned int flags) {
  return deviceCall([&](Runtime& runtime, Device&) {
    return flags != 0                                  ? cudaErrorInvalidValue
           : peer < 0 || peer >= runtime.deviceCount() ? cudaErrorInvalidDevice
                                                       : cudaErrorNotSupported;
  });
}

cudaError_t cudaMalloc(void** memory, size_t bytes) {
  return deviceCall([&](Runtime& runtime, Device& device) {
    if (!memory) return cudaErrorInvalidValue;
    *memory = bytes == 0 ? nullptr : allocate(runtime, device, bytes);
    return bytes != 0 && !*memory ? cudaErrorMemoryAllocation : cudaSuccess;
  });
}

cudaError_t cudaFree(void* memory) {
  return deviceCall([&](Runtime& runtime, Device&) {
    if (!memory) return cudaSuccess;
    Device* owner = ownerOf(runtime, memory);
    if (!owner) return cudaErrorInvalidValue;
    const cudaError_t error = runtime.finishDevice(owner->number);
    if (!owner->memory.release(memory)) return cudaErrorInvalidValue;
    return error;
  });
}

cudaError_t cudaMallocAsync(void** memory, size_t bytes, cudaStream_t stream) {
  return streamCall(stream, [&](Runtime& runtime, CUstream_st& on) {
    if (!memory) return cudaErrorInvalidValue;
    *memory = bytes == 0 ? nullptr : allocate(runtime, runtime.device(on.device), bytes);
    return bytes != 0 && !*memory ? cudaErrorMemoryAllocation : cudaSuccess;
  });
}

cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream) {
  return streamCall(stream, [&](Runtime& runtime, CUstream_st& on) {
    if (!memory) return cudaSuccess;
    Device* owner = ownerOf(runtime, memory);
    if (!owner) return cudaErrorInvalidValue;
    return runtime.submit(on, [owner, memory] {
      const bool freed = owner->memory.release(memory);
      return freed ? Failure() : Failure{cudaErrorIllegalAddress, "cudaFreeAsync: the memory was freed before"};
    });
  });
}

cudaError_t cudaHostAlloc(void** memory, size_t bytes, unsigned int flags) {
  return deviceCall([&](Runtime& runtime, Device&) {
    if (!memory || flags > 7) return cudaErrorInvalidValue;
    *memory = nullptr;
    if (bytes == 0) return cudaSuccess;
    if (posix_memalign(memory, 4096, bytes) != 0) return cudaErrorMemoryAllocation;
    runtime.pinned[reinterpret_cast<uintptr_t>(*memory)] = bytes;
    return cudaSuccess;
  });
}

cudaError_t cudaMallocHost(void** memory, size_t bytes) { return cudaHostAlloc(memory, bytes, cudaHostAllocDefault); }

cudaError_t cudaFreeHost(void* memory) {
  return deviceCall([&](Runtime& runtime, Device&) {
    if (!memory) return cudaSuccess;
    for (int i = 0; i < runtime.deviceCount(); ++i) runtime.finishDevice(i);
    if (runtime.pinned.erase(reinterpret_cast<uintptr_t>(memory)) == 0) return cudaErrorInvalidValue;
    std::free(memory);
    return cudaSuccess;
  });
}

cudaError_t cudaHostRegister(void* memory, size_t bytes, unsigned int) {
  return deviceCall([&](Runtime& runtime, Device&) {
    if (!memory || bytes == 0 || runtime.isPinned(memory, 1)) return cudaErrorInvalidValue;
    runtime.pinned[reinterpret_cast<uintptr_t>(memory)] = bytes;
    return cudaSuccess;
  });
}

cudaError_t cudaHostUnregister(void* memory) {
  return deviceCall([&](Runtime& runtime, Device&) {
    for (int i = 0; i < runtime.deviceCount(); ++i) runtime.finishDevice(i);
    return runtime.pinned.erase(reinterpret_cast<uintptr_t>(memory)) == 0 ? cudaErrorInvalidValue : cudaSuccess;
  });
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* pointer) {
  return runtimeCall([&](Runtime& runtime) {
    if (!attributes) return cudaErrorInvalidValue;
    void* address = const_cast<void*>(pointer);
    const Device* owner = ownerOf(runtime, pointer);
    if (owner) {
      *attributes = {cudaMemoryTypeDevice, owner->number, address, nullptr};
    } else if (runtime.isPinned(pointer, 1)) {
      *attributes = {cudaMemoryTypeHost, Runtime::currentDevice(), nullptr, address};
    } else {
      *attributes = {cudaMemoryTypeUnregistered, cudaCpuDeviceId, nullptr, nullptr};
    }
    return cudaSuccess;
  });
}
