// The state behind the CUDA runtime's functions: devices, streams, events.
//
// One lock holds all of it, also while work runs: calls from several host threads take turns.
#ifndef LATHE_EMULATION_RUNTIME_H
#define LATHE_EMULATION_RUNTIME_H

#include <chrono>
#include <deque>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cuda_runtime_api.h"
#include "device_memory.h"
#include "grid.h"

// What an event stands for: how often it was recorded, and how often that was reached.
struct CUevent_st {
  int device;
  bool timed;
  uint64_t recorded = 0;
  uint64_t reached = 0;
  std::chrono::steady_clock::time_point time{};
};

namespace lathe {
namespace emulation {

using Event = std::shared_ptr<CUevent_st>;

// One piece of work of a stream. It begins when `event` has been reached `ticket` times.
struct Work {
  std::function<Failure()> run;
  Event event;
  uint64_t ticket;
  bool always;            // also on a device that has failed: events are reached all the same
  uint64_t recorded = 0;  // its number in the record; 0: it is not in it
};

struct Device {
  Device(int number, size_t limit) : number(number), memory(number, limit) {}
  int number;
  DeviceMemory memory;
  Failure failure;  // stays until reset
};

}  // namespace emulation
}  // namespace lathe

struct CUstream_st {
  int device;
  bool blocking;  // takes turns with the default stream
  int number;
  std::deque<lathe::emulation::Work> queue;
};

namespace lathe {
namespace emulation {

class Runtime {
 public:
  static Runtime& instance();

  std::recursive_mutex mutex;

  // All of these need the mutex.
  Device& device(int number) { return *devices_[static_cast<size_t>(number)]; }
  Device& current() { return device(currentDevice()); }
  int deviceCount() const { return static_cast<int>(devices_.size()); }
  static int& currentDevice();
  void restart();  // with the numbers of settings()
  void resetDevice(int number);

  // Null means the current device's default stream; null is returned for a stream that is not there.
  CUstream_st* stream(cudaStream_t stream);
  cudaStream_t createStream(bool blocking);
  void destroyStream(cudaStream_t stream);
  Event event(cudaEvent_t event) const;
  cudaEvent_t createEvent(bool timed);
  void destroyEvent(cudaEvent_t event) { events_.erase(event); }

  // Hands work to the stream. It runs at once, or when something waits for it.
  // `what` is for the record; without it the work is not in it.
  cudaError_t submit(CUstream_st& stream, std::function<Failure()> work, const std::string& what = "",
                     bool always = false);
  cudaError_t record(CUstream_st& stream, const Event& event);
  cudaError_t wait(CUstream_st& stream, const Event& event);
  // Runs what is needed to empty the stream, to empty all streams of the device, to reach the event.
  cudaError_t finish(CUstream_st& stream);
  cudaError_t finishDevice(int number);
  cudaError_t finish(const Event& event);
  // Whether this is the call that is to fail.
  bool failsNow(const std::string& function);
  // Begins a record with the numbers of settings().
  void openRecord();
  // One piece of work of any stream, where there is one: time passes between two questions.
  void advance();

  // Pinned memory, by address.
  std::map<uintptr_t, size_t> pinned;
  bool isPinned(const void* pointer, size_t bytes) const;

  // Remembers the failure with the device and for lastReport.
  void keep(Device& device, const Failure& failure);
  std::string report;

 private:
  Runtime();
  cudaError_t enqueue(CUstream_st& stream, Work work);
  void runUntil(const std::function<bool()>& reached, CUstream_st* preferred);
  void runFirst(CUstream_st& stream);
  static bool runnable(const CUstream_st& stream);

  std::vector<std::unique_ptr<Device>> devices_;
  std::vector<std::unique_ptr<CUstream_st>> defaults_;  // the default stream of each device
  std::map<cudaStream_t, std::unique_ptr<CUstream_st>> streams_;
  std::map<cudaEvent_t, Event> events_;
  Random random_{0};
  int streamsMade_ = 0;
  std::ofstream record_;
  uint64_t recorded_ = 0;
};

}  // namespace emulation
}  // namespace lathe

#endif
