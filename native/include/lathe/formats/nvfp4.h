// 4.5 bits per weight: 64 weights in 4 groups of 16, w = d_k * v, v an E2M1 float (e2m1.h), d_k an unsigned E4M3 float
// (4 exponent bits of bias 7, 3 fraction bits; 0x7f is read as 0). The further F32 scale that NVIDIA's format has per
// tensor is a tensor of its own in GGUF files.
//
// The search tries 24 neighbouring scales per group: upwards until the largest weight takes the value next to the
// largest one, downwards until a quarter of it is clipped to.
#ifndef LATHE_FORMATS_NVFP4_H
#define LATHE_FORMATS_NVFP4_H

#include "lathe/formats/e2m1.h"

LATHE_BEGIN

struct NVFP4 {
  static constexpr int id = 40;
  static constexpr const char* name = "NVFP4";
  static constexpr int blockSize = 64;
  static constexpr int group = 1;
  static constexpr bool exactZero = true;
  using Code = uint8_t;

  struct __attribute__((packed)) Block {
    uint8_t d[4];    // UE4M3 scale of columns 16 k .. 16 k + 15
    uint8_t qs[32];  // group k has bytes 8 k .. 8 k + 7: low nibbles columns 0 .. 7, high nibbles columns 8 .. 15
  };
  static_assert(sizeof(Block) == 36, "4.5 bits per weight");

  struct Grid {
    uint8_t d[4];
    float scale[4];    // half of the group's scale
    float inverse[4];  // 1 / scale, or 0
  };

  LATHE_HD static void decode(const Block& block, float* w) {
    for (int k = 0; k < 4; ++k) {
      const float d = halfOfScale(block.d[k]);
      for (int i = teamLane(); i < 8; i += teamSize) {
        w[16 * k + i] = d * doubledE2m1(block.qs[8 * k + i] & 15);
        w[16 * k + i + 8] = d * doubledE2m1(block.qs[8 * k + i] >> 4);
      }
    }
  }

  LATHE_HD static void choose(Grid& grid, const float* w, const float* importance, bool) {
    LATHE_TEAM_SHARED Weighted<blockSize, 16> block;
    prepare(block, w, importance);
    for (int k = octet(); k < 4; k += octets) {
      const uint8_t d = block.unit > 0.0f ? chooseScale(block, k) : uint8_t{0};
      if (octetLane() != 0) continue;
      grid.d[k] = d;
      grid.scale[k] = halfOfScale(d);
      grid.inverse[k] = inverseOrZero(grid.scale[k]);
    }
    teamSync();
  }

  LATHE_HD static float code(const Grid& grid, int column, float w, Code& code) {
    code = static_cast<uint8_t>(nearestE2m1(w * grid.inverse[column / 16]));
    return grid.scale[column / 16] * doubledE2m1(code);
  }

  LATHE_HD static void pack(Block& block, const Grid& grid, const Code* codes) {
    for (int k = 0; k < 4; ++k) {
      if (teamLane() == 0) block.d[k] = grid.d[k];
      for (int i = teamLane(); i < 8; i += teamSize) {
        block.qs[8 * k + i] = static_cast<uint8_t>(codes[16 * k + i] | (codes[16 * k + i + 8] << 4));
      }
    }
  }

 private:
  static constexpr int largestScale = 126;  // 448

  // The bits of the scale at or below value, between 0 and the largest.
  LATHE_HD static int scaleBelow(float value) {
    if (!(value < 448.0f)) return largestScale;
    if (value < 0.015625f) return static_cast<int>(value * 512.0f);  // subnormal: whole multiples of 2^-9
    return static_cast<int>(floatBits(value) >> 20) - ((127 - 7) << 3);
  }

  LATHE_HD static uint8_t chooseScale(const Weighted<blockSize, 16>& block, int run) {
    const int covering = scaleBelow(largestMagnitude<16>(block.xOf(run)) * (1.0f / 6.0f) * block.unit);
    int best = 0;
    float most = 0.0f;
    for (int batch = 0; batch < 3; ++batch) {
      const PerLane<int> candidates = makePerLane<int>(
          [&](int i) { return roundBetween(static_cast<float>(covering + 6 - 8 * batch - i), 0, largestScale); });
      const Lanes scales = makeLanes([&](int i) { return halfOfScale(inLane(candidates, i)) / block.unit; });
      const CodeSums sums =
          codeSums<E2m1Codes, 16>(block.xOf(run), block.pOf(run), inversesOrZero(scales), lanes(0.0f));
      const Lanes gains = scales * (2.0f * sums.xq - scales * sums.qq);
      const int lane = largestLane(gains);
      const float gain = laneOf(gains, lane);
      if (gain > most) {
        most = gain;
        best = laneOf(candidates, lane);
      }
    }
    return static_cast<uint8_t>(best);
  }

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
