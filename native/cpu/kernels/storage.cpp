// Rows of weights in and out of every storage type: the loops around the block formats of lathe/formats.
#include "kernels.h"
#include "lathe/formats/catalogue.h"

LATHE_BEGIN

namespace {

struct Decode {
  float* w;
  const void* packed;
  int64_t count;

  template <class F>
  void operator()(F) {
    const auto* blocks = static_cast<const typename F::Block*>(packed);
    for (int64_t b = 0; b < count / F::blockSize; b++) F::decode(blocks[b], w + b * F::blockSize);
  }
};

struct Quantize {
  void* packed;
  const float* w;
  const float* importance;
  int64_t rows;
  int64_t cols;
  bool exactZeros;

  template <class F>
  void operator()(F) {
    auto* blocks = static_cast<typename F::Block*>(packed);
    for (int64_t r = 0; r < rows; r++)
      for (int64_t j = 0; j < cols; j += F::blockSize)
        encodeBlock<F>(*blocks++, w + r * cols + j, importance == nullptr ? nullptr : importance + j, exactZeros,
                       nullptr);
  }
};

}  // namespace

void dequantize(float* w, const void* packed, int type, int64_t count) {
  visitDecodable(type, Decode{w, packed, count});
}

void quantize(void* packed, const float* w, const float* importance, int type, int64_t rows, int64_t cols,
              bool exactZeros) {
  visitEncodable(type, Quantize{packed, w, importance, rows, cols, exactZeros});
}

LATHE_END
