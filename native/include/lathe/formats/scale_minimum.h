// Blocks of weights with an F16 scale and an F16 minimum: w = d * q + m, q a whole code from 0 to levels.
//
// Exact zeros: m = -k d for a whole k, so that code k is 0. k d has to be an F16 itself: d is rounded to fewer bits of
// significand, by as many as the odd part of k has.
#ifndef LATHE_FORMATS_SCALE_MINIMUM_H
#define LATHE_FORMATS_SCALE_MINIMUM_H

#include "lathe/formats/tied_search.h"

LATHE_BEGIN

struct ScaleMinimumGrid {
  uint16_t d;     // F16 scale
  uint16_t m;     // F16 minimum
  float scale;    // d as F32
  float minimum;  // m as F32
  float inverse;  // 1 / scale, or 0

  LATHE_HD float code(int levels, float w, uint8_t& code) const {
    const int q = roundBetween((w - minimum) * inverse, 0, levels);
    code = static_cast<uint8_t>(q);
    return scale * static_cast<float>(q) + minimum;
  }
};

// The nearest F16 to value (>= 0) whose product with k is a finite F16 as well.
LATHE_HD inline uint16_t tiedHalf(float value, int k) {
  const float bound = largestHalf / static_cast<float>(k > 1 ? k : 1);
  int odd = k > 0 ? k : 1;
  while ((odd & 1) == 0) odd >>= 1;
  int bits = 0;
  while ((odd >> bits) > 1) ++bits;
  if (odd > 1) ++bits;
  const int half = floatToHalf(value < bound ? value : bound);
  const float product = halfToFloat(static_cast<uint16_t>(half)) * static_cast<float>(k);
  if (product <= largestHalf && halfToFloat(floatToHalf(product)) == product) return static_cast<uint16_t>(half);
  const int step = 1 << bits;
  const int rounded = (half + step / 2) / step * step;
  const bool fits = halfToFloat(static_cast<uint16_t>(rounded)) * static_cast<float>(k) <= largestHalf;
  return static_cast<uint16_t>(fits ? rounded : rounded - step);
}

// sum p (x^2 - (x - s q - m)^2) of each candidate.
LATHE_HD inline Lanes explained(const CodeSums& sums, const RunSums& run, Lanes scale, Lanes minimum) {
  return scale * (2.0f * sums.xq - scale * sums.qq - 2.0f * minimum * sums.q) +
         minimum * (2.0f * run.x - minimum * run.p);
}

// Rounds scale and minimum (in units of unit) to F16. Where F16 is coarse beside the scale, it is the rounded minimum
// that the scale has to fit: the candidates are the F16 next below and next above with four scales each. Where none is
// better than zeros, grid keeps the zeros that it has.
template <class Codes, int size>
LATHE_HD inline void roundRange(ScaleMinimumGrid& grid, const Weighted<size>& block, const RunSums& run, float scale,
                                float minimum) {
  float low;
  float high;
  findEnds<size>(block.x, low, high);
  const uint16_t nearest = floatToFiniteHalf(minimum * block.unit);
  const bool over = halfToFloat(nearest) > minimum * block.unit;
  const uint16_t below = over ? nextHalf(nearest, -1) : nearest;
  const uint16_t above = over ? nearest : nextHalf(nearest, 1);
  const Lanes minimums = makeLanes([&](int i) { return halfToFloat(i < 4 ? below : above) / block.unit; });
  Lanes scales = makeLanes([&](int i) {
    const float covering = (high - inLane(minimums, i)) / Codes::high;
    const float factor = 0.97f + 0.03f * static_cast<float>(i % 4);
    return i % 4 == 3 ? covering : scale * factor;
  });
  Lanes inverses = inversesOrZero(scales);
  CodeSums sums = codeSums<Codes, size>(block.x, block.p, inverses, lanes(0.0f) - minimums * inverses);
  const PerLane<uint16_t> d = makePerLane<uint16_t>([&](int i) {
    const float qq = inLane(sums.qq, i);
    const float refitted = qq > 0.0f ? (inLane(sums.xq, i) - inLane(minimums, i) * inLane(sums.q, i)) / qq : 0.0f;
    return nonZeroHalf((refitted > 0.0f ? refitted : 0.0f) * block.unit);
  });
  scales = makeLanes([&](int i) { return halfToFloat(inLane(d, i)) / block.unit; });
  inverses = inversesOrZero(scales);
  sums = codeSums<Codes, size>(block.x, block.p, inverses, lanes(0.0f) - minimums * inverses);
  const Lanes gains = explained(sums, run, scales, minimums);
  const int best = largestLane(gains);
  if (!(laneOf(gains, best) > 0.0f)) return;
  grid.d = laneOf(d, best);
  grid.m = best < 4 ? below : above;
}

// Scale with minimum = -k scale for the best whole k.
template <class Codes, int size>
LATHE_HD inline void fitTied(ScaleMinimumGrid& grid, const Weighted<size>& block, const RunSums& run) {
  const TiedScales fitted = fitTiedScales<Codes, size>(block.x, block.p, run, 1, static_cast<int>(Codes::high + 1) / 2);
  const PerLane<uint16_t> d = makePerLane<uint16_t>([&](int i) {
    return tiedHalf(inLane(fitted.scales, i) * block.unit, static_cast<int>(inLane(fitted.zeros, i)));
  });
  const Lanes scales = makeLanes([&](int i) { return halfToFloat(inLane(d, i)) / block.unit; });
  const TiedSums sums = tiedSums<Codes, size>(block.x, block.p, run, inversesOrZero(scales), fitted.zeros);
  const int best = largestLane(explained(sums, scales));
  grid.d = laneOf(d, best);
  grid.m = floatToHalf(-laneOf(fitted.zeros, best) * halfToFloat(grid.d));
}

template <int levels, int size>
LATHE_HD inline void chooseScaleMinimum(ScaleMinimumGrid& grid, const float* w, const float* importance,
                                        bool exactZeros) {
  using Codes = WholeCodes<0, levels>;
  LATHE_TEAM_SHARED Weighted<size> block;
  prepare(block, w, importance);
  ScaleMinimumGrid chosen = {};
  if (block.unit > 0.0f) {
    const RunSums run = runSums<size>(block.x, block.p);
    if (exactZeros) {
      fitTied<Codes>(chosen, block, run);
    } else {
      const FittedRange fitted = fitRange<Codes, size, true>(block.x, block.p, run);
      roundRange<Codes>(chosen, block, run, fitted.scale, -fitted.minimum);
    }
  }
  chosen.scale = halfToFloat(chosen.d);
  chosen.minimum = halfToFloat(chosen.m);
  chosen.inverse = inverseOrZero(chosen.scale);
  if (teamLane() == 0) grid = chosen;
  teamSync();
}

LATHE_END

#endif
