// Operations and the statuses of what they call: every call into CUDA, cuBLAS and cuSOLVER goes through CHECKED, so
// that a failure says what failed, in which operation, with which sizes, on which device.
//
//   CHECKED(operation, cudaMemsetAsync(memory, 0, bytes, stream));
//   -> "clear (bytes 4096) on cuda:0: cudaMemsetAsync failed: cudaErrorInvalidValue (invalid argument)"
#ifndef LATHE_CUDA_STATUS_H
#define LATHE_CUDA_STATUS_H

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cusolverDn.h>

#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include "lathe/backend.h"

namespace lathe {
namespace cuda {

// A size that an operation was called with.
struct Size {
  const char* name;
  int64_t value;
};

// An allocation that found no room. Operations that can do with less try once more with less.
class OutOfDeviceMemory : public std::runtime_error {
 public:
  explicit OutOfDeviceMemory(const std::string& what) : std::runtime_error(LATHE_OUT_OF_DEVICE_MEMORY ": " + what) {}
};

// What is being done, for messages.
class Operation {
 public:
  Operation(const char* name, std::initializer_list<Size> sizes, const std::string& device)
      : name_(name), sizes_(sizes), device_(device) {}

  const char* name() const { return name_; }
  const std::string& device() const { return device_; }

  // "linear (tokens 4, rows 5, cols 6) on cuda:0"
  std::string text() const;

  // Throws where the status is not success. `call` is the expression that gave it.
  void check(cudaError_t status, const char* call) const;
  void check(cublasStatus_t status, const char* call) const;
  void check(cusolverStatus_t status, const char* call) const;

  // Throws "operation: what" as std::runtime_error.
  [[noreturn]] void fail(const std::string& what) const;

 private:
  [[noreturn]] void failCall(const char* call, const std::string& status) const;

  const char* name_;
  std::vector<Size> sizes_;
  const std::string& device_;
};

#define CHECKED(operation, call) (operation).check((call), #call)

}  // namespace cuda
}  // namespace lathe

#endif
