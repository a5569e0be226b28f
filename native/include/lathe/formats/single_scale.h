// Blocks of weights with one F16 scale: w = d * q, q the value of a code.
#ifndef LATHE_FORMATS_SINGLE_SCALE_H
#define LATHE_FORMATS_SINGLE_SCALE_H

#include "lathe/formats/scale_search.h"

LATHE_BEGIN

struct SingleScaleGrid {
  uint16_t d;     // F16 scale
  float scale;    // d as F32
  float inverse;  // 1 / scale, or 0
};

// Among the F16 values around scale (in units of unit) the one with the least error. Where F16 is coarse, near its
// smallest values, the nearest is not always the best.
template <class Codes, int size>
LATHE_HD inline uint16_t bestHalfScale(const Weighted<size>& block, float scale) {
  const uint16_t centre = floatToFiniteHalf(scale * block.unit);
  uint16_t candidates[laneCount];
  Lanes scales;
  for (int i = 0; i < laneCount; ++i) {
    const int magnitude = (centre & 0x7fff) + i - 3;
    const int bounded = magnitude < 0 ? 0 : magnitude > 0x7bff ? 0x7bff : magnitude;
    candidates[i] = static_cast<uint16_t>((centre & 0x8000) | bounded);
    scales[i] = halfToFloat(candidates[i]) / block.unit;
  }
  const CodeSums sums = codeSums<Codes, size>(block.x, block.p, inversesOrZero(scales), lanes(0.0f));
  return candidates[largestLane(scales * (2.0f * sums.xq - scales * sums.qq))];
}

// Codes around 0; levels counts codes from 0 to the wider end.
template <class Codes, int size>
LATHE_HD inline void chooseSingleScale(SingleScaleGrid& grid, const float* w, const float* importance, float levels) {
  Weighted<size> block;
  prepare(block, w, importance);
  grid.d = 0;
  if (block.unit > 0.0f) {
    FittedScale fitted = fitScale<Codes, size>(block.x, block.p, levels, 1.0f);
    if (Codes::low != -Codes::high) {
      const FittedScale mirrored = fitScale<Codes, size>(block.x, block.p, levels, -1.0f);
      if (mirrored.gain > fitted.gain) fitted = mirrored;
    }
    grid.d = bestHalfScale<Codes>(block, fitted.scale);
  }
  grid.scale = halfToFloat(grid.d);
  grid.inverse = inverseOrZero(grid.scale);
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
