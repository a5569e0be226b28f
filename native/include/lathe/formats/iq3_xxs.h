// 3.0625 bits per weight: 256 weights in 8 groups of 32, w = d * (0.5 + s_k) / 2 * sign * magnitude, s_k of 4 bits.
// 4 weights share a codebook entry of 8 bits (iq3xxsGrid), 8 weights 7 bits of signs (evenSigns).
#ifndef LATHE_FORMATS_IQ3_XXS_H
#define LATHE_FORMATS_IQ3_XXS_H

#include "lathe/formats/signed_super.h"

LATHE_BEGIN

struct IQ3_XXS {
  static constexpr int id = 18;
  static constexpr const char* name = "IQ3_XXS";
  static constexpr int blockSize = 256;
  static constexpr int group = 8;
  static constexpr bool exactZero = false;
  using Code = SignedCode;
  using Codebook = Iq3xxsCodebook;
  static constexpr int runSize = 32;
  static constexpr bool evenSignCount = true;
  static constexpr float firstMultiple = 0.25f;
  static constexpr float multipleStep = 0.5f;
  static constexpr int mostScale = 15;
  static constexpr float typicalScale = 0.045f;

  struct __attribute__((packed)) Block {
    uint16_t d;                 // F16 scale
    uint8_t qs[64];             // codebook entry of columns 4 i .. 4 i + 3
    uint32_t signsAndScale[8];  // of group k: signs of columns 8 i .. 8 i + 7 at bit 7 i, s_k at bit 28
  };
  static_assert(sizeof(Block) == 98, "3.0625 bits per weight");
  using Grid = ScaleGrid<8>;
  using Fit = SignedSuperFit<IQ3_XXS>;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int i = teamLane(); i < 32; i += teamSize) {
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

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    if (teamLane() == 0) block.d = grid.d;
    for (int k = teamLane(); k < 8; k += teamSize) {
      uint32_t packed = static_cast<uint32_t>(grid.scales[k]) << 28;
      for (int i = 0; i < 4; ++i) {
        const Code code = codes[4 * k + i];
        block.qs[8 * k + 2 * i] = static_cast<uint8_t>(entryOfCode(code, 0));
        block.qs[8 * k + 2 * i + 1] = static_cast<uint8_t>(entryOfCode(code, 1));
        packed |= (signsOfCode(code) & 127u) << (7 * i);
      }
      block.signsAndScale[k] = packed;
    }
  }
};

LATHE_END

#endif
