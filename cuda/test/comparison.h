// The emulated device beside the CPU: what every operation of Backend is compared by.
//
// An operation is given as a function from a backend to its results. checkSameAsCpu asks for the CPU's bits,
// checkNearCpu for values within a bound; either runs the device under many schedules, which have to agree to the bit.
#ifndef LATHE_CUDA_TEST_COMPARISON_H
#define LATHE_CUDA_TEST_COMPARISON_H

#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backends.h"
#include "check.h"
#include "plugin.h"
#include "references.h"
#include "schedules.h"

namespace lathe {
namespace test {

inline Backend& cpuBackend() {
  static const std::unique_ptr<Backend> backend(createBackend("cpu", "auto", 1));
  return *backend;
}

inline Backend& cudaBackend() {
  static const std::unique_ptr<Backend> backend(latheCudaBackend("cuda-emulated", 0));
  return *backend;
}

// Values in the memory of a backend. What is not given is filled with a pattern, so that reading before writing shows.
template <class T>
class Held {
 public:
  Held(Backend& backend, int64_t count) : Held(backend, std::vector<T>(static_cast<size_t>(count), pattern())) {}
  Held(Backend& backend, const std::vector<T>& values)
      : backend_(backend), count_(values.size()), data_(static_cast<T*>(backend.acquire(bytes()))) {
    backend.upload(data_, values.data(), bytes());
  }
  ~Held() {
    try {
      backend_.release(data_);
    } catch (const std::exception&) {
      // A kernel has failed, which stays with the device: the next operation says so, if none did before.
    }
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  T* data() { return data_; }
  std::vector<T> values() const {
    std::vector<T> result(count_);
    backend_.download(result.data(), data_, bytes());
    return result;
  }

 private:
  static T pattern() {
    T value;
    std::memset(&value, 0xAB, sizeof value);
    return value;
  }
  int64_t bytes() const { return static_cast<int64_t>(count_ * sizeof(T)); }

  Backend& backend_;
  size_t count_;
  T* data_;
};

// Fails where the bits differ. Any NaN is equal to any other: which of two operands' payload a sum keeps is left open.
template <class T>
void checkSameBits(const std::vector<T>& found, const std::vector<T>& expected, const std::string& where) {
  CHECK_EQUAL(found.size(), expected.size(), where);
  for (size_t i = 0; i < found.size(); i++) {
    const bool notNumbers = found[i] != found[i] && expected[i] != expected[i];
    CHECK(notNumbers || std::memcmp(&found[i], &expected[i], sizeof(T)) == 0, where, ": value ", i, " is ", +found[i],
          ", expected ", +expected[i]);
  }
}

template <class T>
using Operation = std::function<std::vector<T>(Backend&)>;

// What the operation gives on the device, whatever the schedule.
template <class T>
std::vector<T> onDevice(const Operation<T>& operation, const std::string& where, int schedules = kSchedules) {
  std::vector<std::vector<T>> found;
  underSchedules(schedules, [&] {
    found.push_back(operation(cudaBackend()));
    checkSameBits(found.back(), found.front(), where + ", another schedule");
    found.resize(1);
  });
  return found.front();
}

template <class T>
void checkSameAsCpu(const Operation<T>& operation, const std::string& where, int schedules = kSchedules) {
  checkSameBits(onDevice(operation, where, schedules), operation(cpuBackend()), where);
}

// Where sums are formed in another order: CPU and device are each within the bound of the exact value, so within twice
// the bound of each other.
template <class T>
void checkNearCpu(const Operation<T>& operation, const Reference& exact, const std::string& where,
                  int schedules = kSchedules) {
  const std::vector<T> cpu = operation(cpuBackend()), device = onDevice(operation, where, schedules);
  checkReference(cpu, exact, where + " on the CPU");
  checkReference(device, exact, where + " on the device");
  for (size_t i = 0; i < cpu.size(); i++)
    CHECK_NEAR(device[i], cpu[i], 2 * exact.bound[i], where, ", device and CPU at ", i);
}

inline std::vector<uint8_t> randomBytes(int64_t count, uint64_t seed) {
  Random random(seed);
  std::vector<uint8_t> bytes(static_cast<size_t>(count));
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.bits(8));
  return bytes;
}

// The other dimension, where one of a matrix has one of kSizes: small beside the largest, so that all schedules are
// affordable.
inline int64_t beside(int64_t size) { return size > 200 ? 3 : 13; }

inline bool isCodebook(const TypeInfo& type) {
  const std::string name = type.name;
  return name.rfind("IQ", 0) == 0 && name.rfind("IQ4", 0) != 0;
}

// Schedules of decoding so many blocks.
inline int decodingSchedules(const TypeInfo& type, int64_t blocks) {
  return affordableSchedules(2e-3 * static_cast<double>(blocks * type.blockSize));
}

// A block of the type takes the emulation about so many milliseconds to round, and to compress with error feedback.
// What searches a codebook is dear.
inline double roundingTime(const TypeInfo& type) { return type.blockSize < 256 ? 0.5 : isCodebook(type) ? 50 : 2; }
inline double feedbackTime(const TypeInfo& type) { return isCodebook(type) ? 100 : 0.05 * type.blockSize; }
inline double emptyRowTime(const TypeInfo& type) { return isCodebook(type) ? 15 : 0.02 * type.blockSize; }

}  // namespace test
}  // namespace lathe

#endif
