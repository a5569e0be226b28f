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
    for (int byte = teamLane(); byte < 16; byte += teamSize) {
      const int bits = block.qs[byte];
      for (int i = 0; i < 8; ++i) w[8 * byte + i] = d * static_cast<float>(2 * ((bits >> i) & 1) - 1);
    }
  }

  LATHE_HD static void choose(Grid& grid, const float* w, const float* importance, bool) {
    LATHE_TEAM_SHARED Weighted<blockSize> block;
    prepare(block, w, importance);
    uint16_t d = 0;
    if (block.unit > 0.0f) {
      for (int i = teamLane(); i < blockSize; i += teamSize) block.x[i] = block.x[i] < 0.0f ? -block.x[i] : block.x[i];
      teamSync();
      const RunSums sums = runSums<blockSize>(block.x, block.p);
      d = floatToFiniteHalf(sums.x / sums.p * block.unit);
    }
    grid.finish(d);
  }

  LATHE_HD static float code(const Grid& grid, int, float w, Code& code) {
    code = w < 0.0f ? 0 : 1;
    return grid.scale * static_cast<float>(2 * code - 1);
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    if (teamLane() == 0) block.d = grid.d;
    for (int byte = teamLane(); byte < 16; byte += teamSize) {
      int bits = 0;
      for (int i = 0; i < 8; ++i) bits |= codes[8 * byte + i] << i;
      block.qs[byte] = static_cast<uint8_t>(bits);
    }
  }
};

LATHE_END

#endif
