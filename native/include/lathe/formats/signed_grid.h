// The grid of super-blocks with one signed scale per run, Q3_K, Q6_K and IQ4_XS: w = d * s_k * q.
#ifndef LATHE_FORMATS_SIGNED_GRID_H
#define LATHE_FORMATS_SIGNED_GRID_H

#include "lathe/formats/super_signed.h"

LATHE_BEGIN

template <int runs>
struct SignedGrid {
  uint16_t d;           // F16 scale of scales
  int8_t scales[runs];  // s_k
  float scale[runs];    // d * s_k
  float inverse[runs];  // 1 / scale, or 0

  // For whole codes: the code of w less low, so that it counts from 0, and its value.
  LATHE_HD float code(int run, int low, int high, float w, uint8_t& code) const {
    const int q = roundBetween(w * inverse[run], low, high);
    code = static_cast<uint8_t>(q - low);
    return scale[run] * static_cast<float>(q);
  }
};

template <class Codes, int runs, int size, int scaleLow, int scaleHigh>
LATHE_HD inline void chooseSigned(SignedGrid<runs>& grid, const float* w, const float* importance) {
  constexpr int rounds = 3;
  if (teamLane() == 0) grid.d = 0;
  for (int k = teamLane(); k < runs; k += teamSize) grid.scales[k] = 0;
  LATHE_TEAM_SHARED SignedSuperSearch<Codes, runs, size, scaleLow, scaleHigh> search;
  prepare(search.block, w, importance);
  if (search.block.unit > 0.0f) search.search(grid, rounds);
  teamSync();
  for (int k = teamLane(); k < runs; k += teamSize) {
    grid.scale[k] = halfToFloat(grid.d) * static_cast<float>(grid.scales[k]);
    grid.inverse[k] = inverseOrZero(grid.scale[k]);
  }
  teamSync();
}

LATHE_END

#endif
