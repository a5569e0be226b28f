// 2.3125 bits per weight: 256 weights in 16 groups of 16, w = d * (0.5 + s_k) / 4 * sign * magnitude, s_k of 4 bits.
// 8 weights share a codebook entry of 9 bits (iq2xsGrid) and 7 bits of signs (evenSigns).
#ifndef LATHE_FORMATS_IQ2_XS_H
#define LATHE_FORMATS_IQ2_XS_H

#include "lathe/formats/signed_super.h"

LATHE_BEGIN

struct IQ2_XS {
  static constexpr int id = 17;
  static constexpr const char* name = "IQ2_XS";
  static constexpr int blockSize = 256;
  static constexpr int group = 8;
  static constexpr bool exactZero = false;
  using Code = SignedCode;
  using Codebook = Iq2xsCodebook;
  static constexpr int runSize = 16;
  static constexpr bool evenSignCount = true;
  static constexpr float firstMultiple = 0.125f;
  static constexpr float multipleStep = 0.25f;
  static constexpr int mostScale = 15;
  static constexpr float typicalScale = 0.047f;

  struct __attribute__((packed)) Block {
    uint16_t d;         // F16 scale
    uint16_t qs[32];    // columns 8 i .. 8 i + 7: codebook entry in bits 0 .. 8, signs in bits 9 .. 15
    uint8_t scales[8];  // s_k: nibble k % 2 of byte k / 2
  };
  static_assert(sizeof(Block) == 74, "2.3125 bits per weight");
  using Grid = ScaleGrid<16>;
  using Fit = SignedSuperFit<IQ2_XS>;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int i = teamLane(); i < 32; i += teamSize) {
      const int s = (block.scales[i / 4] >> (4 * ((i / 2) % 2))) & 15;
      const float scale = d * (0.5f + static_cast<float>(s)) * 0.25f;
      const uint32_t entry = iq2xsGrid[block.qs[i] & 511];
      const uint32_t signs = evenSigns(static_cast<uint32_t>(block.qs[i]) >> 9);
      for (int j = 0; j < 8; ++j) w[8 * i + j] = scale * withSign(iq2Magnitude(entry, j), signs, j);
    }
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    if (teamLane() == 0) block.d = grid.d;
    for (int i = teamLane(); i < 8; i += teamSize)
      block.scales[i] = static_cast<uint8_t>(grid.scales[2 * i] | (grid.scales[2 * i + 1] << 4));
    for (int i = teamLane(); i < 32; i += teamSize)
      block.qs[i] = static_cast<uint16_t>(entryOfCode(codes[i], 0) | ((signsOfCode(codes[i]) & 127u) << 9));
  }
};

LATHE_END

#endif
