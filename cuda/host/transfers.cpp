#include "transfers.h"

#include <algorithm>
#include <cstring>

namespace lathe {
namespace cuda {

Transfers::Transfers(const Operation& operation, cudaStream_t uploads, cudaStream_t compute)
    : uploads_(uploads), compute_(compute) {
  for (Buffer& buffer : buffers_) {
    CHECKED(operation, cudaMallocHost(&buffer.bytes, static_cast<size_t>(kBufferBytes)));
    CHECKED(operation, cudaEventCreateWithFlags(&buffer.travelled, cudaEventDisableTiming));
  }
}

Transfers::~Transfers() {
  for (Buffer& buffer : buffers_) {
    if (buffer.travelled != nullptr) cudaEventDestroy(buffer.travelled);
    if (buffer.bytes != nullptr) cudaFreeHost(buffer.bytes);
  }
}

void Transfers::upload(const Operation& operation, void* destination, const void* hostSource, int64_t bytes) {
  for (int64_t at = 0; at < bytes; at += kBufferBytes) {
    const size_t part = static_cast<size_t>(std::min(kBufferBytes, bytes - at));
    Buffer& buffer = next();
    CHECKED(operation, cudaEventSynchronize(buffer.travelled));
    std::memcpy(buffer.bytes, static_cast<const uint8_t*>(hostSource) + at, part);
    CHECKED(operation, cudaMemcpyAsync(static_cast<uint8_t*>(destination) + at, buffer.bytes, part,
                                       cudaMemcpyHostToDevice, uploads_));
    CHECKED(operation, cudaEventRecord(buffer.travelled, uploads_));
  }
}

void Transfers::download(const Operation& operation, void* hostDestination, const void* source, int64_t bytes) {
  Buffer* before = nullptr;  // holds the part before, which travels while this one is handed in
  int64_t beforeAt = 0;
  const auto empty = [&](Buffer& buffer, int64_t at) {
    CHECKED(operation, cudaEventSynchronize(buffer.travelled));
    std::memcpy(static_cast<uint8_t*>(hostDestination) + at, buffer.bytes,
                static_cast<size_t>(std::min(kBufferBytes, bytes - at)));
  };
  for (int64_t at = 0; at < bytes; at += kBufferBytes) {
    Buffer& buffer = next();
    CHECKED(operation, cudaEventSynchronize(buffer.travelled));
    CHECKED(operation,
            cudaMemcpyAsync(buffer.bytes, static_cast<const uint8_t*>(source) + at,
                            static_cast<size_t>(std::min(kBufferBytes, bytes - at)), cudaMemcpyDeviceToHost, compute_));
    CHECKED(operation, cudaEventRecord(buffer.travelled, compute_));
    if (before != nullptr) empty(*before, beforeAt);
    before = &buffer;
    beforeAt = at;
  }
  if (before != nullptr) empty(*before, beforeAt);
}

}  // namespace cuda
}  // namespace lathe
