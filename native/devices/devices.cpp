// Makes backends by the names of their devices. "cpu" is built in; the CUDA backend is a library of its own, loaded
// when it is asked for, so that a machine without CUDA runs all else.
#include <dlfcn.h>

#include <cstring>
#include <string>

#include "arguments.h"
#include "cpu_backend.h"

namespace lathe {

namespace {

// The library's one entry, cuda/host/plugin.h.
using Entry = Backend* (*)(const char* device, int64_t memoryLimit);
constexpr const char* kEntry = "latheCudaBackend";

bool isNamed(const std::string& device, const char* name) {
  const size_t size = std::strlen(name);
  return device.compare(0, size, name) == 0 && (device.size() == size || device[size] == ':');
}

// The folder of the library that this code is in, with a slash.
std::string ownFolder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&ownFolder), &info) == 0 || info.dli_fname == nullptr) return "";
  const std::string file = info.dli_fname;
  return file.substr(0, file.rfind('/') + 1);
}

Backend* createCudaBackend(const std::string& device, const char* file, const char* library, int64_t deviceMemory) {
  const std::string path = library != nullptr ? library : ownFolder() + file;
  // Never unloaded: its kernels and the driver's threads may be in use until the process ends.
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) reject("createBackend", "device '" + device + "' is not to be had: " + dlerror());
  const Entry entry = reinterpret_cast<Entry>(dlsym(handle, kEntry));
  if (entry == nullptr)
    reject("createBackend", "device '" + device + "' is not to be had: " + path + " has no " + kEntry);
  return entry(device.c_str(), deviceMemory);
}

}  // namespace

Backend* createBackend(const char* device, const char* kernels, int threads, int64_t deviceMemory,
                       const char* library) {
  const std::string name = device == nullptr ? "" : device;
  if (threads < 0 || threads > 4096) reject("createBackend", std::to_string(threads) + " threads, expected 0 to 4096");
  requireCount("createBackend", deviceMemory, "bytes of device memory");
  if (name == "cpu") {
    if (deviceMemory != 0) reject("createBackend", "device 'cpu' has no memory of its own to be limited");
    return new CpuBackend(selectKernels(kernels), threads == 0 ? availableProcessors() : threads);
  }
  const bool emulated = isNamed(name, "cuda-emulated");
  if (!emulated && !isNamed(name, "cuda"))
    reject("createBackend", "device '" + name + "' is unknown; known: cpu, cuda, cuda:N, cuda-emulated");
  if (kernels != nullptr && std::strcmp(kernels, "auto") != 0)
    reject("createBackend", "device '" + name + "' has no kernel variants, such as '" + kernels + "'");
  return createCudaBackend(name, emulated ? "liblathe_cuda_emulated.so" : "liblathe_cuda.so", library, deviceMemory);
}

}  // namespace lathe
