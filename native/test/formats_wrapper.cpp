// C entry points to the block formats, for formats_gguf_test.py, which compiles this file once per instruction set.
#include <cstring>

#include "lathe/formats/catalogue.h"

using namespace lathe;

extern "C" {

int wrapperTypeCount() { return catalogueSize; }

TypeInfo wrapperTypeInfo(int index) { return catalogue[index]; }

// Decodes `blocks` blocks to w; 0 where the type cannot be decoded.
int wrapperDecode(int id, float* w, const void* packed, int64_t blocks) {
  return visitDecodable(id, [&](auto format) {
    using Format = decltype(format);
    const auto* block = static_cast<const typename Format::Block*>(packed);
    for (int64_t i = 0; i < blocks; ++i) Format::decode(block[i], w + i * Format::blockSize);
  });
}

// Encodes w [rows x cols] under importance [cols] (null: all 1); decoded takes what code() returned.
int wrapperEncode(int id, void* packed, float* decoded, const float* w, const float* importance, int64_t rows,
                  int64_t cols, int exactZeros) {
  return visitEncodable(id, [&](auto format) {
    using Format = decltype(format);
    auto* block = static_cast<typename Format::Block*>(packed);
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < cols; c += Format::blockSize) {
        const int64_t at = r * cols + c;
        encodeBlock<Format>(*block++, w + at, importance ? importance + c : nullptr, exactZeros != 0, decoded + at);
      }
    }
  });
}

// The scales only: what error feedback spends per block besides codes.
int wrapperChoose(int id, const float* w, const float* importance, int64_t rows, int64_t cols, int exactZeros,
                  float* sink) {
  return visitEncodable(id, [&](auto format) {
    using Format = decltype(format);
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < cols; c += Format::blockSize) {
        typename Format::Grid grid;
        memset(&grid, 0, sizeof grid);
        chooseGrid<Format>(grid, w + r * cols + c, importance ? importance + c : nullptr, exactZeros != 0);
        *sink += static_cast<float>(reinterpret_cast<const unsigned char*>(&grid)[0]);
      }
    }
  });
}

}  // extern "C"
