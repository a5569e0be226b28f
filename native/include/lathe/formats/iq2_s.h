// 2.5625 bits per weight: 256 weights in 16 groups of 16, w = d * (0.5 + s_k) / 4 * sign * magnitude, s_k of 4 bits.
// 8 weights share a codebook entry of 10 bits (iq2sGrid); every weight has a sign bit.
#ifndef LATHE_FORMATS_IQ2_S_H
#define LATHE_FORMATS_IQ2_S_H

#include "lathe/formats/signed_super.h"

LATHE_BEGIN

struct IQ2_S {
  static constexpr int id = 22;
  static constexpr const char* name = "IQ2_S";
  static constexpr int blockSize = 256;
  static constexpr int group = 8;
  static constexpr bool exactZero = false;
  using Code = SignedCode;
  using Codebook = Iq2sCodebook;
  static constexpr int runSize = 16;
  static constexpr bool evenSignCount = false;
  static constexpr float firstMultiple = 0.125f;
  static constexpr float multipleStep = 0.25f;
  static constexpr int mostScale = 15;
  static constexpr float typicalScale = 0.047f;

  struct __attribute__((packed)) Block {
    uint16_t d;         // F16 scale
    uint8_t qs[32];     // columns 8 i .. 8 i + 7: lower 8 bits of the codebook entry
    uint8_t signs[32];  // columns 8 i .. 8 i + 7: bit j set, column 8 i + j is negative
    uint8_t qh[8];      // bits 2 (i % 4) and above of byte i / 4: upper 2 bits of the codebook entry
    uint8_t scales[8];  // s_k: nibble k % 2 of byte k / 2
  };
  static_assert(sizeof(Block) == 82, "2.5625 bits per weight");
  using Grid = ScaleGrid<16>;
  using Fit = SignedSuperFit<IQ2_S>;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int i = teamLane(); i < 32; i += teamSize) {
      const int s = (block.scales[i / 4] >> (4 * ((i / 2) % 2))) & 15;
      const float scale = d * (0.5f + static_cast<float>(s)) * 0.25f;
      const int high = (block.qh[i / 4] >> (2 * (i % 4))) & 3;
      const uint32_t entry = iq2sGrid[block.qs[i] | (high << 8)];
      const uint32_t signs = block.signs[i];
      for (int j = 0; j < 8; ++j) w[8 * i + j] = scale * withSign(iq2Magnitude(entry, j), signs, j);
    }
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    if (teamLane() == 0) block.d = grid.d;
    for (int i = teamLane(); i < 8; i += teamSize)
      block.scales[i] = static_cast<uint8_t>(grid.scales[2 * i] | (grid.scales[2 * i + 1] << 4));
    for (int i = teamLane(); i < 32; i += teamSize) {
      block.qs[i] = static_cast<uint8_t>(entryOfCode(codes[i], 0) & 255u);
      block.signs[i] = static_cast<uint8_t>(signsOfCode(codes[i]));
    }
    for (int i = teamLane(); i < 8; i += teamSize) {
      uint32_t high = 0;
      for (int j = 0; j < 4; ++j) high |= (entryOfCode(codes[4 * i + j], 0) >> 8) << (2 * j);
      block.qh[i] = static_cast<uint8_t>(high);
    }
  }
};

LATHE_END

#endif
