// 2.625 bits per weight: 256 weights in 16 runs of 16, w = d * s_k * q - dmin * m_k, q of 2 bits, s_k and m_k of 4.
#ifndef LATHE_FORMATS_Q2_K_H
#define LATHE_FORMATS_Q2_K_H

#include "lathe/formats/pairs_of_bits.h"
#include "lathe/formats/super_affine.h"

LATHE_BEGIN

struct Q2_K {
  static constexpr int id = 10;
  static constexpr const char* name = "Q2_K";
  static constexpr int blockSize = 256;
  static constexpr int group = 1;
  static constexpr bool exactZero = true;  // dmin = 2 d (super_tied.h)
  using Code = uint8_t;

  struct __attribute__((packed)) Block {
    uint8_t scales[16];  // s_k in the low nibble, m_k in the high one
    uint8_t qs[64];      // q of column c: byte 32 (c / 128) + c % 32, bits 2 ((c / 32) % 4) and above
    uint16_t d;          // F16 scale of the scales
    uint16_t dmin;       // F16 scale of the minimums
  };
  static_assert(sizeof(Block) == 84, "2.625 bits per weight");
  using Grid = AffineGrid<16>;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    const float dmin = halfToFloat(block.dmin);
    for (int k = 0; k < 16; ++k) {
      const float scale = d * static_cast<float>(block.scales[k] & 15);
      const float minimum = dmin * static_cast<float>(block.scales[k] >> 4);
      const uint8_t* qs = block.qs + 32 * (k / 8) + 16 * (k % 2);
      const int shift = 2 * ((k / 2) % 4);
      for (int i = teamLane(); i < 16; i += teamSize)
        w[16 * k + i] = scale * static_cast<float>((qs[i] >> shift) & 3) - minimum;
    }
  }

  LATHE_HD static void choose(Grid& grid, const float* w, const float* importance, bool exactZeros) {
    chooseAffine<16, 16, 3, 15, 2>(grid, w, importance, exactZeros);
  }

  LATHE_HD static float code(const Grid& grid, int column, float w, Code& code) {
    return grid.code(column / 16, 3, w, code);
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    for (int k = teamLane(); k < 16; k += teamSize)
      block.scales[k] = static_cast<uint8_t>(grid.scales[k] | (grid.minimums[k] << 4));
    packPairsOfBits(block.qs, codes);
    if (teamLane() == 0) {
      block.d = grid.d;
      block.dmin = grid.dmin;
    }
  }
};

LATHE_END

#endif
