// 4.25 bits per weight: 32 weights, w = 2^(e - 127) * v, v an E2M1 float (e2m1.h).
#ifndef LATHE_FORMATS_MXFP4_H
#define LATHE_FORMATS_MXFP4_H

#include "lathe/formats/e2m1.h"
#include "lathe/formats/format.h"

LATHE_BEGIN

struct MXFP4 {
  static constexpr int id = 39;
  static constexpr const char* name = "MXFP4";
  static constexpr int blockSize = 32;
  static constexpr bool exactZero = true;

  struct __attribute__((packed)) Block {
    uint8_t e;       // E8M0 scale: exponent with bias 127
    uint8_t qs[16];  // code of column i: low nibble of byte i (i < 16), high nibble of byte i - 16
  };
  static_assert(sizeof(Block) == 17, "4.25 bits per weight");

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfOfPower(block.e);
    for (int i = 0; i < 16; ++i) {
      w[i] = d * doubledE2m1(block.qs[i] & 15);
      w[i + 16] = d * doubledE2m1(block.qs[i] >> 4);
    }
  }

 private:
  // 2^(e - 128), half the scale since the values are doubled. The two lowest are F32 subnormals.
  LATHE_HD static float halfOfPower(uint32_t e) { return floatFromBits(e < 2 ? 0x00200000u << e : (e - 1) << 23); }
};

LATHE_END

#endif
