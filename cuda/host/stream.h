// A stream that ends with its owner.
#ifndef LATHE_CUDA_STREAM_H
#define LATHE_CUDA_STREAM_H

#include "status.h"

namespace lathe {
namespace cuda {

class Stream {
 public:
  explicit Stream(const Operation& operation) {
    CHECKED(operation, cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
  }
  ~Stream() { cudaStreamDestroy(stream_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  operator cudaStream_t() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

}  // namespace cuda
}  // namespace lathe

#endif
