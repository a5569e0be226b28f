// 4.25 bits per weight: 32 weights, w = 2^(e - 127) * v, v an E2M1 float (e2m1.h).
//
// The search tries the eight scales from the least that clips nothing downwards; a larger one has no value that this
// lacks. All values that it writes are normal finite floats: e from 2 to 252.
#ifndef LATHE_FORMATS_MXFP4_H
#define LATHE_FORMATS_MXFP4_H

#include "lathe/formats/e2m1.h"

LATHE_BEGIN

struct MXFP4 {
  static constexpr int id = 39;
  static constexpr const char* name = "MXFP4";
  static constexpr int blockSize = 32;
  static constexpr int group = 1;
  static constexpr bool exactZero = true;
  using Code = uint8_t;

  struct __attribute__((packed)) Block {
    uint8_t e;       // E8M0 scale: exponent with bias 127
    uint8_t qs[16];  // code of column i: low nibble of byte i (i < 16), high nibble of byte i - 16
  };
  static_assert(sizeof(Block) == 17, "4.25 bits per weight");

  struct Grid {
    uint8_t e;
    float scale;    // half of 2^(e - 127)
    float inverse;  // 1 / scale, or 0
  };

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = halfOfPower(block.e);
    for (int i = teamLane(); i < 16; i += teamSize) {
      w[i] = d * doubledE2m1(block.qs[i] & 15);
      w[i + 16] = d * doubledE2m1(block.qs[i] >> 4);
    }
  }

  LATHE_HD static void choose(Grid& grid, const float* w, const float* importance, bool) {
    LATHE_TEAM_SHARED Weighted<blockSize> block;
    prepare(block, w, importance, smallestNormal);
    Grid chosen = {0, 0.0f, 0.0f};
    if (block.unit > 0.0f) {
      const int widest = static_cast<int>(floatBits(block.unit) >> 23) - 1;  // 12 quarters of the unit are beyond all x
      const auto candidate = [&](int i) { return widest - i < 2 ? 2 : widest - i; };
      const Lanes scales = makeLanes([&](int i) { return halfOfPower(candidate(i)) / block.unit; });
      const CodeSums sums = codeSums<E2m1Codes, blockSize>(block.x, block.p, 1.0f / scales, lanes(0.0f));
      chosen.e = static_cast<uint8_t>(candidate(largestLane(scales * (2.0f * sums.xq - scales * sums.qq))));
      chosen.scale = halfOfPower(chosen.e);
      chosen.inverse = 1.0f / chosen.scale;
    }
    if (teamLane() == 0) grid = chosen;
    teamSync();
  }

  LATHE_HD static float code(const Grid& grid, int, float w, Code& code) {
    code = static_cast<uint8_t>(nearestE2m1(w * grid.inverse));
    return grid.scale * doubledE2m1(code);
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    if (teamLane() == 0) block.e = grid.e;
    for (int i = teamLane(); i < 16; i += teamSize) block.qs[i] = static_cast<uint8_t>(codes[i] | (codes[i + 16] << 4));
  }

 private:
  static constexpr float smallestNormal = 1.1754943508222875e-38f;  // 2^-126

  // 2^(e - 128), half the scale since the values are doubled. The two lowest are F32 subnormals.
  LATHE_HD static float halfOfPower(uint32_t e) { return floatFromBits(e < 2 ? 0x00200000u << e : (e - 1) << 23); }
};

LATHE_END

#endif
