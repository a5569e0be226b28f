// 4.5 bits per weight: 32 weights, w = d * v, v one of 16 values (iq4_codes.h).
#ifndef LATHE_FORMATS_IQ4_NL_H
#define LATHE_FORMATS_IQ4_NL_H

#include "lathe/formats/iq4_codes.h"
#include "lathe/formats/single_scale.h"

LATHE_BEGIN

struct IQ4_NL {
  static constexpr int id = 20;
  static constexpr const char* name = "IQ4_NL";
  static constexpr int blockSize = 32;
  static constexpr int group = 1;
  static constexpr bool exactZero = false;  // no value is 0
  using Code = uint8_t;

  struct __attribute__((packed)) Block {
    uint16_t d;      // F16 scale
    uint8_t qs[16];  // code of column i: low nibble of byte i (i < 16), high nibble of byte i - 16
  };
  static_assert(sizeof(Block) == 18, "4.5 bits per weight");
  using Grid = SingleScaleGrid;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int i = teamLane(); i < 16; i += teamSize) {
      w[i] = d * iq4Value(block.qs[i] & 15);
      w[i + 16] = d * iq4Value(block.qs[i] >> 4);
    }
  }

  LATHE_HD static void choose(Grid& grid, const float* w, const float* importance, bool) {
    chooseSingleScale<Iq4Codes, blockSize>(grid, w, importance, 1);
  }

  LATHE_HD static float code(const Grid& grid, int, float w, Code& code) {
    code = static_cast<uint8_t>(nearestIq4(w * grid.inverse));
    return grid.scale * iq4Value(code);
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    if (teamLane() == 0) block.d = grid.d;
    for (int i = teamLane(); i < 16; i += teamSize) block.qs[i] = static_cast<uint8_t>(codes[i] | (codes[i + 16] << 4));
  }
};

LATHE_END

#endif
