// 16 bits per weight: IEEE 754 binary16 (half.h). One weight is one block. Encoding bounds to the finite range,
// +-65504.
#ifndef LATHE_FORMATS_F16_H
#define LATHE_FORMATS_F16_H

#include "lathe/formats/format.h"

LATHE_BEGIN

struct F16 {
  static constexpr int id = 1;
  static constexpr const char* name = "F16";
  static constexpr int blockSize = 1;
  static constexpr int group = 1;
  static constexpr bool exactZero = true;
  using Code = uint16_t;  // the bits of the value

  struct __attribute__((packed)) Block {
    uint16_t bits;
  };
  static_assert(sizeof(Block) == 2, "16 bits per weight");
  using Grid = EmptyGrid;

  LATHE_HD static void decode(const Block& block, float* w) { w[0] = halfToFloat(block.bits); }
  LATHE_HD static void choose(Grid&, const float*, const float*, bool) {}
  LATHE_HD static float code(const Grid&, int, float w, Code& code) {
    code = floatToFiniteHalf(w);
    return halfToFloat(code);
  }
  LATHE_HD static void pack(Block& block, const Grid&, const Code* codes) { block.bits = codes[0]; }
};

LATHE_END

#endif
