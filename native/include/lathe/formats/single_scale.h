// Blocks of weights with one F16 scale: w = d * q, q the value of a code.
#ifndef LATHE_FORMATS_SINGLE_SCALE_H
#define LATHE_FORMATS_SINGLE_SCALE_H

#include "lathe/formats/scale_search.h"

LATHE_BEGIN

struct SingleScaleGrid {
  uint16_t d;     // F16 scale
  float scale;    // d as F32
  float inverse;  // 1 / scale, or 0

  LATHE_HD void finish(uint16_t chosen) {
    if (teamLane() == 0) {
      d = chosen;
      scale = halfToFloat(chosen);
      inverse = inverseOrZero(scale);
    }
    teamSync();
  }
};

// An F16 from here on is rounded by less than 2^-9 of its value.
constexpr int fineHalf = 0x0100;

// The F16 scale for the fitted ones, which are in units of block.unit: the nearest to the better one, or, where F16 is
// coarse, that with the least error of those around both.
template <class Codes, int size>
LATHE_HD inline uint16_t bestHalfScale(const Weighted<size>& block, const FittedScales& fitted) {
  const uint16_t up = floatToFiniteHalf(fitted.positive.scale * block.unit);
  const uint16_t down = floatToFiniteHalf(fitted.negative.scale * block.unit);
  const uint16_t better = fitted.positive.gain < fitted.negative.gain ? down : up;
  if ((better & 0x7fff) >= fineHalf) return better;
  const PerLane<uint16_t> candidates =
      makePerLane<uint16_t>([&](int i) { return nextHalf(i < 4 ? up : down, i % 4 - (i < 4 ? 1 : 2)); });
  const Lanes scales = makeLanes([&](int i) { return halfToFloat(inLane(candidates, i)) / block.unit; });
  const CodeSums sums = codeSums<Codes, size>(block.x, block.p, inversesOrZero(scales), lanes(0.0f));
  return laneOf(candidates, largestLane(scales * (2.0f * sums.xq - scales * sums.qq)));
}

// Codes around 0; refits as in fitScales.
template <class Codes, int size>
LATHE_HD inline void chooseSingleScale(SingleScaleGrid& grid, const float* w, const float* importance, int refits) {
  LATHE_TEAM_SHARED Weighted<size> block;
  prepare(block, w, importance);
  uint16_t d = 0;
  if (block.unit > 0.0f) {
    const FittedScales fitted = fitScales<Codes, size>(block.x, block.p, refits);
    d = bestHalfScale<Codes>(block, fitted);
  }
  grid.finish(d);
}

// The code of w less low, so that it counts from 0, and its value.
template <int low, int high>
LATHE_HD inline float codeSingleScale(const SingleScaleGrid& grid, float w, uint8_t& code) {
  const int q = roundBetween(w * grid.inverse, low, high);
  code = static_cast<uint8_t>(q - low);
  return grid.scale * static_cast<float>(q);
}

LATHE_END

#endif
