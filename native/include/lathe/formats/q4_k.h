// 4.5 bits per weight: 256 weights in 8 runs of 32, w = d * s_k * q - dmin * m_k, q of 4 bits, s_k and m_k of 6.
#ifndef LATHE_FORMATS_Q4_K_H
#define LATHE_FORMATS_Q4_K_H

#include "lathe/formats/k_scales.h"
#include "lathe/formats/super_affine.h"

LATHE_BEGIN

struct Q4_K {
  static constexpr int id = 12;
  static constexpr const char* name = "Q4_K";
  static constexpr int blockSize = 256;
  static constexpr int group = 1;
  static constexpr bool exactZero = true;  // dmin = 8 d (super_tied.h)
  using Code = uint8_t;

  struct __attribute__((packed)) Block {
    uint16_t d;          // F16 scale of the scales
    uint16_t dmin;       // F16 scale of the minimums
    uint8_t scales[12];  // s_k and m_k (k_scales.h)
    uint8_t qs[128];     // q of column c: byte 32 (c / 64) + c % 32, low nibble where (c / 32) % 2 is 0
  };
  static_assert(sizeof(Block) == 144, "4.5 bits per weight");
  using Grid = AffineGrid<8>;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    const float dmin = halfToFloat(block.dmin);
    for (int k = 0; k < 8; ++k) {
      const float scale = d * static_cast<float>(kScale(block.scales, k));
      const float minimum = dmin * static_cast<float>(kMinimum(block.scales, k));
      const uint8_t* qs = block.qs + 32 * (k / 2);
      const int shift = 4 * (k % 2);
      for (int i = teamLane(); i < 32; i += teamSize)
        w[32 * k + i] = scale * static_cast<float>((qs[i] >> shift) & 15) - minimum;
    }
  }

  LATHE_HD static void choose(Grid& grid, const float* w, const float* importance, bool exactZeros) {
    chooseAffine<8, 32, 15, 63, 8>(grid, w, importance, exactZeros);
  }

  LATHE_HD static float code(const Grid& grid, int column, float w, Code& code) {
    return grid.code(column / 32, 15, w, code);
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    if (teamLane() == 0) {
      block.d = grid.d;
      block.dmin = grid.dmin;
    }
    packKScales(block.scales, grid.scales, grid.minimums);
    for (int part = 0; part < 4; ++part) {
      const Code* pair = codes + 64 * part;
      for (int i = teamLane(); i < 32; i += teamSize)
        block.qs[32 * part + i] = static_cast<uint8_t>(pair[i] | (pair[i + 32] << 4));
    }
  }
};

LATHE_END

#endif
