// 5 bits per weight: 32 weights, w = d * q + m, q of 4 bits.
#ifndef LATHE_FORMATS_Q4_1_H
#define LATHE_FORMATS_Q4_1_H

#include "lathe/formats/scale_minimum.h"

LATHE_BEGIN

struct Q4_1 {
  static constexpr int id = 3;
  static constexpr const char* name = "Q4_1";
  static constexpr int blockSize = 32;
  static constexpr int group = 1;
  static constexpr bool exactZero = true;  // m = -k d for a whole k: code k
  using Code = uint8_t;

  struct __attribute__((packed)) Block {
    uint16_t d;      // F16 scale
    uint16_t m;      // F16 minimum
    uint8_t qs[16];  // q of column i: low nibble of byte i (i < 16), high nibble of byte i - 16
  };
  static_assert(sizeof(Block) == 20, "5 bits per weight");
  using Grid = ScaleMinimumGrid;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    const float m = halfToFloat(block.m);
    for (int i = teamLane(); i < 16; i += teamSize) w[i] = d * static_cast<float>(block.qs[i] & 15) + m;
    for (int i = teamLane(); i < 16; i += teamSize) w[i + 16] = d * static_cast<float>(block.qs[i] >> 4) + m;
  }

  LATHE_HD static void choose(Grid& grid, const float* w, const float* importance, bool exactZeros) {
    chooseScaleMinimum<15, blockSize>(grid, w, importance, exactZeros);
  }

  LATHE_HD static float code(const Grid& grid, int, float w, Code& code) { return grid.code(15, w, code); }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    if (teamLane() == 0) {
      block.d = grid.d;
      block.m = grid.m;
    }
    for (int i = teamLane(); i < 16; i += teamSize) block.qs[i] = static_cast<uint8_t>(codes[i] | (codes[i + 16] << 4));
  }
};

LATHE_END

#endif
