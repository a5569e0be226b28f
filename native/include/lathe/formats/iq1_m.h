// 1.75 bits per weight: 256 weights in 16 groups of 16, w = d * (2 s_k + 1) * (t + delta), s_k of 3 bits, t a digit of
// -1, 0, 1. 8 weights share a codebook entry of 11 bits (iq1Grid) and delta = 1/8 or -1/8.
#ifndef LATHE_FORMATS_IQ1_M_H
#define LATHE_FORMATS_IQ1_M_H

#include "lathe/formats/ternary_super.h"

LATHE_BEGIN

struct IQ1_M {
  static constexpr int id = 29;
  static constexpr const char* name = "IQ1_M";
  static constexpr int blockSize = 256;
  static constexpr int group = 8;
  static constexpr bool exactZero = false;
  using Code = TernaryCode;
  static constexpr int runSize = 16;
  static constexpr bool shiftOfGroup = true;

  struct __attribute__((packed)) Block {
    uint8_t qs[32];      // columns 8 i .. 8 i + 7: lower 8 bits of the codebook entry
    uint8_t qh[16];      // nibble i % 2 of byte i / 2: upper 3 bits of the entry, then 1 bit, set: delta < 0
    uint16_t scales[4];  // s_k at bit 3 (k % 4) of word k / 4; the top 4 bits of word n are bits 4 n .. 4 n + 3 of d
  };
  static_assert(sizeof(Block) == 56, "1.75 bits per weight");
  using Grid = TernaryGrid<16>;
  using Fit = TernarySuperFit<IQ1_M>;

  // d, which is spread over the words of scales.
  LATHE_HD static uint16_t scale(const Block& block) {
    uint32_t bits = 0;
    for (int n = 0; n < 4; ++n) bits |= (static_cast<uint32_t>(block.scales[n]) >> 12) << (4 * n);
    return static_cast<uint16_t>(bits);
  }
  LATHE_HD static void setScale(Block& block, uint16_t d) {
    for (int n = 0; n < 4; ++n)
      block.scales[n] = static_cast<uint16_t>((block.scales[n] & 0x0fff) | (((d >> (4 * n)) & 15) << 12));
  }

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(scale(block));
    for (int i = teamLane(); i < 32; i += teamSize) {
      const int k = i / 2;
      const uint32_t s = (static_cast<uint32_t>(block.scales[k / 4]) >> (3 * (k % 4))) & 7u;
      const float scale = d * static_cast<float>(2 * s + 1);
      const uint32_t packed = static_cast<uint32_t>(block.qh[i / 2]) >> (4 * (i % 2));
      const float delta = packed & 8u ? -0.125f : 0.125f;
      const uint32_t entry = iq1Grid[block.qs[i] | ((packed & 7u) << 8)];
      for (int j = 0; j < 8; ++j) w[8 * i + j] = scale * (static_cast<float>(iq1Digit(entry, j)) + delta);
    }
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    for (int n = teamLane(); n < 4; n += teamSize) {
      int packed = ((grid.d >> (4 * n)) & 15) << 12;
      for (int i = 0; i < 4; ++i) packed |= grid.scales[4 * n + i] << (3 * i);
      block.scales[n] = static_cast<uint16_t>(packed);
    }
    for (int k = teamLane(); k < 16; k += teamSize) {
      const Code first = codes[2 * k];
      const Code second = codes[2 * k + 1];
      block.qs[2 * k] = static_cast<uint8_t>(first & 255);
      block.qs[2 * k + 1] = static_cast<uint8_t>(second & 255);
      block.qh[k] = static_cast<uint8_t>((first >> 8) | ((second >> 8) << 4));
    }
  }
};

LATHE_END

#endif
