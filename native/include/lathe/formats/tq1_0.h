// 1.6875 bits per weight: 256 weights, w = d * (t - 1) with a ternary digit t of 0, 1 or 2.
//
// A byte holds five digits as the fraction (81 t0 + 27 t1 + 9 t2 + 3 t3 + t4) / 243, scaled to 256 and rounded up.
// Digit k is read by multiplying the byte by 3^k modulo 256 and taking the whole part of three times that, over 256.
// The 256 columns are cut into 160 (32 bytes of five), 80 (16 bytes of five) and 16 (4 bytes of four digits); digit k
// of byte j belongs to column k * bytes + j of its part.
#ifndef LATHE_FORMATS_TQ1_0_H
#define LATHE_FORMATS_TQ1_0_H

#include "lathe/formats/single_scale.h"

LATHE_BEGIN

struct TQ1_0 {
  static constexpr int id = 34;
  static constexpr const char* name = "TQ1_0";
  static constexpr int blockSize = 256;
  static constexpr int group = 1;
  static constexpr bool exactZero = true;
  using Code = uint8_t;  // t

  struct __attribute__((packed)) Block {
    uint8_t qs[48];  // columns 0 .. 159 in bytes 0 .. 31, columns 160 .. 239 in bytes 32 .. 47
    uint8_t qh[4];   // columns 240 .. 255
    uint16_t d;      // F16 scale
  };
  static_assert(sizeof(Block) == 54, "1.6875 bits per weight");
  using Grid = SingleScaleGrid;

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfToFloat(block.d);
    decodePart(block.qs, 32, 5, d, w);
    decodePart(block.qs + 32, 16, 5, d, w + 160);
    decodePart(block.qh, 4, 4, d, w + 240);
  }

  LATHE_HD static void choose(Grid& grid, const float* w, const float* importance, bool) {
    chooseSingleScale<WholeCodes<-1, 1>, blockSize>(grid, w, importance, 3);
  }

  LATHE_HD static float code(const Grid& grid, int, float w, Code& code) {
    return codeSingleScale<-1, 1>(grid, w, code);
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    packPart(block.qs, 32, 5, codes);
    packPart(block.qs + 32, 16, 5, codes + 160);
    packPart(block.qh, 4, 4, codes + 240);
    if (teamLane() == 0) block.d = grid.d;
  }

 private:
  LATHE_HD static void decodePart(const uint8_t* bytes, int count, int digits, float d, float* w) {
    int power = 1;
    for (int k = 0; k < digits; ++k) {
      for (int j = teamLane(); j < count; j += teamSize) {
        const int shifted = (bytes[j] * power) & 255;
        w[k * count + j] = d * static_cast<float>(((shifted * 3) >> 8) - 1);
      }
      power *= 3;
    }
  }

  LATHE_HD static void packPart(uint8_t* bytes, int count, int digits, const Code* codes) {
    for (int j = teamLane(); j < count; j += teamSize) {
      int value = 0;
      for (int k = 0; k < 5; ++k) value = 3 * value + (k < digits ? codes[k * count + j] : 0);
      bytes[j] = static_cast<uint8_t>((value * 256 + 242) / 243);
    }
  }
};

LATHE_END

#endif
