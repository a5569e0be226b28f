// 9 bits per weight: 32 weights, w = d * q, q from -127 to 127. ggml makes this type of activations, with the sum of
// the values kept for products with types that have a minimum; files do not hold it, so it is decoded only.
#ifndef LATHE_FORMATS_Q8_1_H
#define LATHE_FORMATS_Q8_1_H

#include "lathe/formats/format.h"

LATHE_BEGIN

struct Q8_1 {
  static constexpr int id = 9;
  static constexpr const char* name = "Q8_1";
  static constexpr int blockSize = 32;
  static constexpr bool exactZero = true;

  struct __attribute__((packed)) Block {
    uint16_t d;     // F16 scale
    uint16_t s;     // F16 d * sum(q)
    int8_t qs[32];  // q of column i
  };
  static_assert(sizeof(Block) == 36, "9 bits per weight");

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int i = teamLane(); i < blockSize; i += teamSize) w[i] = d * static_cast<float>(block.qs[i]);
  }
};

LATHE_END

#endif
