// Round-to-nearest quantization into every encodable type.
//
//   packed [rows x cols]   blocks of the type, row after row
//   w [rows x cols]        any finite values
//   importance [cols]      >= 0, or null: all 1
//
// A thread block is a warp and encodes one block of the type (formats/format.h: the scales that make
// sum importance_i (w_i - q_i)^2 small, then the nearest codes). Types of single numbers: a thread per weight.
#include "compression_kernels.h"
#include "formats.h"
#include "grid.h"
#include "launch.h"

namespace lathe {
namespace cuda {

namespace {

template <class Format>
__global__ void __launch_bounds__(kTeamThreads) quantizeBlocks(typename Format::Block* packed, const float* w,
                                                               const float* importance, int64_t cols, bool exactZeros) {
  const int64_t block = blockIdx.x;
  const int64_t at = block * Format::blockSize;
  encodeBlock<Format>(packed[block], w + at, importance == nullptr ? nullptr : importance + at % cols, exactZeros,
                      nullptr);
}

constexpr int kThreads = 256;

template <class Format>
__global__ void quantizeNumbers(typename Format::Block* packed, const float* w, int64_t count) {
  for (int64_t i = firstItem(); i < count; i += itemStride()) {
    const typename Format::Grid grid = {};
    typename Format::Code code;
    Format::code(grid, 0, w[i], code);
    Format::pack(packed[i], grid, &code);
  }
}

}  // namespace

void kernels::quantize(void* packed, const float* w, const float* importance, int type, int64_t rows, int64_t cols,
                       bool exactZeros, cudaStream_t stream) {
  const int64_t count = rows * cols;
  if (count == 0) return;
  visitEncodable(type, [&](auto format) {
    using Format = decltype(format);
    auto* blocks = static_cast<typename Format::Block*>(packed);
    if constexpr (Format::blockSize == 1) {
      launch(quantizeNumbers<Format>, stridedGrid(count, kThreads), dim3(kThreads), 0, stream, blocks, w, count);
    } else {
      launch(quantizeBlocks<Format>, gridOf(count / Format::blockSize), dim3(kTeamThreads), 0, stream, blocks, w,
             importance, cols, exactZeros);
    }
  });
}

}  // namespace cuda
}  // namespace lathe
