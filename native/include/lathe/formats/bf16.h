// 16 bits per weight: the upper half of an F32 (half.h). One weight is one block. Encoding bounds to the finite range.
#ifndef LATHE_FORMATS_BF16_H
#define LATHE_FORMATS_BF16_H

#include "lathe/formats/format.h"

LATHE_BEGIN

struct BF16 {
  static constexpr int id = 30;
  static constexpr const char* name = "BF16";
  static constexpr int blockSize = 1;
  static constexpr int group = 1;
  static constexpr bool exactZero = true;
  using Code = uint16_t;  // the bits of the value

  struct __attribute__((packed)) Block {
    uint16_t bits;
  };
  static_assert(sizeof(Block) == 2, "16 bits per weight");
  using Grid = EmptyGrid;

  LATHE_HD static void decode(const Block& block, float* w) { w[0] = bfloatToFloat(block.bits); }
  LATHE_HD static void choose(Grid&, const float*, const float*, bool) {}
  LATHE_HD static float code(const Grid&, int, float w, Code& code) {
    code = floatToFiniteBfloat(w);
    return bfloatToFloat(code);
  }
  LATHE_HD static void pack(Block& block, const Grid&, const Code* codes) { block.bits = codes[0]; }
};

LATHE_END

#endif
