// What the tests of compression share: the emulated backend beside the CPU's, and values in a backend's memory.
#ifndef LATHE_CUDA_TEST_COMPRESSION_FIXTURE_H
#define LATHE_CUDA_TEST_COMPRESSION_FIXTURE_H

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backends.h"
#include "check.h"
#include "cuda_backend.h"
#include "emulation.h"

namespace lathe {
namespace test {

inline Backend& cpuBackend() {
  static const std::unique_ptr<Backend> backend(createBackend("cpu", "auto", 1));
  return *backend;
}

inline Backend& cudaBackend() {
  static const std::unique_ptr<Backend> backend(new cuda::CudaBackend("cuda-emulated", 0, 0));
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
  ~Held() { backend_.release(data_); }
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

// Runs the action under so many schedules of the emulation.
inline void underSchedules(int count, const std::function<void()>& action) {
  for (int seed = 1; seed <= count; seed++) {
    emulation::setSeed(static_cast<uint64_t>(seed));
    action();
  }
}

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

// Rows of random weights encoded in a type by the CPU, and any bytes.
inline std::vector<uint8_t> randomBytes(int64_t count, uint64_t seed) {
  Random random(seed);
  std::vector<uint8_t> bytes(static_cast<size_t>(count));
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.bits(8));
  return bytes;
}

}  // namespace test
}  // namespace lathe

#endif
