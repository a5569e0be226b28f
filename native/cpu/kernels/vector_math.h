// What the kernels' loops share: sums over sixteen fixed lanes, so that every variant adds in the same order, and exp
// for F32 without calls, so that the compiler vectorises the loops around it.
//
// exp(x) = 2^n * p(r), n = round(x / ln 2), r = x - n ln 2 in two steps (Cody and Waite), p the Taylor polynomial of
// degree 6 on |r| <= ln 2 / 2, whose remainder r^7/5040 < 1.3e-7 relative. The relative error stays below 3e-7 for
// -87.3 <= x <= 88.3; lower ones go to 0 (from -87.7 on), higher ones to infinity.
#ifndef LATHE_CPU_KERNELS_VECTOR_MATH_H
#define LATHE_CPU_KERNELS_VECTOR_MATH_H

#include <cstdint>
#include <cstring>

#include "kernel_table.h"
#include "lathe/formats/isa.h"

LATHE_BEGIN

inline float exponential(float x) {
  x = x < -88.0f ? -88.0f : x;                          // n = -127: the exponent's bits become 0
  x = x > 89.0f ? 89.0f : x;                            // n = 128: those of infinity
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
  // The low bits of `shifted` are n; those above leave to the left. A NaN passes through p.
  uint32_t bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + 127u) << 23;
  float power;
  std::memcpy(&power, &bits, sizeof power);
  return p * power;
}

// Sum of term(i) for i in [0, count), each converted to Sum. term may have effects: it is called once for each i.
template <class Sum, class Term>
inline Sum sumOverLanes(int64_t count, Term term) {
  Sum lane[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int l = 0; l < kLanes; l++) lane[l] += term(i + l);
  for (; i < count; i++) lane[0] += term(i);
  Sum sum = 0;
  for (int l = 0; l < kLanes; l++) sum += lane[l];
  return sum;
}

LATHE_END

#endif
