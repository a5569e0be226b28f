// What the emulation's own tests share.
#ifndef LATHE_CUDA_TEST_EMULATION_FIXTURE_H
#define LATHE_CUDA_TEST_EMULATION_FIXTURE_H

#include <stdexcept>
#include <string>
#include <vector>

#include "check.h"
#include "emulation.h"
#include "launch.h"

namespace lathe {
namespace test {

inline void mustSucceed(cudaError_t error) {
  if (error != cudaSuccess) {
    throw std::runtime_error(std::string(cudaGetErrorName(error)) + ": " + cudaGetErrorString(error));
  }
}

// n values in device memory.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(size_t n) : count_(n) { mustSucceed(cudaMalloc(&data_, n * sizeof(T))); }
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) { *this = values; }
  ~DeviceArray() { cudaFree(data_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  DeviceArray& operator=(const std::vector<T>& values) {
    mustSucceed(cudaMemcpy(data_, values.data(), count_ * sizeof(T), cudaMemcpyHostToDevice));
    return *this;
  }
  void fill(int byte) { mustSucceed(cudaMemset(data_, byte, count_ * sizeof(T))); }
  std::vector<T> host() const {
    std::vector<T> values(count_);
    mustSucceed(cudaMemcpy(values.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost));
    return values;
  }
  T* data() const { return data_; }

 private:
  size_t count_;
  T* data_ = nullptr;
};

// The report of a launch that must fail with this error; the device works again afterwards.
template <class... Parameters, class... Arguments>
std::string failure(cudaError_t expected, void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t sharedBytes,
                    Arguments... arguments) {
  cudaError_t found = cudaSuccess;
  try {
    cuda::launch(kernel, grid, block, sharedBytes, nullptr, arguments...);
    found = cudaDeviceSynchronize();
  } catch (const cuda::LaunchFailure& e) {
    found = e.error;
    CHECK(std::string(e.what()).find(lathe::emulation::lastReport()) != std::string::npos, e.what());
  }
  const std::string report = lathe::emulation::lastReport();
  CHECK_EQUAL(found, expected, report);
  // As on a real device, everything fails until it is reset.
  void* memory = nullptr;
  CHECK_EQUAL(cudaMalloc(&memory, 4), expected);
  mustSucceed(cudaDeviceReset());
  CHECK_EQUAL(cudaGetLastError(), cudaSuccess);
  CHECK_EQUAL(lathe::emulation::lastReport(), "");
  return report;
}

inline void mustSay(const std::string& report, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) CHECK(report.find(part) != std::string::npos, report, ": not said: ", part);
}

template <class T>
T* deviceMemory(size_t count) {
  T* memory = nullptr;
  mustSucceed(cudaMalloc(&memory, count * sizeof(T)));
  mustSucceed(cudaMemset(memory, 0, count * sizeof(T)));
  return memory;
}

// The kernel is found out under every one of these schedules.
template <class Fails>
void underSchedules(Fails fails) {
  for (int threads = 1; threads <= 2; ++threads) {
    lathe::emulation::setThreads(threads);
    for (int seed = 0; seed < 20; ++seed) {
      lathe::emulation::setSeed(static_cast<uint64_t>(seed));
      fails();
    }
  }
}

}  // namespace test
}  // namespace lathe

#endif
