#include "cpu_backend.h"

#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>
#include <thread>

#include "blas.h"

namespace lathe {

namespace {

bool runs(const std::string& variant) {
  __builtin_cpu_init();
  if (variant == "avx2")
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (variant == "avx512")
    return runs("avx2") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return variant == "reference";
}

constexpr const char* kVariants[] = {"reference", "avx2", "avx512"};

}  // namespace

int availableProcessors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

const char* runnableKernels() {
  static const std::string names = [] {
    std::string list;
    for (const char* variant : kVariants)
      if (runs(variant)) list += (list.empty() ? "" : ",") + std::string(variant);
    return list;
  }();
  return names.c_str();
}

const KernelTable& selectKernels(const char* name) {
  const std::string asked = name == nullptr ? "auto" : name;
  const bool best = asked == "auto";
  if ((best || asked == "avx512") && runs("avx512")) return avx512Kernels();
  if ((best || asked == "avx2") && runs("avx2")) return avx2Kernels();
  if (best || asked == "reference") return referenceKernels();
  reject("createBackend", "kernel variant '" + asked + "' cannot run on this processor; it runs " + runnableKernels());
}

CpuBackend::CpuBackend(const KernelTable& kernels, int threads)
    : kernels_(kernels),
      variant_(std::string(kernels.name) + "+" + blas::initialize()),
      pool_(threads),
      scratch_(static_cast<size_t>(threads)) {}

float* CpuBackend::scratch(const char* operation, int worker, int64_t values) {
  HostMemory<float>& memory = scratch_[static_cast<size_t>(worker)];
  memory.require(operation, values);
  return memory.data();
}

void* CpuBackend::acquire(int64_t bytes) {
  if (bytes < 0) reject("acquire", std::to_string(bytes) + " bytes");
  const size_t size = (static_cast<size_t>(bytes) + 63) / 64 * 64;
  void* memory = std::aligned_alloc(64, std::max<size_t>(size, 64));
  if (memory == nullptr) throw std::runtime_error("acquire: no memory for " + std::to_string(bytes) + " bytes");
  return memory;
}

void CpuBackend::release(void* memory) { std::free(memory); }

void CpuBackend::upload(void* destination, const void* hostSource, int64_t bytes) {
  copy(destination, hostSource, bytes);
}

void CpuBackend::download(void* hostDestination, const void* source, int64_t bytes) {
  copy(hostDestination, source, bytes);
}

void CpuBackend::copy(void* destination, const void* source, int64_t bytes) {
  if (bytes < 0) reject("copy", std::to_string(bytes) + " bytes");
  if (bytes > 0) std::memmove(destination, source, static_cast<size_t>(bytes));
}

void CpuBackend::clear(void* destination, int64_t bytes) {
  if (bytes < 0) reject("clear", std::to_string(bytes) + " bytes");
  if (bytes > 0) std::memset(destination, 0, static_cast<size_t>(bytes));
}

}  // namespace lathe
