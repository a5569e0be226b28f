// Eight floats that are worked on together.
//
// The searches for scales put eight candidate scales into one Lanes and walk through the weights one after another. So
// the sums of each candidate are formed in the order of the weights, whatever the width of the processor's registers,
// and every compiled variant gives the same bits. With AVX, Lanes is the compiler's vector type; without, a pair of
// vectors of four, or (with LATHE_PLAIN_LANES, for a test of that path) eight single floats. In device code every
// thread of an octet (team.h) holds one of the eight; all threads of an octet call these functions together.
#ifndef LATHE_FORMATS_LANES_H
#define LATHE_FORMATS_LANES_H

#include <cstring>

#include "lathe/formats/team.h"

#if defined(LATHE_TEAM) && !defined(LATHE_PLAIN_LANES)
#define LATHE_PLAIN_LANES
#endif

#if defined(__SSE__) && !defined(LATHE_PLAIN_LANES)
#include <immintrin.h>
#endif

LATHE_BEGIN

constexpr int laneCount = 8;

// Lanes that one thread holds.
constexpr int lanesHeld = teamSize == 1 ? laneCount : 1;

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
constexpr int lanePartCount = lanesHeld * static_cast<int>(sizeof(float)) / static_cast<int>(sizeof(LanePart));

struct Lanes {
  LanePart part[lanePartCount];
#ifndef LATHE_TEAM
  float& operator[](int lane) { return reinterpret_cast<float*>(part)[lane]; }
  float operator[](int lane) const { return reinterpret_cast<const float*>(part)[lane]; }
#endif
};

#ifdef LATHE_TEAM

LATHE_HD inline Lanes lanes(float a, float b, float c, float d, float e, float f, float g, float h) {
  const int lane = octetLane();
  const float low = lane & 2 ? (lane & 1 ? d : c) : (lane & 1 ? b : a);
  const float high = lane & 2 ? (lane & 1 ? h : g) : (lane & 1 ? f : e);
  return {{lane & 4 ? high : low}};
}

LATHE_HD inline Lanes lanes(float value) { return {{value}}; }

#else

inline Lanes lanes(float a, float b, float c, float d, float e, float f, float g, float h) {
  const float values[laneCount] = {a, b, c, d, e, f, g, h};
  Lanes result;
  for (int i = 0; i < laneCount; ++i) result[i] = values[i];
  return result;
}

inline Lanes lanes(float value) { return lanes(value, value, value, value, value, value, value, value); }

#endif

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

LATHE_END

// Lanes by their number, alike on a CPU and in an octet: PerLane, makePerLane, makeLanes, inLane, laneOf, loadLanes,
// storeLanes, and the sum, the least, the greatest of all lanes.
#ifdef LATHE_TEAM
#include "lathe/formats/lanes_of_octet.h"
#else
#include "lathe/formats/lanes_of_thread.h"
#endif

#endif
