// Memory and copies of CudaBackend.
#include "arguments.h"
#include "cuda_backend.h"

namespace lathe {
namespace cuda {

void* CudaBackend::acquire(int64_t bytes) { return memory_.acquire(begin("acquire", {{"bytes", bytes}}), bytes); }

void CudaBackend::release(void* memory) { memory_.release(begin("release", {}), memory); }

void CudaBackend::upload(void* destination, const void* hostSource, int64_t bytes) {
  requireCount("upload", bytes, "bytes");
  sendBytes(begin("upload", {{"bytes", bytes}}), destination, hostSource, bytes);
}

void CudaBackend::sendBytes(const Operation& operation, void* destination, const void* hostSource, int64_t bytes) {
  if (bytes == 0) return;
  memory_.beginUpload(operation, destination, bytes);
  transfers_.upload(operation, destination, hostSource, bytes);
  memory_.endUpload(operation, destination);
}

void CudaBackend::download(void* hostDestination, const void* source, int64_t bytes) {
  requireCount("download", bytes, "bytes");
  const Operation operation = begin("download", {{"bytes", bytes}});
  memory_.require(operation, "source", source, bytes);
  transfers_.download(operation, hostDestination, source, bytes);
}

void CudaBackend::copy(void* destination, const void* source, int64_t bytes) {
  requireCount("copy", bytes, "bytes");
  const Operation operation = begin("copy", {{"bytes", bytes}});
  memory_.require(operation, "destination", destination, bytes);
  memory_.require(operation, "source", source, bytes);
  if (bytes == 0) return;
  CHECKED(operation,
          cudaMemcpyAsync(destination, source, static_cast<size_t>(bytes), cudaMemcpyDeviceToDevice, compute_));
}

void CudaBackend::clear(void* destination, int64_t bytes) {
  requireCount("clear", bytes, "bytes");
  const Operation operation = begin("clear", {{"bytes", bytes}});
  memory_.require(operation, "destination", destination, bytes);
  if (bytes == 0) return;
  CHECKED(operation, cudaMemsetAsync(destination, 0, static_cast<size_t>(bytes), compute_));
}

void CudaBackend::synchronize() {
  const Operation operation = begin("synchronize", {});
  CHECKED(operation, cudaStreamSynchronize(uploads_));
  CHECKED(operation, cudaStreamSynchronize(compute_));
}

}  // namespace cuda
}  // namespace lathe
