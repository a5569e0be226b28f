// 32 bits per weight: IEEE 754 binary32, little-endian. One weight is one block.
#ifndef LATHE_FORMATS_F32_H
#define LATHE_FORMATS_F32_H

#include "lathe/formats/format.h"

LATHE_BEGIN

struct F32 {
  static constexpr int id = 0;
  static constexpr const char* name = "F32";
  static constexpr int blockSize = 1;
  static constexpr int group = 1;
  static constexpr bool exactZero = true;
  using Code = uint32_t;  // the bits of the value

  struct __attribute__((packed)) Block {
    uint32_t bits;
  };
  static_assert(sizeof(Block) == 4, "32 bits per weight");
  using Grid = EmptyGrid;

  LATHE_HD static void decode(const Block& block, float* w) { w[0] = floatFromBits(block.bits); }
  LATHE_HD static void choose(Grid&, const float*, const float*, bool) {}
  LATHE_HD static float code(const Grid&, int, float w, Code& code) {
    code = floatBits(w);
    return w;
  }
  LATHE_HD static void pack(Block& block, const Grid&, const Code* codes) { block.bits = codes[0]; }
};

LATHE_END

#endif
