// 6.5625 bits per weight: 256 weights in 16 runs of 16, w = d * s_k * (q - 32), q of 6 bits, s_k from -128 to 127.
#ifndef LATHE_FORMATS_Q6_K_H
#define LATHE_FORMATS_Q6_K_H

#include "lathe/formats/signed_grid.h"

LATHE_BEGIN

struct Q6_K {
  static constexpr int id = 14;
  static constexpr const char* name = "Q6_K";
  static constexpr int blockSize = 256;
  static constexpr int group = 1;
  static constexpr bool exactZero = true;
  using Code = uint8_t;

  struct __attribute__((packed)) Block {
    uint8_t ql[128];    // bits 0 .. 3 of q of column c: byte 64 (c / 128) + c % 64, low nibble where (c / 64) % 2 is 0
    uint8_t qh[64];     // bits 4 and 5: byte 32 (c / 128) + c % 32, bits 2 ((c / 32) % 4) and above
    int8_t scales[16];  // s_k
    uint16_t d;         // F16 scale of the scales
  };
  static_assert(sizeof(Block) == 210, "6.5625 bits per weight");
  using Grid = SignedGrid<16>;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    for (int k = 0; k < 16; ++k) {
      const float scale = d * static_cast<float>(block.scales[k]);
      const uint8_t* ql = block.ql + 64 * (k / 8) + 16 * (k % 4);
      const uint8_t* qh = block.qh + 32 * (k / 8) + 16 * (k % 2);
      const int lowShift = 4 * ((k / 4) % 2);
      const int highShift = 2 * ((k / 2) % 4);
      for (int i = teamLane(); i < 16; i += teamSize) {
        const int q = ((ql[i] >> lowShift) & 15) | (((qh[i] >> highShift) & 3) << 4);
        w[16 * k + i] = scale * static_cast<float>(q - 32);
      }
    }
  }

  LATHE_HD static void choose(Grid& grid, const float* w, const float* importance, bool) {
    chooseSigned<WholeCodes<-32, 31>, 16, 16, -128, 127>(grid, w, importance);
  }

  LATHE_HD static float code(const Grid& grid, int column, float w, Code& code) {
    return grid.code(column / 16, -32, 31, w, code);
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    for (int half = 0; half < 2; ++half) {
      const Code* part = codes + 128 * half;
      for (int i = teamLane(); i < 64; i += teamSize) {
        block.ql[64 * half + i] = static_cast<uint8_t>((part[i] & 15) | ((part[i + 64] & 15) << 4));
      }
      for (int i = teamLane(); i < 32; i += teamSize) {
        int high = 0;
        for (int j = 0; j < 4; ++j) high |= (part[32 * j + i] >> 4) << (2 * j);
        block.qh[32 * half + i] = static_cast<uint8_t>(high);
      }
    }
    for (int k = teamLane(); k < 16; k += teamSize) block.scales[k] = grid.scales[k];
    if (teamLane() == 0) block.d = grid.d;
  }
};

LATHE_END

#endif
