// 1.5625 bits per weight: 256 weights in 8 groups of 32, w = d * (2 s_k + 1) * (t + delta_k), s_k of 3 bits, t a digit
// of -1, 0, 1, delta_k = 1/8 or -1/8. 8 weights share a codebook entry of 11 bits (iq1Grid).
#ifndef LATHE_FORMATS_IQ1_S_H
#define LATHE_FORMATS_IQ1_S_H

#include "lathe/formats/ternary_super.h"

LATHE_BEGIN

struct IQ1_S {
  static constexpr int id = 19;
  static constexpr const char* name = "IQ1_S";
  static constexpr int blockSize = 256;
  static constexpr int group = 8;
  static constexpr bool exactZero = false;
  using Code = TernaryCode;
  static constexpr int runSize = 32;
  static constexpr bool shiftOfGroup = false;

  struct __attribute__((packed)) Block {
    uint16_t d;      // F16 scale
    uint8_t qs[32];  // columns 8 i .. 8 i + 7: lower 8 bits of the codebook entry
    uint16_t qh[8];  // of group k: upper 3 bits of its entry i at bit 3 i, s_k at bit 12, bit 15 set: delta_k < 0
  };
  static_assert(sizeof(Block) == 50, "1.5625 bits per weight");
  using Grid = TernaryGrid<8>;
  using Fit = TernarySuperFit<IQ1_S>;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int i = teamLane(); i < 32; i += teamSize) {
      const uint32_t packed = block.qh[i / 4];
      const float scale = d * static_cast<float>(2 * ((packed >> 12) & 7u) + 1);
      const float delta = packed & 0x8000u ? -0.125f : 0.125f;
      const uint32_t entry = iq1Grid[block.qs[i] | (((packed >> (3 * (i % 4))) & 7u) << 8)];
      for (int j = 0; j < 8; ++j) w[8 * i + j] = scale * (static_cast<float>(iq1Digit(entry, j)) + delta);
    }
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    if (teamLane() == 0) block.d = grid.d;
    for (int k = teamLane(); k < 8; k += teamSize) {
      int packed = (grid.scales[k] << 12) | (grid.negative[k] << 15);
      for (int i = 0; i < 4; ++i) {
        block.qs[4 * k + i] = static_cast<uint8_t>(codes[4 * k + i] & 255);
        packed |= ((codes[4 * k + i] >> 8) & 7) << (3 * i);
      }
      block.qh[k] = static_cast<uint16_t>(packed);
    }
  }
};

LATHE_END

#endif
