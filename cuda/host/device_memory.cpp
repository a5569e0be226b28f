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

DeviceMemory::DeviceMemory(const Operation& operation, int64_t limit, cudaStream_t acquisitions, cudaStream_t uploads,
                           cudaStream_t compute)
    : limit_(limit), acquisitions_(acquisitions), uploads_(uploads), compute_(compute) {
  CHECKED(operation, cudaEventCreateWithFlags(&order_, cudaEventDisableTiming));
  size_t free = 0, total = 0;
  CHECKED(operation, cudaMemGetInfo(&free, &total));
  const int64_t available = static_cast<int64_t>(free);
  if (limit_ == 0) limit_ = available - std::min(kReserve, available / kReserveShare);
}

DeviceMemory::~DeviceMemory() {
  for (auto& [address, allocation] : allocations_) {
    cudaFreeAsync(reinterpret_cast<void*>(address), compute_);
    for (const cudaEvent_t event : {allocation.acquired, allocation.upload})
      if (event != nullptr) cudaEventDestroy(event);
  }
  if (order_ != nullptr) cudaEventDestroy(order_);
}

void* DeviceMemory::acquire(const Operation& operation, int64_t bytes) {
  requireCount(operation.name(), bytes, "bytes");
  const auto noRoom = [&](const char* where) {
    return OutOfDeviceMemory(operation.text() + ": no room for " + std::to_string(bytes) + " bytes" + where + "; " +
                             std::to_string(held_) + " of " + std::to_string(limit_) + " are in use");
  };
  if (bytes > room() || roundUp(bytes) > room()) throw noRoom("");
  void* memory = nullptr;
  const int64_t size = roundUp(bytes);
  const cudaError_t status = cudaMallocAsync(&memory, static_cast<size_t>(size), acquisitions_);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // would be reported again
    throw noRoom(" on the device, whose budget has it");
  }
  operation.check(status, "cudaMallocAsync");
  Allocation& allocation = allocations_[reinterpret_cast<uintptr_t>(memory)];
  allocation.bytes = size;
  CHECKED(operation, cudaEventCreateWithFlags(&allocation.acquired, cudaEventDisableTiming));
  CHECKED(operation, cudaEventRecord(allocation.acquired, acquisitions_));
  CHECKED(operation, cudaStreamWaitEvent(compute_, allocation.acquired, 0));
  held_ += size;
  return memory;
}

void DeviceMemory::release(const Operation& operation, void* memory) {
  if (memory == nullptr) return;
  const auto at = allocations_.find(reinterpret_cast<uintptr_t>(memory));
  if (at == allocations_.end()) reject(operation.name(), "memory that is not held on " + operation.device());
  awaitUpload(operation, at->second);
  if (at->second.acquired != nullptr) CHECKED(operation, cudaEventDestroy(at->second.acquired));
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
  await(operation, compute_, allocation.upload);
}

void DeviceMemory::await(const Operation& operation, cudaStream_t stream, cudaEvent_t& event) {
  if (event == nullptr) return;
  CHECKED(operation, cudaStreamWaitEvent(stream, event, 0));
  CHECKED(operation, cudaEventDestroy(event));
  event = nullptr;
}

void DeviceMemory::beginUpload(const Operation& operation, void* memory, int64_t bytes) {
  Allocation& allocation = find(operation, "destination", memory, bytes);
  await(operation, uploads_, allocation.acquired);
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
