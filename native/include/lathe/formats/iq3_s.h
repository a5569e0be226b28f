// 3.4375 bits per weight: 256 weights in 8 groups of 32, w = d * (1 + 2 s_k) * sign * magnitude, s_k of 4 bits.
// 4 weights share a codebook entry of 9 bits (iq3sGrid); every weight has a sign bit.
#ifndef LATHE_FORMATS_IQ3_S_H
#define LATHE_FORMATS_IQ3_S_H

#include "lathe/formats/signed_super.h"

LATHE_BEGIN

struct IQ3_S {
  static constexpr int id = 21;
  static constexpr const char* name = "IQ3_S";
  static constexpr int blockSize = 256;
  static constexpr int group = 8;
  static constexpr bool exactZero = false;
  using Code = SignedCode;
  using Codebook = Iq3sCodebook;
  static constexpr int runSize = 32;
  static constexpr bool evenSignCount = false;
  static constexpr float firstMultiple = 1.0f;
  static constexpr float multipleStep = 2.0f;
  static constexpr int mostScale = 15;
  static constexpr float typicalScale = 0.19f;

  struct __attribute__((packed)) Block {
    uint16_t d;         // F16 scale
    uint8_t qs[64];     // columns 4 i .. 4 i + 3: lower 8 bits of the codebook entry
    uint8_t qh[8];      // bit i % 8 of byte i / 8: bit 8 of the codebook entry
    uint8_t signs[32];  // columns 8 i .. 8 i + 7: bit j set, column 8 i + j is negative
    uint8_t scales[4];  // s_k: nibble k % 2 of byte k / 2
  };
  static_assert(sizeof(Block) == 110, "3.4375 bits per weight");
  using Grid = ScaleGrid<8>;
  using Fit = SignedSuperFit<IQ3_S>;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int i = teamLane(); i < 64; i += teamSize) {
      const int s = (block.scales[i / 16] >> (4 * ((i / 8) % 2))) & 15;
      const float scale = d * static_cast<float>(1 + 2 * s);
      const int high = (block.qh[i / 8] >> (i % 8)) & 1;
      const uint32_t entry = iq3sGrid[block.qs[i] | (high << 8)];
      const uint32_t signs = static_cast<uint32_t>(block.signs[i / 2]) >> (4 * (i % 2));
      for (int j = 0; j < 4; ++j) w[4 * i + j] = scale * withSign(iq3sMagnitude(entry, j), signs, j);
    }
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    if (teamLane() == 0) block.d = grid.d;
    for (int i = teamLane(); i < 4; i += teamSize)
      block.scales[i] = static_cast<uint8_t>(grid.scales[2 * i] | (grid.scales[2 * i + 1] << 4));
    for (int i = teamLane(); i < 32; i += teamSize) {
      block.qs[2 * i] = static_cast<uint8_t>(entryOfCode(codes[i], 0) & 255u);
      block.qs[2 * i + 1] = static_cast<uint8_t>(entryOfCode(codes[i], 1) & 255u);
      block.signs[i] = static_cast<uint8_t>(signsOfCode(codes[i]));
    }
    for (int i = teamLane(); i < 8; i += teamSize) {
      uint32_t high = 0;
      for (int j = 0; j < 8; ++j) high |= (entryOfCode(codes[4 * i + j / 2], j % 2) >> 8) << j;
      block.qh[i] = static_cast<uint8_t>(high);
    }
  }
};

LATHE_END

#endif
