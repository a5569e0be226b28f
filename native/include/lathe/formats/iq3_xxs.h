// 3.0625 bits per weight: 256 weights in 8 groups of 32, w = d * (0.5 + s_k) / 2 * sign * magnitude, s_k of 4 bits.
// 4 weights share a codebook entry of 8 bits (iq3xxsGrid), 8 weights 7 bits of signs (evenSigns).
#ifndef LATHE_FORMATS_IQ3_XXS_H
#define LATHE_FORMATS_IQ3_XXS_H

#include "lathe/formats/format.h"
#include "lathe/formats/iq_values.h"

LATHE_BEGIN

struct IQ3_XXS {
  static constexpr int id = 18;
  static constexpr const char* name = "IQ3_XXS";
  static constexpr int blockSize = 256;
  static constexpr bool exactZero = false;

  struct __attribute__((packed)) Block {
    uint16_t d;                 // F16 scale
    uint8_t qs[64];             // codebook entry of columns 4 i .. 4 i + 3
    uint32_t signsAndScale[8];  // of group k: signs of columns 8 i .. 8 i + 7 at bit 7 i, s_k at bit 28
  };
  static_assert(sizeof(Block) == 98, "3.0625 bits per weight");

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int i = 0; i < 32; ++i) {
      const uint32_t packed = block.signsAndScale[i / 4];
      const float scale = d * (0.5f + static_cast<float>(packed >> 28)) * 0.5f;
      const uint32_t signs = evenSigns((packed >> (7 * (i % 4))) & 127u);
      for (int half = 0; half < 2; ++half) {
        const uint32_t entry = iq3xxsGrid[block.qs[2 * i + half]];
        const uint32_t halfSigns = signs >> (4 * half);
        float* four = w + 8 * i + 4 * half;
        for (int j = 0; j < 4; ++j) four[j] = scale * withSign(iq3xxsMagnitude(entry, j), halfSigns, j);
      }
    }
  }
};

LATHE_END

#endif
