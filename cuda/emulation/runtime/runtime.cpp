#include "runtime.h"

#include <stdexcept>
#include <utility>

namespace lathe {
namespace emulation {

Runtime& Runtime::instance() {
  static Runtime& runtime = *new Runtime;  // outlives what other static objects may still ask of it
  return runtime;
}

Runtime::Runtime() {
  restart();
  openRecord();
}

int& Runtime::currentDevice() {
  thread_local int device = 0;
  return device;
}

void Runtime::restart() {
  const Settings& s = settings();
  streams_.clear();
  defaults_.clear();
  devices_.clear();
  report.clear();
  random_ = Random(s.seed);
  for (int i = 0; i < s.devices; ++i) {
    devices_.push_back(std::make_unique<Device>(i, s.memory));
    defaults_.push_back(std::make_unique<CUstream_st>(CUstream_st{i, true, 0, {}}));
  }
  if (currentDevice() >= s.devices) currentDevice() = 0;
}

void Runtime::resetDevice(int number) {
  for (auto i = streams_.begin(); i != streams_.end();) i = i->second->device == number ? streams_.erase(i) : ++i;
  const size_t index = static_cast<size_t>(number);
  defaults_[index]->queue.clear();
  devices_[index].reset();
  devices_[index] = std::make_unique<Device>(number, settings().memory);
  report.clear();
}

CUstream_st* Runtime::stream(cudaStream_t stream) {
  if (!stream) return defaults_[static_cast<size_t>(currentDevice())].get();
  const auto found = streams_.find(stream);
  return found == streams_.end() ? nullptr : found->second.get();
}

cudaStream_t Runtime::createStream(bool blocking) {
  auto stream = std::make_unique<CUstream_st>(CUstream_st{currentDevice(), blocking, ++streamsMade_, {}});
  const cudaStream_t handle = stream.get();
  streams_[handle] = std::move(stream);
  return handle;
}

void Runtime::destroyStream(cudaStream_t stream) {
  finish(*streams_.at(stream));
  streams_.erase(stream);
}

Event Runtime::event(cudaEvent_t event) const {
  const auto found = events_.find(event);
  return found == events_.end() ? nullptr : found->second;
}

cudaEvent_t Runtime::createEvent(bool timed) {
  auto event = std::make_shared<CUevent_st>(CUevent_st{currentDevice(), timed});
  const cudaEvent_t handle = event.get();
  events_[handle] = std::move(event);
  return handle;
}

// --- Order -----------------------------------------------------------------------------------------------------------

cudaError_t Runtime::enqueue(CUstream_st& stream, Work work) {
  // The default stream and the blocking ones of its device take turns.
  CUstream_st& standard = *defaults_[static_cast<size_t>(stream.device)];
  if (&stream == &standard) {
    for (auto& other : streams_) {
      if (other.second->device == stream.device && other.second->blocking) finish(*other.second);
    }
  } else if (stream.blocking) {
    finish(standard);
  }
  stream.queue.push_back(std::move(work));
  if (!settings().deferred) return finish(stream);
  // Devices work on their own: some of the time, some of what was handed in is done already.
  for (int i = static_cast<int>(random_.below(4)); i > 2 && runnable(stream); --i) runFirst(stream);
  return device(stream.device).failure.error;
}

cudaError_t Runtime::submit(CUstream_st& stream, std::function<Failure()> work, const std::string& what, bool always) {
  Work item = {std::move(work), nullptr, 0, always};
  if (!what.empty() && record_.is_open()) {
    item.recorded = ++recorded_;
    record_ << "handed over " << item.recorded << " to stream " << stream.number << " of device " << stream.device
            << ": " << what << std::endl;
  }
  return enqueue(stream, std::move(item));
}

bool Runtime::failsNow(const std::string& function) {
  Settings& s = settings();
  return !s.failing.empty() && function == s.failing && s.callsUntilFailure > 0 && --s.callsUntilFailure == 0;
}

void Runtime::openRecord() {
  record_.close();
  if (!settings().record.empty()) record_.open(settings().record, std::ios::trunc);
}

cudaError_t Runtime::record(CUstream_st& stream, const Event& event) {
  const uint64_t ticket = ++event->recorded;
  const auto work = [event, ticket] {
    if (ticket > event->reached) event->reached = ticket;
    event->time = std::chrono::steady_clock::now();
    return Failure();
  };
  return submit(stream, work, "", true);
}

cudaError_t Runtime::wait(CUstream_st& stream, const Event& event) {
  return enqueue(stream, {[] { return Failure(); }, event, event->recorded, false});
}

bool Runtime::runnable(const CUstream_st& stream) {
  if (stream.queue.empty()) return false;
  const Work& work = stream.queue.front();
  return !work.event || work.event->reached >= work.ticket;
}

void Runtime::runFirst(CUstream_st& stream) {
  const Work work = std::move(stream.queue.front());
  stream.queue.pop_front();
  Device& owner = device(stream.device);
  if (owner.failure.error != cudaSuccess && !work.always) return;
  const Failure failure = work.run();
  if (failure.error != cudaSuccess) keep(owner, failure);
  if (work.recorded != 0) record_ << "done " << work.recorded << std::endl;
}

// Runs work of all streams in a random order, that of the preferred one half of the time.
void Runtime::runUntil(const std::function<bool()>& reached, CUstream_st* preferred) {
  std::vector<CUstream_st*> ready;
  while (!reached()) {
    ready.clear();
    for (auto& stream : defaults_) {
      if (runnable(*stream)) ready.push_back(stream.get());
    }
    for (auto& stream : streams_) {
      if (runnable(*stream.second)) ready.push_back(stream.second.get());
    }
    // A wait is always behind the record that it waits for, so something can go on.
    if (ready.empty()) throw std::logic_error("emulation: streams wait for each other");
    const bool first = preferred && runnable(*preferred) && random_.below(2) == 0;
    runFirst(first ? *preferred : *ready[random_.below(static_cast<uint32_t>(ready.size()))]);
  }
}

cudaError_t Runtime::finish(CUstream_st& stream) {
  runUntil([&stream] { return stream.queue.empty(); }, &stream);
  return device(stream.device).failure.error;
}

cudaError_t Runtime::finishDevice(int number) {
  finish(*defaults_[static_cast<size_t>(number)]);
  for (auto& stream : streams_) {
    if (stream.second->device == number) finish(*stream.second);
  }
  return device(number).failure.error;
}

cudaError_t Runtime::finish(const Event& event) {
  const uint64_t ticket = event->recorded;
  runUntil([&] { return event->reached >= ticket; }, nullptr);
  return device(event->device).failure.error;
}

void Runtime::advance() {
  bool advanced = false;
  bool waiting = false;
  for (auto& stream : streams_) waiting = waiting || !stream.second->queue.empty();
  for (auto& stream : defaults_) waiting = waiting || !stream->queue.empty();
  if (waiting) runUntil([&advanced] { return std::exchange(advanced, true); }, nullptr);
}

bool Runtime::isPinned(const void* pointer, size_t bytes) const {
  const uintptr_t address = reinterpret_cast<uintptr_t>(pointer);
  auto next = pinned.upper_bound(address);
  if (next == pinned.begin()) return false;
  --next;
  const size_t offset = address - next->first;
  return offset <= next->second && bytes <= next->second - offset;
}

void Runtime::keep(Device& device, const Failure& failure) {
  if (device.failure.error == cudaSuccess) device.failure = failure;
  report = failure.report;
}

// --- Controls --------------------------------------------------------------------------------------------------------

uint64_t launchCount();
Statistics countedByBlocks();

void setDeferred(bool deferred) {
  Runtime& runtime = Runtime::instance();
  const std::lock_guard<std::recursive_mutex> lock(runtime.mutex);
  for (int i = 0; i < runtime.deviceCount(); ++i) runtime.finishDevice(i);
  settings().deferred = deferred;
}

void setDevices(int devices) {
  Runtime& runtime = Runtime::instance();
  const std::lock_guard<std::recursive_mutex> lock(runtime.mutex);
  settings().devices = devices < 0 ? 0 : devices > mostDevices ? mostDevices : devices;
  runtime.restart();
}

void setMemory(size_t bytes) {
  Runtime& runtime = Runtime::instance();
  const std::lock_guard<std::recursive_mutex> lock(runtime.mutex);
  settings().memory = bytes;
  runtime.restart();
}

void setFailing(const std::string& call) {
  Runtime& runtime = Runtime::instance();
  const std::lock_guard<std::recursive_mutex> lock(runtime.mutex);
  readFailing(settings(), call);
}

void setRecord(const std::string& file) {
  Runtime& runtime = Runtime::instance();
  const std::lock_guard<std::recursive_mutex> lock(runtime.mutex);
  settings().record = file;
  runtime.openRecord();
}

std::string lastReport() {
  Runtime& runtime = Runtime::instance();
  const std::lock_guard<std::recursive_mutex> lock(runtime.mutex);
  return runtime.report;
}

Statistics statistics() {
  Statistics counted = countedByBlocks();
  counted.launches = launchCount();
  return counted;
}

}  // namespace emulation
}  // namespace lathe
