// What the emulation's own tests share.
#ifndef LATHE_CUDA_TEST_EMULATION_FIXTURE_H
#define LATHE_CUDA_TEST_EMULATION_FIXTURE_H

#include <stdexcept>
#include <string>
#include <vector>

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

}  // namespace test
}  // namespace lathe

#endif
