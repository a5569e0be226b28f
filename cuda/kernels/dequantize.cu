// Decoding of every decodable type.
//
//   w [count]         the weights in F32
//   packed            count weights in whole blocks of the type
//
// A warp decodes one block after another. Types of single numbers: a thread per weight.
#include "formats.h"
#include "grid.h"
#include "kernels.h"
#include "launch.h"

namespace lathe {
namespace cuda {

namespace {

constexpr int kThreads = 256;

template <class Format>
__global__ void dequantizeBlocks(float* w, const typename Format::Block* packed, int64_t count) {
  if constexpr (Format::blockSize == 1) {
    for (int64_t i = firstItem(); i < count; i += itemStride()) Format::decode(packed[i], w + i);
  } else {
    const int64_t step = itemStride() / teamSize;
    for (int64_t b = firstItem() / teamSize; b < count / Format::blockSize; b += step)
      Format::decode(packed[b], w + b * Format::blockSize);
  }
}

}  // namespace

void kernels::dequantize(float* w, const void* packed, int type, int64_t count, cudaStream_t stream) {
  if (count == 0) return;
  visitDecodable(type, [&](auto format) {
    using Format = decltype(format);
    const int64_t threads = Format::blockSize == 1 ? count : count / Format::blockSize * teamSize;
    launch(dequantizeBlocks<Format>, stridedGrid(threads, kThreads), dim3(kThreads), 0, stream, w,
           static_cast<const typename Format::Block*>(packed), count);
  });
}

}  // namespace cuda
}  // namespace lathe
