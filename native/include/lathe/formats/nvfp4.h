// 4.5 bits per weight: 64 weights in 4 groups of 16, w = d_k * v, v an E2M1 float (e2m1.h), d_k an unsigned E4M3 float
// (4 exponent bits of bias 7, 3 fraction bits; 0x7f is read as 0). The further F32 scale that NVIDIA's format has per
// tensor is a tensor of its own in GGUF files.
#ifndef LATHE_FORMATS_NVFP4_H
#define LATHE_FORMATS_NVFP4_H

#include "lathe/formats/e2m1.h"
#include "lathe/formats/format.h"

LATHE_BEGIN

struct NVFP4 {
  static constexpr int id = 40;
  static constexpr const char* name = "NVFP4";
  static constexpr int blockSize = 64;
  static constexpr bool exactZero = true;

  struct __attribute__((packed)) Block {
    uint8_t d[4];    // UE4M3 scale of columns 16 k .. 16 k + 15
    uint8_t qs[32];  // group k has bytes 8 k .. 8 k + 7: low nibbles columns 0 .. 7, high nibbles columns 8 .. 15
  };
  static_assert(sizeof(Block) == 36, "4.5 bits per weight");

  LATHE_HD static void decode(const Block& block, float* w) {
    for (int k = 0; k < 4; ++k) {
      const float d = halfOfScale(block.d[k]);
      for (int i = 0; i < 8; ++i) {
        w[16 * k + i] = d * doubledE2m1(block.qs[8 * k + i] & 15);
        w[16 * k + i + 8] = d * doubledE2m1(block.qs[8 * k + i] >> 4);
      }
    }
  }

 private:
  // Half the scale, since the values are doubled.
  LATHE_HD static float halfOfScale(uint32_t bits) {
    const uint32_t exponent = (bits >> 3) & 15u;
    const uint32_t fraction = bits & 7u;
    const float subnormal = static_cast<float>(static_cast<int32_t>(fraction)) * 0.0009765625f;  // 2^-10
    const float normal = floatFromBits(((exponent + 127 - 8) << 23) | (fraction << 20));
    const float scale = exponent == 0 ? subnormal : normal;
    return bits == 0x7fu ? 0.0f : scale;
  }
};

LATHE_END

#endif
