// 4.5 bits per weight: 32 weights, w = d * (q - 8), q of 4 bits.
#ifndef LATHE_FORMATS_Q4_0_H
#define LATHE_FORMATS_Q4_0_H

#include "lathe/formats/single_scale.h"

LATHE_BEGIN

struct Q4_0 {
  static constexpr int id = 2;
  static constexpr const char* name = "Q4_0";
  static constexpr int blockSize = 32;
  static constexpr int group = 1;
  static constexpr bool exactZero = true;
  using Code = uint8_t;

  struct __attribute__((packed)) Block {
    uint16_t d;      // F16 scale
    uint8_t qs[16];  // q of column i: low nibble of byte i (i < 16), high nibble of byte i - 16
  };
  static_assert(sizeof(Block) == 18, "4.5 bits per weight");
  using Grid = SingleScaleGrid;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int i = teamLane(); i < 16; i += teamSize) w[i] = d * static_cast<float>((block.qs[i] & 15) - 8);
    for (int i = teamLane(); i < 16; i += teamSize) w[i + 16] = d * static_cast<float>((block.qs[i] >> 4) - 8);
  }

  LATHE_HD static void choose(Grid& grid, const float* w, const float* importance, bool) {
    chooseSingleScale<WholeCodes<-8, 7>, blockSize>(grid, w, importance, 1);
  }

  LATHE_HD static float code(const Grid& grid, int, float w, Code& code) {
    return codeSingleScale<-8, 7>(grid, w, code);
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    if (teamLane() == 0) block.d = grid.d;
    for (int i = teamLane(); i < 16; i += teamSize) block.qs[i] = static_cast<uint8_t>(codes[i] | (codes[i + 16] << 4));
  }
};

LATHE_END

#endif
