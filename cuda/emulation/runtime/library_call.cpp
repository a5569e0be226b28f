#include "library_call.h"

#include <cstdlib>
#include <limits>

#include "cblas.h"

namespace lathe {
namespace emulation {
namespace {

constexpr int64_t mostSize = std::numeric_limits<int>::max();  // OpenBLAS counts in int

std::map<const void*, std::unique_ptr<LibraryHandle>>& handles() {
  static auto& open = *new std::map<const void*, std::unique_ptr<LibraryHandle>>;
  return open;
}

}  // namespace

LibraryHandle* createHandle(LibraryHandle::Kind kind) {
  static const bool single = (openblas_set_num_threads(1), true);  // a pool of its own would take every processor
  static_cast<void>(single);
  LibraryHandle* handle = nullptr;
  deviceCall([&](Runtime&, Device& device) {
    auto made = std::make_unique<LibraryHandle>(LibraryHandle{kind, device.number});
    handle = made.get();
    handles()[handle] = std::move(made);
    return cudaSuccess;
  });
  return handle;
}

bool isHandle(const void* handle, LibraryHandle::Kind kind) {
  const std::lock_guard<std::recursive_mutex> lock(Runtime::instance().mutex);
  const auto found = handles().find(handle);
  return found != handles().end() && found->second->kind == kind;
}

void destroyHandle(LibraryHandle* handle) {
  runtimeCall([&](Runtime& runtime) {
    if (CUstream_st* stream = runtime.stream(handle->stream)) runtime.finish(*stream);
    handles().erase(handle);
    return cudaSuccess;
  });
}

LibraryCall::LibraryCall(const char* function, const void* handle, LibraryHandle::Kind kind) : function_(function) {
  static const LibraryHandle none{LibraryHandle::Kind::blas, 0};
  handle_ = &none;
  if (!isHandle(handle, kind)) {
    refuse(Outcome::notInitialized, "the handle is not open");
    return;
  }
  handle_ = static_cast<const LibraryHandle*>(handle);
  Runtime& runtime = Runtime::instance();
  const std::lock_guard<std::recursive_mutex> lock(runtime.mutex);
  if (runtime.failsNow(function)) refuse(Outcome::failed, "is to fail");
  require(handle_->device == Runtime::currentDevice(), "handle", "one of the current device");
}

void LibraryCall::refuse(Outcome outcome, const std::string& what) {
  if (!valid()) return;
  outcome_ = outcome;
  Runtime& runtime = Runtime::instance();
  const std::lock_guard<std::recursive_mutex> lock(runtime.mutex);
  runtime.report = function_ + ": " + what;
}

void LibraryCall::require(bool condition, const char* argument, const char* expected) {
  if (!condition) refuse(Outcome::invalid, std::string(argument) + " is not valid; expected " + expected);
}

void LibraryCall::size(const char* name, int64_t value) {
  if (value < 0) {
    refuse(Outcome::invalid, std::string(name) + " is " + std::to_string(value) + "; expected at least 0");
  }
  if (value > mostSize) refuse(Outcome::invalid, std::string(name) + " is more than the emulation takes");
}

void LibraryCall::matrix(const Matrix& m) {
  if (m.leading < std::max<int64_t>(1, m.rows)) {
    refuse(Outcome::invalid, std::string("the leading dimension of ") + m.name + " is " + std::to_string(m.leading) +
                                 "; expected at least its " + std::to_string(m.rows) + " rows");
  }
  if (m.count > 1 && m.written && m.stride < m.leading * (m.cols - 1) + m.rows) {
    refuse(Outcome::invalid, std::string("the stride of ") + m.name + " is " + std::to_string(m.stride) +
                                 ", so matrices that are written overlap");
  }
  if (m.leading > mostSize) {
    refuse(Outcome::invalid, std::string("the leading dimension of ") + m.name + " is more than the emulation takes");
  }
  if (m.stride < 0) refuse(Outcome::invalid, std::string("the stride of ") + m.name + " is negative");
  if (!valid() || m.rows <= 0 || m.cols <= 0 || m.count <= 0) return;
  const int64_t elements = (m.count - 1) * m.stride + (m.cols - 1) * m.leading + m.rows;
  spans_.push_back(
      {m.name, reinterpret_cast<uintptr_t>(m.memory), static_cast<size_t>(elements) * m.elementBytes, m.written});
}

void LibraryCall::vector(const char* name, const void* memory, int64_t count, int64_t increment, size_t elementBytes,
                         bool written) {
  require(increment != 0 && std::abs(increment) <= mostSize, name, "an increment other than 0");
  require(count <= mostSize || elementBytes == 1, name, "fewer elements");
  if (!valid() || count <= 0) return;
  const int64_t elements = (count - 1) * std::abs(increment) + 1;
  spans_.push_back({name, reinterpret_cast<uintptr_t>(memory), static_cast<size_t>(elements) * elementBytes, written});
}

bool LibraryCall::isDeviceAddress(const void* pointer) {
  Runtime& runtime = Runtime::instance();
  const std::lock_guard<std::recursive_mutex> lock(runtime.mutex);
  for (int i = 0; i < runtime.deviceCount(); ++i) {
    if (runtime.device(i).memory.contains(pointer, 1)) return true;
  }
  return false;
}

// What is wrong with the memory of the operands; empty if nothing is.
std::string LibraryCall::wrongSpan(const DeviceMemory& memory, const std::vector<Span>& spans, bool inPlace) {
  for (const Span& span : spans) {
    const void* begin = reinterpret_cast<const void*>(span.begin);
    if (!memory.contains(begin, span.bytes)) {
      const std::string place = memory.describe(begin);
      return std::string(span.name) + " spans " + std::to_string(span.bytes) +
             " bytes that are not all in one live allocation of the device; it begins " +
             (place.empty() ? "in none" : place);
    }
    if (reinterpret_cast<uintptr_t>(begin) % std::min<size_t>(span.bytes, 4) != 0 && span.bytes >= 4) {
      return std::string(span.name) + " is misaligned";
    }
    for (const Span& other : spans) {
      const bool overlap = other.begin < span.begin + span.bytes && span.begin < other.begin + other.bytes;
      const bool same = inPlace && other.begin == span.begin;
      if (&other != &span && span.written && overlap && !same) {
        return std::string(span.name) + ", which is written, overlaps " + other.name;
      }
    }
  }
  return "";
}

Outcome LibraryCall::run(bool nothing, std::function<void()> work, bool wait) {
  if (!valid() || nothing) return outcome_;
  const cudaError_t error = deviceCall([&](Runtime& runtime, Device& device) {
    CUstream_st* stream = runtime.stream(handle_->stream);
    if (!stream) return cudaErrorInvalidResourceHandle;
    if (stream->device != device.number) return cudaErrorInvalidResourceHandle;
    const auto checked = [function = function_, spans = spans_, inPlace = inPlace_, &memory = device.memory,
                          body = std::move(work)]() -> Failure {
      const std::string wrong = wrongSpan(memory, spans, inPlace);
      if (!wrong.empty()) return {cudaErrorIllegalAddress, function + ": " + wrong};
      body();
      return {};
    };
    const cudaError_t failed = runtime.submit(*stream, checked, function_);
    return failed == cudaSuccess && wait ? runtime.finish(*stream) : failed;
  });
  if (error == cudaErrorMemoryAllocation) return Outcome::outOfMemory;
  if (error == cudaErrorInvalidResourceHandle) refuse(Outcome::invalid, "the handle's stream is not one of its device");
  return valid() && error != cudaSuccess ? Outcome::failed : outcome_;
}

}  // namespace emulation
}  // namespace lathe
