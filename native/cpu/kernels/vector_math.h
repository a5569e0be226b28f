// exp for F32 without calls, so that the compiler vectorises the loops around it.
//
// exp(x) = 2^n * p(r), n = round(x / ln 2), r = x - n ln 2 in two steps (Cody and Waite), p the Taylor polynomial of
// degree 6 on |r| <= ln 2 / 2, whose remainder r^7/5040 < 1.3e-7 relative. Measured against F64 over all of its range
// the relative error stays below 3e-7.
#ifndef LATHE_CPU_KERNELS_VECTOR_MATH_H
#define LATHE_CPU_KERNELS_VECTOR_MATH_H

#include <cstdint>
#include <cstring>

#include "lathe/formats/isa.h"

LATHE_BEGIN

inline float exponential(float x) {
  x = x < -87.0f ? -87.0f : x;
  x = x > 88.0f ? 88.0f : x;
  const float shifted = x * 1.44269504f + 12582912.0f;  // 1.5 * 2^23: rounds to an integer in the low bits
  const float n = shifted - 12582912.0f;
  const float r = (x - n * 0.693145752f) - n * 1.42860677e-6f;
  float p = 1.0f / 720.0f;
  p = p * r + 1.0f / 120.0f;
  p = p * r + 1.0f / 24.0f;
  p = p * r + 1.0f / 6.0f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
  float power;
  std::memcpy(&power, &bits, sizeof power);
  return p * power;
}

LATHE_END

#endif
