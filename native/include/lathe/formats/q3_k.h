// 3.4375 bits per weight: 256 weights in 16 runs of 16, w = d * (s_k - 32) * (q - 4), q of 3 bits, s_k of 6.
#ifndef LATHE_FORMATS_Q3_K_H
#define LATHE_FORMATS_Q3_K_H

#include "lathe/formats/pairs_of_bits.h"
#include "lathe/formats/signed_grid.h"

LATHE_BEGIN

struct Q3_K {
  static constexpr int id = 11;
  static constexpr const char* name = "Q3_K";
  static constexpr int blockSize = 256;
  static constexpr int group = 1;
  static constexpr bool exactZero = true;
  using Code = uint8_t;

  struct __attribute__((packed)) Block {
    uint8_t hmask[32];   // bit 2 of q of column c: bit c / 32 of byte c % 32
    uint8_t qs[64];      // bits 0 and 1: byte 32 (c / 128) + c % 32, bits 2 ((c / 32) % 4) and above
    uint8_t scales[12];  // s_k: lower 4 bits in nibble k / 8 of byte k % 8, upper 2 at bit 2 (k / 4) of byte 8 + k % 4
    uint16_t d;          // F16 scale of the scales
  };
  static_assert(sizeof(Block) == 110, "3.4375 bits per weight");
  using Grid = SignedGrid<16>;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int k = 0; k < 16; ++k) {
      const int low = (block.scales[k % 8] >> (4 * (k / 8))) & 15;
      const int high = (block.scales[8 + k % 4] >> (2 * (k / 4))) & 3;
      const float scale = d * static_cast<float>((low | (high << 4)) - 32);
      const uint8_t* qs = block.qs + 32 * (k / 8) + 16 * (k % 2);
      const uint8_t* hmask = block.hmask + 16 * (k % 2);
      const int shift = 2 * ((k / 2) % 4);
      for (int i = teamLane(); i < 16; i += teamSize) {
        const int q = ((qs[i] >> shift) & 3) | (((hmask[i] >> (k / 2)) & 1) << 2);
        w[16 * k + i] = scale * static_cast<float>(q - 4);
      }
    }
  }

  LATHE_HD static void choose(Grid& grid, const float* w, const float* importance, bool) {
    chooseSigned<WholeCodes<-4, 3>, 16, 16, -32, 31>(grid, w, importance);
  }

  LATHE_HD static float code(const Grid& grid, int column, float w, Code& code) {
    return grid.code(column / 16, -4, 3, w, code);
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    if (teamLane() == 0) block.d = grid.d;
    for (int k = teamLane(); k < 8; k += teamSize) {
      block.scales[k] = static_cast<uint8_t>(((grid.scales[k] + 32) & 15) | (((grid.scales[k + 8] + 32) & 15) << 4));
    }
    for (int j = teamLane(); j < 4; j += teamSize) {
      int high = 0;
      for (int part = 0; part < 4; ++part) high |= ((grid.scales[4 * part + j] + 32) >> 4) << (2 * part);
      block.scales[8 + j] = static_cast<uint8_t>(high);
    }
    for (int i = teamLane(); i < 32; i += teamSize) {
      int high = 0;
      for (int part = 0; part < 8; ++part) high |= (codes[32 * part + i] >> 2) << part;
      block.hmask[i] = static_cast<uint8_t>(high);
    }
    packPairsOfBits(block.qs, codes);
  }
};

LATHE_END

#endif
