// Blocks of weights with an F16 scale and an F16 minimum: w = d * q + m, q a whole code from 0 to levels.
//
// Exact zeros: m = -k d for a whole k, so that code k is 0. k d has to be an F16 itself: d is rounded to fewer bits of
// significand, by as many as the odd part of k has.
#ifndef LATHE_FORMATS_SCALE_MINIMUM_H
#define LATHE_FORMATS_SCALE_MINIMUM_H

#include "lathe/formats/scale_search.h"

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
// that the scale has to fit: the candidates are the F16 next below and next above with four scales each.
template <class Codes, int size>
LATHE_HD inline void roundRange(ScaleMinimumGrid& grid, const Weighted<size>& block, const RunSums& run, float scale,
                                float minimum) {
  float high = block.x[0];
  for (int i = 1; i < size; ++i) high = high < block.x[i] ? block.x[i] : high;
  const uint16_t nearest = floatToFiniteHalf(minimum * block.unit);
  const bool over = halfToFloat(nearest) > minimum * block.unit;
  // The next F16 downwards from above is one step of magnitude away, across 0 too.
  uint16_t m[2] = {nearest, nearest};
  m[over ? 0 : 1] = nextHalf(nearest, over ? -1 : 1);
  Lanes scales;
  Lanes minimums;
  for (int i = 0; i < laneCount; ++i) {
    minimums[i] = halfToFloat(m[i / 4]) / block.unit;
    const float covering = (high - minimums[i]) / Codes::high;
    const float factor = 0.97f + 0.03f * static_cast<float>(i % 4);
    scales[i] = i % 4 == 3 ? covering : scale * factor;
  }
  CodeSums sums =
      codeSums<Codes, size>(block.x, block.p, inversesOrZero(scales), lanes(0.0f) - minimums * inversesOrZero(scales));
  uint16_t d[laneCount];
  for (int i = 0; i < laneCount; ++i) {
    const float refitted = sums.qq[i] > 0.0f ? (sums.xq[i] - minimums[i] * sums.q[i]) / sums.qq[i] : 0.0f;
    d[i] = floatToFiniteHalf((refitted > 0.0f ? refitted : 0.0f) * block.unit);
    scales[i] = halfToFloat(d[i]) / block.unit;
  }
  sums =
      codeSums<Codes, size>(block.x, block.p, inversesOrZero(scales), lanes(0.0f) - minimums * inversesOrZero(scales));
  const int best = largestLane(explained(sums, run, scales, minimums));
  grid.d = d[best];
  grid.m = m[best / 4];
}

// Scale with minimum = -k scale for the best whole k.
template <class Codes, int size>
LATHE_HD inline void fitTied(ScaleMinimumGrid& grid, const Weighted<size>& block, const RunSums& run) {
  constexpr int refits = 2;
  constexpr int levels = static_cast<int>(Codes::high);
  float low = 0.0f;
  float high = 0.0f;
  for (int i = 0; i < size; ++i) {
    low = block.x[i] < low ? block.x[i] : low;
    high = high < block.x[i] ? block.x[i] : high;
  }
  const int centre = roundBetween(-low / (high - low) * Codes::high, 0, levels);
  float bestGain = -1e30f;
  for (int batch = 0; batch < 2; ++batch) {
    int zeros[laneCount];
    Lanes k;
    Lanes scale;
    for (int i = 0; i < laneCount; ++i) {
      const int candidate = centre - 1 + i / 2;
      zeros[i] = candidate < 0 ? 0 : candidate > levels ? levels : candidate;
      k[i] = static_cast<float>(zeros[i]);
      const float below = zeros[i] > 0 ? -low / k[i] : 0.0f;
      const float above = zeros[i] < levels ? high / (Codes::high - k[i]) : 0.0f;
      const float inset = 0.5f * static_cast<float>(2 * (i % 2) + batch);
      scale[i] = (below < above ? above : below) * (1.0f - inset / Codes::high);
    }
    for (int round = 0; round < refits; ++round) {
      const CodeSums sums = codeSums<Codes, size>(block.x, block.p, inversesOrZero(scale), k);
      const Lanes xq = sums.xq - k * run.x;
      const Lanes qq = sums.qq - k * (2.0f * sums.q - k * run.p);
      const Lanes zero = lanes(0.0f);
      scale = selectLess(zero, xq, selectLess(zero, qq, xq / qq, scale), scale);
    }
    uint16_t d[laneCount];
    for (int i = 0; i < laneCount; ++i) {
      d[i] = tiedHalf(scale[i] * block.unit, zeros[i]);
      scale[i] = halfToFloat(d[i]) / block.unit;
    }
    const CodeSums sums = codeSums<Codes, size>(block.x, block.p, inversesOrZero(scale), k);
    const Lanes gains = explained(sums, run, scale, lanes(0.0f) - k * scale);
    const int best = largestLane(gains);
    if (!(gains[best] > bestGain)) continue;
    bestGain = gains[best];
    grid.d = d[best];
    grid.m = floatToHalf(-k[best] * halfToFloat(d[best]));
  }
}

template <int levels, int size>
LATHE_HD inline void chooseScaleMinimum(ScaleMinimumGrid& grid, const float* w, const float* importance,
                                        bool exactZeros) {
  using Codes = WholeCodes<0, levels>;
  Weighted<size> block;
  prepare(block, w, importance);
  grid.d = 0;
  grid.m = 0;
  if (block.unit > 0.0f) {
    const RunSums run = runSums<size>(block.x, block.p);
    if (exactZeros) {
      fitTied<Codes>(grid, block, run);
    } else {
      const FittedRange fitted = fitRange<Codes, size, true>(block.x, block.p, run);
      roundRange<Codes>(grid, block, run, fitted.scale, -fitted.minimum);
    }
  }
  grid.scale = halfToFloat(grid.d);
  grid.minimum = halfToFloat(grid.m);
  grid.inverse = inverseOrZero(grid.scale);
}

LATHE_END

#endif
