// Bytes between host and device through two pinned buffers: while one travels, the other is filled or emptied.
//
// Uploads have a stream of their own, so that weights arrive while earlier work computes; an upload returns when the
// source has been read, not when the bytes have arrived (DeviceMemory lets later work wait for that). A download
// returns when the bytes are there.
#ifndef LATHE_CUDA_TRANSFERS_H
#define LATHE_CUDA_TRANSFERS_H

#include <cstdint>

#include "status.h"

namespace lathe {
namespace cuda {

class Transfers {
 public:
  Transfers(const Operation& operation, cudaStream_t uploads, cudaStream_t compute);
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  void upload(const Operation& operation, void* destination, const void* hostSource, int64_t bytes);
  void download(const Operation& operation, void* hostDestination, const void* source, int64_t bytes);

 private:
  struct Buffer {
    void* bytes = nullptr;            // pinned
    cudaEvent_t travelled = nullptr;  // what was last handed to a stream from or into this buffer is done
  };

  Buffer& next() { return buffers_[turn_ ^= 1]; }

  static constexpr int64_t kBufferBytes = int64_t(16) << 20;
  cudaStream_t uploads_;
  cudaStream_t compute_;
  Buffer buffers_[2];
  int turn_ = 0;
};

}  // namespace cuda
}  // namespace lathe

#endif
