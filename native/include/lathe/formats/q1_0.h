// 1.125 bits per weight: 128 weights, w = d * (2 b - 1), b the column's bit.
#ifndef LATHE_FORMATS_Q1_0_H
#define LATHE_FORMATS_Q1_0_H

#include "lathe/formats/format.h"

LATHE_BEGIN

struct Q1_0 {
  static constexpr int id = 41;
  static constexpr const char* name = "Q1_0";
  static constexpr int blockSize = 128;
  static constexpr bool exactZero = false;

  struct __attribute__((packed)) Block {
    uint16_t d;      // F16 scale
    uint8_t qs[16];  // bit of column i: byte i / 8, bit i % 8
  };
  static_assert(sizeof(Block) == 18, "1.125 bits per weight");

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int byte = 0; byte < 16; ++byte) {
      const int bits = block.qs[byte];
      for (int i = 0; i < 8; ++i) w[8 * byte + i] = d * static_cast<float>(2 * ((bits >> i) & 1) - 1);
    }
  }
};

LATHE_END

#endif
