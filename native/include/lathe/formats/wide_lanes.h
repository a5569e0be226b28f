// Sixteen floats that are worked on together: one vector of AVX-512, else two Lanes (lanes.h). Every lane is a problem
// of its own, so results do not depend on the width of the processor's registers. A thread of device code holds one,
// and shares with its team (team.h) what would be lanes and vectors here.
#ifndef LATHE_FORMATS_WIDE_LANES_H
#define LATHE_FORMATS_WIDE_LANES_H

#include "lathe/formats/lanes.h"

LATHE_BEGIN

constexpr int wideCount = teamSize == 1 ? 16 : 1;

#if defined(__AVX512F__) && !defined(LATHE_PLAIN_LANES)

typedef float WideLanes __attribute__((vector_size(wideCount * sizeof(float))));

inline WideLanes wide(float value) { return _mm512_set1_ps(value); }
inline WideLanes selectLess(WideLanes a, WideLanes b, WideLanes yes, WideLanes no) { return a < b ? yes : no; }
inline WideLanes smaller(WideLanes a, WideLanes b) { return _mm512_mask_min_ps(a, 0xffff, a, b); }
inline WideLanes larger(WideLanes a, WideLanes b) { return _mm512_mask_max_ps(a, 0xffff, a, b); }

// values [wideCount]
inline WideLanes loadWide(const float* values) { return _mm512_loadu_ps(values); }
inline void storeWide(float* values, WideLanes from) { _mm512_storeu_ps(values, from); }

#elif defined(LATHE_TEAM)

typedef float WideLanes;

LATHE_HD inline WideLanes wide(float value) { return value; }
LATHE_HD inline WideLanes selectLess(WideLanes a, WideLanes b, WideLanes yes, WideLanes no) { return a < b ? yes : no; }

// values [1]
LATHE_HD inline WideLanes loadWide(const float* values) { return *values; }
LATHE_HD inline void storeWide(float* values, WideLanes from) { *values = from; }

#else

struct WideLanes {
  Lanes part[2];
};

LATHE_HD inline WideLanes wide(float value) { return {{lanes(value), lanes(value)}}; }

#define LATHE_WIDE_OPERATOR(op)                                                                                     \
  LATHE_HD inline WideLanes operator op(const WideLanes& a, const WideLanes& b) {                                   \
    return {{a.part[0] op b.part[0], a.part[1] op b.part[1]}};                                                      \
  }                                                                                                                 \
  LATHE_HD inline WideLanes operator op(const WideLanes& a, float b) { return {{a.part[0] op b, a.part[1] op b}}; } \
  LATHE_HD inline WideLanes operator op(float a, const WideLanes& b) { return {{a op b.part[0], a op b.part[1]}}; }
LATHE_WIDE_OPERATOR(+)
LATHE_WIDE_OPERATOR(-)
LATHE_WIDE_OPERATOR(*)
LATHE_WIDE_OPERATOR(/)
#undef LATHE_WIDE_OPERATOR

// Lane by lane: a < b ? yes : no.
LATHE_HD inline WideLanes selectLess(const WideLanes& a, const WideLanes& b, const WideLanes& yes,
                                     const WideLanes& no) {
  return {{selectLess(a.part[0], b.part[0], yes.part[0], no.part[0]),
           selectLess(a.part[1], b.part[1], yes.part[1], no.part[1])}};
}

// Lane by lane: a < b ? a : b, and a > b ? a : b. Where a is NaN, the result is b.
LATHE_HD inline WideLanes smaller(const WideLanes& a, const WideLanes& b) {
  return {{smaller(a.part[0], b.part[0]), smaller(a.part[1], b.part[1])}};
}

LATHE_HD inline WideLanes larger(const WideLanes& a, const WideLanes& b) {
  return {{larger(a.part[0], b.part[0]), larger(a.part[1], b.part[1])}};
}

// values [wideCount]. Part by part: compilers copy the whole in pieces of another size than those that it is then read
// in, and processors wait for such stores.
LATHE_HD inline WideLanes loadWide(const float* values) { return {{loadLanes(values), loadLanes(values + laneCount)}}; }

LATHE_HD inline void storeWide(float* values, const WideLanes& from) {
  storeLanes(values, from.part[0]);
  storeLanes(values + laneCount, from.part[1]);
}

#endif

LATHE_HD inline float laneOf(const WideLanes& from, int lane) {
  float value;
  memcpy(&value, reinterpret_cast<const char*>(&from) + static_cast<size_t>(lane) * sizeof value, sizeof value);
  return value;
}

LATHE_END

#endif
