// 8.5 bits per weight: 32 weights, w = d * q, q from -127 to 127 (-128 is decoded but never written: products of
// signed bytes in some kernels cannot negate it).
#ifndef LATHE_FORMATS_Q8_0_H
#define LATHE_FORMATS_Q8_0_H

#include "lathe/formats/single_scale.h"

LATHE_BEGIN

struct Q8_0 {
  static constexpr int id = 8;
  static constexpr const char* name = "Q8_0";
  static constexpr int blockSize = 32;
  static constexpr int group = 1;
  static constexpr bool exactZero = true;
  using Code = uint8_t;  // q + 127

  struct __attribute__((packed)) Block {
    uint16_t d;     // F16 scale
    int8_t qs[32];  // q of column i
  };
  static_assert(sizeof(Block) == 34, "8.5 bits per weight");
  using Grid = SingleScaleGrid;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int i = teamLane(); i < blockSize; i += teamSize) w[i] = d * static_cast<float>(block.qs[i]);
  }

  LATHE_HD static void choose(Grid& grid, const float* w, const float* importance, bool) {
    chooseSingleScale<WholeCodes<-127, 127>, blockSize>(grid, w, importance, 0);
  }

  LATHE_HD static float code(const Grid& grid, int, float w, Code& code) {
    return codeSingleScale<-127, 127>(grid, w, code);
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    if (teamLane() == 0) block.d = grid.d;
    for (int i = teamLane(); i < blockSize; i += teamSize)
      block.qs[i] = static_cast<int8_t>(static_cast<int>(codes[i]) - 127);
  }
};

LATHE_END

#endif
