// 2.25 bits per weight: 64 weights, w = d * (q - 1), q from 0 to 3.
#ifndef LATHE_FORMATS_Q2_0_H
#define LATHE_FORMATS_Q2_0_H

#include "lathe/formats/single_scale.h"

LATHE_BEGIN

struct Q2_0 {
  static constexpr int id = 42;
  static constexpr const char* name = "Q2_0";
  static constexpr int blockSize = 64;
  static constexpr int group = 1;
  static constexpr bool exactZero = true;
  using Code = uint8_t;  // q

  struct __attribute__((packed)) Block {
    uint16_t d;      // F16 scale
    uint8_t qs[16];  // q of column i: byte i / 4, bits 2 (i % 4) and above
  };
  static_assert(sizeof(Block) == 18, "2.25 bits per weight");
  using Grid = SingleScaleGrid;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int byte = teamLane(); byte < 16; byte += teamSize) {
      const int codes = block.qs[byte];
      for (int i = 0; i < 4; ++i) w[4 * byte + i] = d * static_cast<float>(((codes >> (2 * i)) & 3) - 1);
    }
  }

  LATHE_HD static void choose(Grid& grid, const float* w, const float* importance, bool) {
    chooseSingleScale<WholeCodes<-1, 2>, blockSize>(grid, w, importance, 3);
  }

  LATHE_HD static float code(const Grid& grid, int, float w, Code& code) {
    return codeSingleScale<-1, 2>(grid, w, code);
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    if (teamLane() == 0) block.d = grid.d;
    for (int byte = teamLane(); byte < 16; byte += teamSize) {
      int bits = 0;
      for (int i = 0; i < 4; ++i) bits |= codes[4 * byte + i] << (2 * i);
      block.qs[byte] = static_cast<uint8_t>(bits);
    }
  }
};

LATHE_END

#endif
