// 2.0625 bits per weight: 256 weights, w = d * (q - 1), q from 0 to 2. Decoders take 3 for 2 d, but products are made
// for ternary weights, so 3 is not written; Q2_0 is the type with four levels.
#ifndef LATHE_FORMATS_TQ2_0_H
#define LATHE_FORMATS_TQ2_0_H

#include "lathe/formats/pairs_of_bits.h"
#include "lathe/formats/single_scale.h"

LATHE_BEGIN

struct TQ2_0 {
  static constexpr int id = 35;
  static constexpr const char* name = "TQ2_0";
  static constexpr int blockSize = 256;
  static constexpr int group = 1;
  static constexpr bool exactZero = true;
  using Code = uint8_t;  // q

  struct __attribute__((packed)) Block {
    uint8_t qs[64];  // q of column c: byte 32 (c / 128) + c % 32, bits 2 ((c / 32) % 4) and above
    uint16_t d;      // F16 scale
  };
  static_assert(sizeof(Block) == 66, "2.0625 bits per weight");
  using Grid = SingleScaleGrid;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int part = 0; part < 8; ++part) {
      for (int j = teamLane(); j < 32; j += teamSize) {
        const int q = (block.qs[32 * (part / 4) + j] >> (2 * (part % 4))) & 3;
        w[32 * part + j] = d * static_cast<float>(q - 1);
      }
    }
  }

  LATHE_HD static void choose(Grid& grid, const float* w, const float* importance, bool) {
    chooseSingleScale<WholeCodes<-1, 1>, blockSize>(grid, w, importance, 3);
  }

  LATHE_HD static float code(const Grid& grid, int, float w, Code& code) {
    return codeSingleScale<-1, 1>(grid, w, code);
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    packPairsOfBits(block.qs, codes);
    if (teamLane() == 0) block.d = grid.d;
  }
};

LATHE_END

#endif
