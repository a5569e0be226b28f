// 5.5 bits per weight: 32 weights, w = d * (q - 16), q of 5 bits.
#ifndef LATHE_FORMATS_Q5_0_H
#define LATHE_FORMATS_Q5_0_H

#include "lathe/formats/fifth_bits.h"
#include "lathe/formats/single_scale.h"

LATHE_BEGIN

struct Q5_0 {
  static constexpr int id = 6;
  static constexpr const char* name = "Q5_0";
  static constexpr int blockSize = 32;
  static constexpr int group = 1;
  static constexpr bool exactZero = true;
  using Code = uint8_t;

  struct __attribute__((packed)) Block {
    uint16_t d;      // F16 scale
    uint8_t qh[4];   // bit 4 of q (fifth_bits.h)
    uint8_t qs[16];  // bits 0 .. 3 of q
  };
  static_assert(sizeof(Block) == 22, "5.5 bits per weight");
  using Grid = SingleScaleGrid;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    unpack5(block.qh, block.qs, [&](int i, int code) { w[i] = d * static_cast<float>(code - 16); });
  }

  LATHE_HD static void choose(Grid& grid, const float* w, const float* importance, bool) {
    chooseSingleScale<WholeCodes<-16, 15>, blockSize>(grid, w, importance, 1);
  }

  LATHE_HD static float code(const Grid& grid, int, float w, Code& code) {
    return codeSingleScale<-16, 15>(grid, w, code);
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    if (teamLane() == 0) block.d = grid.d;
    pack5(block.qh, block.qs, codes);
  }
};

LATHE_END

#endif
