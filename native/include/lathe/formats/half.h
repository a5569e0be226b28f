// Conversions between F32 and the two 16-bit float formats, exact in one direction and rounded to nearest, ties to
// even, in the other. NaN stays NaN (quiet, the upper bits of its payload kept), infinity stays infinity.
//
//   F16   IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits; largest 65504, smallest 2^-24
//   BF16  the upper half of an F32: 1 sign, 8 exponent, 7 fraction bits
//
// Written without branches, so that loops over them become vector code, and without arithmetic on F32 subnormals, so
// that a process that flushes those to zero gets the same bits.
#ifndef LATHE_FORMATS_HALF_H
#define LATHE_FORMATS_HALF_H

#include <cstdint>
#include <cstring>

#include "lathe/formats/isa.h"

LATHE_BEGIN

constexpr float largestHalf = 65504.0f;
constexpr float smallestHalf = 5.9604644775390625e-8f;  // 2^-24

LATHE_HD inline uint32_t floatBits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

LATHE_HD inline float floatFromBits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

LATHE_HD inline float halfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t magnitude = half & 0x7fffu;
  const uint32_t subnormal = floatBits(static_cast<float>(static_cast<int32_t>(magnitude)) * smallestHalf);
  const uint32_t normal = (magnitude << 13) + ((127u - 15u) << 23);
  const uint32_t special = (magnitude << 13) | 0x7f800000u;
  uint32_t bits = magnitude < 0x0400u ? subnormal : normal;
  bits = magnitude >= 0x7c00u ? special : bits;
  return floatFromBits(sign | bits);
}

LATHE_HD inline uint16_t floatToHalf(float value) {
  const uint32_t bits = floatBits(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  // Below 2^-14 the result counts steps of 2^-24, which is the distance between floats at 0.5: adding 0.5 rounds.
  const bool small = magnitude < 0x38800000u;
  const float shifted = floatFromBits(small ? magnitude : 0u) + 0.5f;
  const uint32_t subnormal = floatBits(shifted) - 0x3f000000u;
  const uint32_t odd = (magnitude >> 13) & 1u;
  const uint32_t normal = (magnitude - ((127u - 15u) << 23) + 0x0fffu + odd) >> 13;
  const uint32_t nan = 0x7e00u | ((magnitude >> 13) & 0x03ffu);
  uint32_t half = small ? subnormal : normal;
  half = magnitude >= 0x477ff000u ? 0x7c00u : half;  // 65520 and more
  half = magnitude > 0x7f800000u ? nan : half;
  return static_cast<uint16_t>(sign | half);
}

LATHE_HD inline float bfloatToFloat(uint16_t bfloat) { return floatFromBits(static_cast<uint32_t>(bfloat) << 16); }

LATHE_HD inline uint16_t floatToBfloat(float value) {
  const uint32_t bits = floatBits(value);
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const uint32_t nan = (bits >> 16) | 0x0040u;
  return static_cast<uint16_t>((bits & 0x7fffffffu) > 0x7f800000u ? nan : rounded);
}

// The nearest F16 that is finite.
LATHE_HD inline uint16_t floatToFiniteHalf(float value) {
  const float bounded = value > largestHalf ? largestHalf : value < -largestHalf ? -largestHalf : value;
  return floatToHalf(bounded);
}

// The F16 so many steps above half (below, where negative), bounded to the finite range.
LATHE_HD inline uint16_t nextHalf(uint16_t half, int steps) {
  const int magnitude = half & 0x7fff;
  const int place = (half & 0x8000 ? -magnitude : magnitude) + steps;
  const int bounded = place > 0x7bff ? 0x7bff : place < -0x7bff ? -0x7bff : place;
  return static_cast<uint16_t>(bounded < 0 ? 0x8000 - bounded : bounded);
}

// The nearest BF16 that is finite.
LATHE_HD inline uint16_t floatToFiniteBfloat(float value) {
  const float largest = floatFromBits(0x7f7f0000u);
  const float bounded = value > largest ? largest : value < -largest ? -largest : value;
  return floatToBfloat(bounded);
}

LATHE_END

#endif
