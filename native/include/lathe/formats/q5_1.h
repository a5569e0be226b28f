// 6 bits per weight: 32 weights, w = d * q + m, q of 5 bits.
#ifndef LATHE_FORMATS_Q5_1_H
#define LATHE_FORMATS_Q5_1_H

#include "lathe/formats/fifth_bits.h"
#include "lathe/formats/scale_minimum.h"

LATHE_BEGIN

struct Q5_1 {
  static constexpr int id = 7;
  static constexpr const char* name = "Q5_1";
  static constexpr int blockSize = 32;
  static constexpr int group = 1;
  static constexpr bool exactZero = true;  // m = -k d for a whole k: code k
  using Code = uint8_t;

  struct __attribute__((packed)) Block {
    uint16_t d;      // F16 scale
    uint16_t m;      // F16 minimum
    uint8_t qh[4];   // bit 4 of q (fifth_bits.h)
    uint8_t qs[16];  // bits 0 .. 3 of q
  };
  static_assert(sizeof(Block) == 24, "6 bits per weight");
  using Grid = ScaleMinimumGrid;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    const float m = halfToFloat(block.m);
    unpack5(block.qh, block.qs, [&](int i, int code) { w[i] = d * static_cast<float>(code) + m; });
  }

  LATHE_HD static void choose(Grid& grid, const float* w, const float* importance, bool exactZeros) {
    chooseScaleMinimum<31, blockSize>(grid, w, importance, exactZeros);
  }

  LATHE_HD static float code(const Grid& grid, int, float w, Code& code) { return grid.code(31, w, code); }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    if (teamLane() == 0) {
      block.d = grid.d;
      block.m = grid.m;
    }
    pack5(block.qh, block.qs, codes);
  }
};

LATHE_END

#endif
