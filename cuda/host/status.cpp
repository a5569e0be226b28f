#include "status.h"

#include <cstring>

namespace lathe {
namespace cuda {

namespace {

const char* nameOf(cusolverStatus_t status) {
  switch (status) {
    case CUSOLVER_STATUS_NOT_INITIALIZED:
      return "CUSOLVER_STATUS_NOT_INITIALIZED";
    case CUSOLVER_STATUS_ALLOC_FAILED:
      return "CUSOLVER_STATUS_ALLOC_FAILED";
    case CUSOLVER_STATUS_INVALID_VALUE:
      return "CUSOLVER_STATUS_INVALID_VALUE";
    case CUSOLVER_STATUS_ARCH_MISMATCH:
      return "CUSOLVER_STATUS_ARCH_MISMATCH";
    case CUSOLVER_STATUS_EXECUTION_FAILED:
      return "CUSOLVER_STATUS_EXECUTION_FAILED";
    case CUSOLVER_STATUS_INTERNAL_ERROR:
      return "CUSOLVER_STATUS_INTERNAL_ERROR";
    case CUSOLVER_STATUS_NOT_SUPPORTED:
      return "CUSOLVER_STATUS_NOT_SUPPORTED";
    default:
      return "a status of cuSOLVER";
  }
}

}  // namespace

std::string Operation::text() const {
  std::string text = name_;
  const char* separator = " (";
  for (const Size& size : sizes_) {
    text += separator + std::string(size.name) + " " + std::to_string(size.value);
    separator = ", ";
  }
  return text + (sizes_.empty() ? "" : ")") + " on " + device_;
}

void Operation::check(cudaError_t status, const char* call) const {
  if (status == cudaSuccess) return;
  const std::string what = std::string(cudaGetErrorName(status)) + " (" + cudaGetErrorString(status) + ")";
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // this error does not stay with the device, but would be reported again
    throw OutOfDeviceMemory(text() + ": " + std::string(call, std::strcspn(call, "(")) + " failed: " + what);
  }
  failCall(call, what);
}

void Operation::check(cublasStatus_t status, const char* call) const {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  if (status == CUBLAS_STATUS_ALLOC_FAILED)
    throw OutOfDeviceMemory(text() + ": " + std::string(call, std::strcspn(call, "(")) +
                            " failed: " + cublasGetStatusName(status));
  failCall(call, std::string(cublasGetStatusName(status)) + " (" + cublasGetStatusString(status) + ")");
}

void Operation::check(cusolverStatus_t status, const char* call) const {
  if (status == CUSOLVER_STATUS_SUCCESS) return;
  failCall(call, std::string(nameOf(status)) + " (" + std::to_string(static_cast<int>(status)) + ")");
}

void Operation::fail(const std::string& what) const { throw std::runtime_error(text() + ": " + what); }

void Operation::failCall(const char* call, const std::string& status) const {
  fail(std::string(call, std::strcspn(call, "(")) + " failed: " + status);
}

}  // namespace cuda
}  // namespace lathe
