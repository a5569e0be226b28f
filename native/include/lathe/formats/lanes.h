// Eight floats that are worked on together.
//
// The searches for scales put eight candidate scales into one Lanes and walk through the weights one after another. So
// the sums of each candidate are formed in the order of the weights, whatever the width of the processor's registers,
// and every compiled variant gives the same bits. With AVX, Lanes is the compiler's vector type; without, a pair of
// vectors of four; in device code (or with LATHE_PLAIN_LANES, for a test of that path) eight single floats.
#ifndef LATHE_FORMATS_LANES_H
#define LATHE_FORMATS_LANES_H

#include <cstring>

#include "lathe/formats/isa.h"

#if defined(__CUDACC__) && !defined(LATHE_PLAIN_LANES)
#define LATHE_PLAIN_LANES
#endif

#if defined(__SSE__) && !defined(LATHE_PLAIN_LANES)
#include <immintrin.h>
#endif

LATHE_BEGIN

constexpr int laneCount = 8;

#if defined(__AVX__) && !defined(LATHE_PLAIN_LANES)

typedef float Lanes __attribute__((vector_size(laneCount * sizeof(float))));

// Lane by lane: a < b ? yes : no.
inline Lanes selectLess(Lanes a, Lanes b, Lanes yes, Lanes no) { return a < b ? yes : no; }

// Lane by lane: a < b ? a : b, and a > b ? a : b. Where a is NaN, the result is b.
inline Lanes smaller(Lanes a, Lanes b) { return _mm256_min_ps(a, b); }
inline Lanes larger(Lanes a, Lanes b) { return _mm256_max_ps(a, b); }

inline Lanes lanes(float value) { return Lanes{value, value, value, value, value, value, value, value}; }

inline Lanes lanes(float a, float b, float c, float d, float e, float f, float g, float h) {
  return Lanes{a, b, c, d, e, f, g, h};
}

#else

#ifdef LATHE_PLAIN_LANES
typedef float LanePart;
#else
typedef float LanePart __attribute__((vector_size(4 * sizeof(float))));
#endif
constexpr int lanePartCount = laneCount * static_cast<int>(sizeof(float)) / static_cast<int>(sizeof(LanePart));

struct Lanes {
  LanePart part[lanePartCount];
  LATHE_HD float& operator[](int lane) { return reinterpret_cast<float*>(part)[lane]; }
  LATHE_HD float operator[](int lane) const { return reinterpret_cast<const float*>(part)[lane]; }
};

LATHE_HD inline Lanes lanes(float a, float b, float c, float d, float e, float f, float g, float h) {
  const float values[laneCount] = {a, b, c, d, e, f, g, h};
  Lanes result;
  for (int i = 0; i < laneCount; ++i) result[i] = values[i];
  return result;
}

LATHE_HD inline Lanes lanes(float value) { return lanes(value, value, value, value, value, value, value, value); }

#define LATHE_LANES_OPERATOR(op)                                                       \
  LATHE_HD inline Lanes operator op(const Lanes& a, const Lanes& b) {                  \
    Lanes result;                                                                      \
    for (int i = 0; i < lanePartCount; ++i) result.part[i] = a.part[i] op b.part[i];   \
    return result;                                                                     \
  }                                                                                    \
  LATHE_HD inline Lanes operator op(const Lanes& a, float b) { return a op lanes(b); } \
  LATHE_HD inline Lanes operator op(float a, const Lanes& b) { return lanes(a) op b; }
LATHE_LANES_OPERATOR(+)
LATHE_LANES_OPERATOR(-)
LATHE_LANES_OPERATOR(*)
LATHE_LANES_OPERATOR(/)
#undef LATHE_LANES_OPERATOR

// Lane by lane: a < b ? yes : no.
LATHE_HD inline Lanes selectLess(const Lanes& a, const Lanes& b, const Lanes& yes, const Lanes& no) {
  Lanes result;
  for (int i = 0; i < lanePartCount; ++i) result.part[i] = a.part[i] < b.part[i] ? yes.part[i] : no.part[i];
  return result;
}

#if defined(__SSE__) && !defined(LATHE_PLAIN_LANES)
inline LanePart smaller(LanePart a, LanePart b) { return _mm_min_ps(a, b); }
inline LanePart larger(LanePart a, LanePart b) { return _mm_max_ps(a, b); }
#else
LATHE_HD inline LanePart smaller(LanePart a, LanePart b) { return a < b ? a : b; }
LATHE_HD inline LanePart larger(LanePart a, LanePart b) { return a > b ? a : b; }
#endif

// Lane by lane: a < b ? a : b, and a > b ? a : b. Where a is NaN, the result is b.
LATHE_HD inline Lanes smaller(const Lanes& a, const Lanes& b) {
  Lanes result;
  for (int i = 0; i < lanePartCount; ++i) result.part[i] = smaller(a.part[i], b.part[i]);
  return result;
}

LATHE_HD inline Lanes larger(const Lanes& a, const Lanes& b) {
  Lanes result;
  for (int i = 0; i < lanePartCount; ++i) result.part[i] = larger(a.part[i], b.part[i]);
  return result;
}

#endif

// value + roundingShift - roundingShift is the nearest whole number, ties to even, for |value| < 2^22.
constexpr float roundingShift = 12582912.0f;  // 1.5 * 2^23

// The nearest whole number between low and high. Infinity is allowed; NaN gives low.
LATHE_HD inline Lanes roundBetween(Lanes value, Lanes low, Lanes high) {
  return (smaller(larger(value, low), high) + roundingShift) - roundingShift;
}

// The same for one value.
LATHE_HD inline int roundBetween(float value, int low, int high) {
  const float above = static_cast<float>(low) < value ? value : static_cast<float>(low);
  const float inside = above < static_cast<float>(high) ? above : static_cast<float>(high);
  return static_cast<int>((inside + roundingShift) - roundingShift);
}

// values [laneCount]
LATHE_HD inline Lanes loadLanes(const float* values) {
  Lanes result;
  memcpy(&result, values, sizeof result);
  return result;
}

LATHE_HD inline float sumOfLanes(const Lanes& values) {
  return ((values[0] + values[1]) + (values[2] + values[3])) + ((values[4] + values[5]) + (values[6] + values[7]));
}

// Index of the largest lane, the first of equals.
LATHE_HD inline int largestLane(const Lanes& values) {
  int best = 0;
  for (int i = 1; i < laneCount; ++i) best = values[i] > values[best] ? i : best;
  return best;
}

LATHE_END

#endif
