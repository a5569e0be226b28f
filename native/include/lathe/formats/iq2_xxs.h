// 2.0625 bits per weight: 256 weights in 8 groups of 32, w = d * (0.5 + s_k) / 4 * sign * magnitude, s_k of 4 bits.
// 8 weights share a codebook entry of 8 bits (iq2xxsGrid) and 7 bits of signs (evenSigns).
#ifndef LATHE_FORMATS_IQ2_XXS_H
#define LATHE_FORMATS_IQ2_XXS_H

#include "lathe/formats/signed_super.h"

LATHE_BEGIN

struct IQ2_XXS {
  static constexpr int id = 16;
  static constexpr const char* name = "IQ2_XXS";
  static constexpr int blockSize = 256;
  static constexpr int group = 8;
  static constexpr bool exactZero = false;
  using Code = SignedCode;
  using Codebook = Iq2xxsCodebook;
  static constexpr int runSize = 32;
  static constexpr bool evenSignCount = true;
  static constexpr float firstMultiple = 0.125f;
  static constexpr float multipleStep = 0.25f;
  static constexpr int mostScale = 15;
  static constexpr float typicalScale = 0.047f;

  struct __attribute__((packed)) Block {
    uint16_t d;  // F16 scale
    struct __attribute__((packed)) {
      uint8_t entries[4];      // codebook entry of columns 8 i .. 8 i + 7 of the group
      uint32_t signsAndScale;  // signs of columns 8 i .. 8 i + 7 at bit 7 i, s_k at bit 28
    } groups[8];
  };
  static_assert(sizeof(Block) == 66, "2.0625 bits per weight");
  using Grid = ScaleGrid<8>;
  using Fit = SignedSuperFit<IQ2_XXS>;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int i = teamLane(); i < 32; i += teamSize) {
      const auto& group = block.groups[i / 4];
      const uint32_t packed = group.signsAndScale;
      const float scale = d * (0.5f + static_cast<float>(packed >> 28)) * 0.25f;
      const uint32_t entry = iq2xxsGrid[group.entries[i % 4]];
      const uint32_t signs = evenSigns((packed >> (7 * (i % 4))) & 127u);
      for (int j = 0; j < 8; ++j) w[8 * i + j] = scale * withSign(iq2Magnitude(entry, j), signs, j);
    }
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    if (teamLane() == 0) block.d = grid.d;
    for (int k = teamLane(); k < 8; k += teamSize) {
      uint32_t packed = static_cast<uint32_t>(grid.scales[k]) << 28;
      for (int i = 0; i < 4; ++i) {
        block.groups[k].entries[i] = static_cast<uint8_t>(entryOfCode(codes[4 * k + i], 0));
        packed |= (signsOfCode(codes[4 * k + i]) & 127u) << (7 * i);
      }
      block.groups[k].signsAndScale = packed;
    }
  }
};

LATHE_END

#endif
