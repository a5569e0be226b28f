// 1.125 bits per weight: 128 weights, w = d * (2 b - 1), b the column's bit.
//
// The best scale for signs is the mean magnitude: d = sum(p |x|) / sum(p).
#ifndef LATHE_FORMATS_Q1_0_H
#define LATHE_FORMATS_Q1_0_H

#include "lathe/formats/single_scale.h"

LATHE_BEGIN

struct Q1_0 {
  static constexpr int id = 41;
  static constexpr const char* name = "Q1_0";
  static constexpr int blockSize = 128;
  static constexpr int group = 1;
  static constexpr bool exactZero = false;  // every weight is +d or -d
  using Code = uint8_t;                     // b

  struct __attribute__((packed)) Block {
    uint16_t d;      // F16 scale
    uint8_t qs[16];  // bit of column i: byte i / 8, bit i % 8
  };
  static_assert(sizeof(Block) == 18, "1.125 bits per weight");
  using Grid = SingleScaleGrid;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int byte = 0; byte < 16; ++byte) {
      const int bits = block.qs[byte];
      for (int i = 0; i < 8; ++i) w[8 * byte + i] = d * static_cast<float>(2 * ((bits >> i) & 1) - 1);
    }
  }

  LATHE_HD static void choose(Grid& grid, const float* w, const float* importance, bool) {
    Weighted<blockSize> block;
    prepare(block, w, importance);
    grid.d = 0;
    if (block.unit > 0.0f) {
      for (float& x : block.x) x = x < 0.0f ? -x : x;
      const RunSums sums = runSums<blockSize>(block.x, block.p);
      grid.d = floatToFiniteHalf(sums.x / sums.p * block.unit);
    }
    grid.scale = halfToFloat(grid.d);
    grid.inverse = inverseOrZero(grid.scale);
  }

  LATHE_HD static float code(const Grid& grid, int, float w, Code& code) {
    code = w < 0.0f ? 0 : 1;
    return grid.scale * static_cast<float>(2 * code - 1);
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    block.d = grid.d;
    for (int byte = 0; byte < 16; ++byte) {
      int bits = 0;
      for (int i = 0; i < 8; ++i) bits |= codes[8 * byte + i] << i;
      block.qs[byte] = static_cast<uint8_t>(bits);
    }
  }
};

LATHE_END

#endif
