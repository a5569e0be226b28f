#include "cuda_backend.h"

namespace lathe {
namespace cuda {

CudaBackend::CudaBackend(const std::string& device, int ordinal, int64_t memoryLimit)
    : device_(device),
      ordinal_(ordinal),
      compute_(begin("createBackend", {})),
      uploads_(begin("createBackend", {})),
      acquisitions_(begin("createBackend", {})),
      libraries_(begin("createBackend", {}), compute_),
      transfers_(begin("createBackend", {}), uploads_, compute_),
      memory_(begin("createBackend", {{"memory", memoryLimit}}), memoryLimit, acquisitions_, uploads_, compute_),
      ropeTable_(memory_, transfers_) {
  const Operation operation = begin("createBackend", {});
  cudaDeviceProp properties;
  CHECKED(operation, cudaGetDeviceProperties(&properties, ordinal_));
  variant_ =
      "sm_" + std::to_string(properties.major) + std::to_string(properties.minor) + "+" + libraries_.version(operation);
}

CudaBackend::~CudaBackend() {
  cudaSetDevice(ordinal_);
  for (const cudaStream_t stream : {cudaStream_t(acquisitions_), cudaStream_t(uploads_), cudaStream_t(compute_)})
    cudaStreamSynchronize(stream);
}

Operation CudaBackend::begin(const char* name, std::initializer_list<Size> sizes) const {
  Operation operation(name, sizes, device_);
  CHECKED(operation, cudaSetDevice(ordinal_));
  return operation;
}

}  // namespace cuda
}  // namespace lathe
