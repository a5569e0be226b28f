#include "device_memory.h"

#include <algorithm>
#include <cstdint>

#include "arguments.h"

namespace lathe {
namespace cuda {

namespace {

constexpr int64_t kGranule = 512;               // what an allocation is rounded up to, at least
constexpr int64_t kReserve = int64_t(1) << 29;  // for the libraries' own allocations and kernels' code
constexpr int64_t kReserveShare = 20;           // at most a twentieth of a small device

int64_t roundUp(int64_t bytes) { return std::max(kGranule, (bytes + kGranule - 1) / kGranule * kGranule); }

}  // namespace

DeviceMemory::DeviceMemory(const Operation& operation, int64_t limit, cudaStream_t uploads, cudaStream_t compute)
    : limit_(limit), uploads_(uploads), compute_(compute) {
  CHECKED(operation, cudaEventCreateWithFlags(&order_, cudaEventDisableTiming));
  size_t free = 0, total = 0;
  CHECKED(operation, cudaMemGetInfo(&free, &total));
  const int64_t available = static_cast<int64_t>(free);
  if (limit_ == 0) limit_ = available - std::min(kReserve, available / kReserveShare);
}

DeviceMemory::~DeviceMemory() {
  for (auto& [address, allocation] : allocations_) {
    cudaFreeAsync(reinterpret_cast<void*>(address), compute_);
    if (allocation.upload != nullptr) cudaEventDestroy(allocation.upload);
  }
  if (order_ != nullptr) cudaEventDestroy(order_);
}

void* DeviceMemory::acquire(const Operation& operation, int64_t bytes) {
  requireCount(operation.name(), bytes, "bytes");
  if (bytes > room() || roundUp(bytes) > room())
    throw OutOfDeviceMemory(operation.text() + ": no room for " + std::to_string(bytes) + " bytes; " +
                            std::to_string(held_) + " of " + std::to_string(limit_) + " are in use");
  void* memory = nullptr;
  const int64_t size = roundUp(bytes);
  CHECKED(operation, cudaMallocAsync(&memory, static_cast<size_t>(size), uploads_));
  // What computes may use it from now on.
  CHECKED(operation, cudaEventRecord(order_, uploads_));
  CHECKED(operation, cudaStreamWaitEvent(compute_, order_, 0));
  Allocation allocation;
  allocation.bytes = size;
  allocations_[reinterpret_cast<uintptr_t>(memory)] = allocation;
  held_ += size;
  return memory;
}

void DeviceMemory::release(const Operation& operation, void* memory) {
  if (memory == nullptr) return;
  const auto at = allocations_.find(reinterpret_cast<uintptr_t>(memory));
  if (at == allocations_.end()) reject(operation.name(), "memory that is not held on " + operation.device());
  awaitUpload(operation, at->second);
  held_ -= at->second.bytes;
  allocations_.erase(at);
  CHECKED(operation, cudaFreeAsync(memory, compute_));
}

DeviceMemory::Allocation& DeviceMemory::find(const Operation& operation, const char* name, const void* memory,
                                             int64_t bytes) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(memory);
  auto at = allocations_.upper_bound(address);
  if (at != allocations_.begin()) {
    --at;
    const int64_t offset = static_cast<int64_t>(address - at->first);
    if (offset <= at->second.bytes && bytes <= at->second.bytes - offset) return at->second;
  }
  reject(operation.name(),
         std::string(name) + " (" + std::to_string(bytes) + " bytes) is not in the memory of " + operation.device());
}

void DeviceMemory::require(const Operation& operation, const char* name, const void* memory, int64_t bytes) {
  if (bytes == 0) return;
  Allocation& allocation = find(operation, name, memory, bytes);
  allocation.used = true;
  awaitUpload(operation, allocation);
}

void DeviceMemory::awaitUpload(const Operation& operation, Allocation& allocation) {
  if (allocation.upload == nullptr) return;
  CHECKED(operation, cudaStreamWaitEvent(compute_, allocation.upload, 0));
  CHECKED(operation, cudaEventDestroy(allocation.upload));
  allocation.upload = nullptr;
}

void DeviceMemory::beginUpload(const Operation& operation, void* memory, int64_t bytes) {
  const Allocation& allocation = find(operation, "destination", memory, bytes);
  if (!allocation.used) return;
  CHECKED(operation, cudaEventRecord(order_, compute_));
  CHECKED(operation, cudaStreamWaitEvent(uploads_, order_, 0));
}

void DeviceMemory::endUpload(const Operation& operation, void* memory) {
  Allocation& allocation = find(operation, "destination", memory, 0);
  if (allocation.upload == nullptr)
    CHECKED(operation, cudaEventCreateWithFlags(&allocation.upload, cudaEventDisableTiming));
  CHECKED(operation, cudaEventRecord(allocation.upload, uploads_));
}

}  // namespace cuda
}  // namespace lathe
