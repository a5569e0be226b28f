// 64 bits per weight: IEEE 754 binary64, little-endian, rounded to F32 when decoded. One weight is one block.
#ifndef LATHE_FORMATS_F64_H
#define LATHE_FORMATS_F64_H

#include "lathe/formats/format.h"

LATHE_BEGIN

struct F64 {
  static constexpr int id = 28;
  static constexpr const char* name = "F64";
  static constexpr int blockSize = 1;
  static constexpr bool exactZero = true;

  struct __attribute__((packed)) Block {
    double value;
  };
  static_assert(sizeof(Block) == 8, "64 bits per weight");

  LATHE_HD static void decode(const Block& block, float* w) { w[0] = static_cast<float>(block.value); }
};

LATHE_END

#endif
