// 4.25 bits per weight: 256 weights in 8 groups of 32, w = d * (s_k - 32) * v, v one of 16 values (iq4_codes.h), s_k of
// 6 bits.
#ifndef LATHE_FORMATS_IQ4_XS_H
#define LATHE_FORMATS_IQ4_XS_H

#include "lathe/formats/iq4_codes.h"
#include "lathe/formats/signed_grid.h"

LATHE_BEGIN

struct IQ4_XS {
  static constexpr int id = 23;
  static constexpr const char* name = "IQ4_XS";
  static constexpr int blockSize = 256;
  static constexpr int group = 1;
  static constexpr bool exactZero = false;  // only a whole group can be 0
  using Code = uint8_t;

  struct __attribute__((packed)) Block {
    uint16_t d;            // F16 scale
    uint16_t scalesHigh;   // bits 2 k and 2 k + 1: the upper 2 bits of s_k
    uint8_t scalesLow[4];  // nibble k % 2 of byte k / 2: the lower 4 bits of s_k
    uint8_t qs[128];       // group k has bytes 16 k .. 16 k + 15: low nibbles columns 0 .. 15, high nibbles 16 .. 31
  };
  static_assert(sizeof(Block) == 136, "4.25 bits per weight");
  using Grid = SignedGrid<8>;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int k = 0; k < 8; ++k) {
      const int low = (block.scalesLow[k / 2] >> (4 * (k % 2))) & 15;
      const int high = (block.scalesHigh >> (2 * k)) & 3;
      const float scale = d * static_cast<float>((low | (high << 4)) - 32);
      for (int i = teamLane(); i < 16; i += teamSize) {
        w[32 * k + i] = scale * iq4Value(block.qs[16 * k + i] & 15);
        w[32 * k + i + 16] = scale * iq4Value(block.qs[16 * k + i] >> 4);
      }
    }
  }

  LATHE_HD static void choose(Grid& grid, const float* w, const float* importance, bool) {
    chooseSigned<Iq4Codes, 8, 32, -32, 31>(grid, w, importance);
  }

  LATHE_HD static float code(const Grid& grid, int column, float w, Code& code) {
    code = static_cast<uint8_t>(nearestIq4(w * grid.inverse[column / 32]));
    return grid.scale[column / 32] * iq4Value(code);
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    if (teamLane() == 0) block.d = grid.d;
    int high = 0;
    for (int k = 0; k < 8; ++k) high |= ((grid.scales[k] + 32) >> 4) << (2 * k);
    if (teamLane() == 0) block.scalesHigh = static_cast<uint16_t>(high);
    for (int i = teamLane(); i < 4; i += teamSize) {
      block.scalesLow[i] =
          static_cast<uint8_t>(((grid.scales[2 * i] + 32) & 15) | (((grid.scales[2 * i + 1] + 32) & 15) << 4));
    }
    for (int k = 0; k < 8; ++k) {
      for (int i = teamLane(); i < 16; i += teamSize) {
        block.qs[16 * k + i] = static_cast<uint8_t>(codes[32 * k + i] | (codes[32 * k + i + 16] << 4));
      }
    }
  }
};

LATHE_END

#endif
