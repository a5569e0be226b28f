// Memory of one device within a budget.
//
// It comes from the device's pool in stream order: memory is acquired on a stream of its own and given back on the
// stream that computes. Memory that earlier work gives back when it is done makes later acquisitions wait for it, but
// not uploads into memory that was acquired before: weights can be sent while earlier work still computes.
#ifndef LATHE_CUDA_DEVICE_MEMORY_H
#define LATHE_CUDA_DEVICE_MEMORY_H

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

#include "status.h"

namespace lathe {
namespace cuda {

class DeviceMemory {
 public:
  // limit: bytes that may be held at once; 0 takes what is free, less a reserve for what the libraries allocate.
  DeviceMemory(const Operation& operation, int64_t limit, cudaStream_t acquisitions, cudaStream_t uploads,
               cudaStream_t compute);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  // Throws OutOfDeviceMemory where the budget or the device has no room.
  void* acquire(const Operation& operation, int64_t bytes);
  void release(const Operation& operation, void* memory);

  int64_t limit() const { return limit_; }
  int64_t held() const { return held_; }
  int64_t room() const { return limit_ - held_; }

  // Rejects what does not lie in memory that is held: "x (64 bytes) is not in the memory of cuda:0". Work that is
  // queued after this waits for uploads into it. No bytes are no access, wherever the pointer points.
  void require(const Operation& operation, const char* name, const void* memory, int64_t bytes);

  // The same for the destination of an upload: makes the stream of uploads wait for earlier work where that may use
  // the memory.
  void beginUpload(const Operation& operation, void* memory, int64_t bytes);
  void endUpload(const Operation& operation, void* memory);

 private:
  struct Allocation {
    int64_t bytes;
    bool used = false;               // work that may read or write it has been queued
    cudaEvent_t acquired = nullptr;  // until the stream of uploads has been made to wait for it
    cudaEvent_t upload = nullptr;    // an upload that the computing stream has not been made to wait for
  };
  using Allocations = std::map<uintptr_t, Allocation>;

  Allocation& find(const Operation& operation, const char* name, const void* memory, int64_t bytes);
  void awaitUpload(const Operation& operation, Allocation& allocation);
  // Makes the stream wait for the event, which ends.
  void await(const Operation& operation, cudaStream_t stream, cudaEvent_t& event);

  int64_t limit_;
  int64_t held_ = 0;
  cudaStream_t acquisitions_;
  cudaStream_t uploads_;
  cudaStream_t compute_;
  cudaEvent_t order_ = nullptr;  // for one stream to wait for the other
  Allocations allocations_;
};

// Values of one operation, given back when it goes out of scope.
template <class T>
class Scratch {
 public:
  Scratch(DeviceMemory& memory, const Operation& operation, int64_t count)
      : memory_(memory),
        operation_(operation),
        values_(static_cast<T*>(memory.acquire(operation, count * static_cast<int64_t>(sizeof(T))))) {}
  ~Scratch() {
    try {
      memory_.release(operation_, values_);
    } catch (const std::exception&) {
      // The device is broken; the operation that finds it next says so.
    }
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  T* data() { return values_; }

 private:
  DeviceMemory& memory_;
  const Operation& operation_;
  T* values_;
};

// Scratch for as many of `whole` items as there is room for, valuesEach for each. Where the device has less memory than
// its budget says, half of that is tried, and then it is an error.
template <class T>
class BatchScratch {
 public:
  BatchScratch(DeviceMemory& memory, const Operation& operation, int64_t whole, int64_t valuesEach) {
    const int64_t bytesEach = valuesEach * static_cast<int64_t>(sizeof(T));
    const int64_t bytes = std::min(kGreatestBatchBytes, memory.room() - kBatchReserve);
    size_ = std::clamp<int64_t>(bytes / bytesEach, 1, whole);
    try {
      scratch_.emplace(memory, operation, size_ * valuesEach);
    } catch (const OutOfDeviceMemory&) {
      if (size_ == 1) throw;
      size_ /= 2;
      scratch_.emplace(memory, operation, size_ * valuesEach);
    }
  }

  int64_t size() const { return size_; }
  T* data() { return scratch_->data(); }

 private:
  static constexpr int64_t kGreatestBatchBytes = int64_t(512) << 20;  // more makes no product faster
  static constexpr int64_t kBatchReserve = int64_t(1) << 12;          // what allocations are rounded up by
  int64_t size_;
  std::optional<Scratch<T>> scratch_;
};

}  // namespace cuda
}  // namespace lathe

#endif
