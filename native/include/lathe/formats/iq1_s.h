// 1.5625 bits per weight: 256 weights in 8 groups of 32, w = d * (2 s_k + 1) * (t + delta_k), s_k of 3 bits, t a digit
// of -1, 0, 1, delta_k = 1/8 or -1/8. 8 weights share a codebook entry of 11 bits (iq1Grid).
#ifndef LATHE_FORMATS_IQ1_S_H
#define LATHE_FORMATS_IQ1_S_H

#include "lathe/formats/format.h"
#include "lathe/formats/iq_values.h"

LATHE_BEGIN

struct IQ1_S {
  static constexpr int id = 19;
  static constexpr const char* name = "IQ1_S";
  static constexpr int blockSize = 256;
  static constexpr bool exactZero = false;

  struct __attribute__((packed)) Block {
    uint16_t d;      // F16 scale
    uint8_t qs[32];  // columns 8 i .. 8 i + 7: lower 8 bits of the codebook entry
    uint16_t qh[8];  // of group k: upper 3 bits of its entry i at bit 3 i, s_k at bit 12, bit 15 set: delta_k < 0
  };
  static_assert(sizeof(Block) == 50, "1.5625 bits per weight");

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int i = 0; i < 32; ++i) {
      const uint32_t packed = block.qh[i / 4];
      const float scale = d * static_cast<float>(2 * ((packed >> 12) & 7u) + 1);
      const float delta = packed & 0x8000u ? -0.125f : 0.125f;
      const uint32_t entry = iq1Grid[block.qs[i] | (((packed >> (3 * (i % 4))) & 7u) << 8)];
      for (int j = 0; j < 8; ++j) w[8 * i + j] = scale * (static_cast<float>(iq1Digit(entry, j)) + delta);
    }
  }
};

LATHE_END

#endif
