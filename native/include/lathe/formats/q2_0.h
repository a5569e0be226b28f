// 2.25 bits per weight: 64 weights, w = d * (q - 1), q from 0 to 3.
#ifndef LATHE_FORMATS_Q2_0_H
#define LATHE_FORMATS_Q2_0_H

#include "lathe/formats/format.h"

LATHE_BEGIN

struct Q2_0 {
  static constexpr int id = 42;
  static constexpr const char* name = "Q2_0";
  static constexpr int blockSize = 64;
  static constexpr bool exactZero = true;

  struct __attribute__((packed)) Block {
    uint16_t d;      // F16 scale
    uint8_t qs[16];  // q of column i: byte i / 4, bits 2 (i % 4) and above
  };
  static_assert(sizeof(Block) == 18, "2.25 bits per weight");

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int byte = 0; byte < 16; ++byte) {
      const int codes = block.qs[byte];
      for (int i = 0; i < 4; ++i) w[4 * byte + i] = d * static_cast<float>(((codes >> (2 * i)) & 3) - 1);
    }
  }
};

LATHE_END

#endif
