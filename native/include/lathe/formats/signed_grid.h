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
  Weighted<runs * size> block;
  prepare(block, w, importance);
  grid.d = 0;
  for (int k = 0; k < runs; ++k) grid.scales[k] = 0;
  if (block.unit > 0.0f) {
    SignedSuperSearch<Codes, runs, size, scaleLow, scaleHigh> search(block);
    search.search(rounds);
    grid.d = search.d;
    for (int k = 0; k < runs; ++k) grid.scales[k] = static_cast<int8_t>(search.scales[k]);
  }
  for (int k = 0; k < runs; ++k) {
    grid.scale[k] = halfToFloat(grid.d) * static_cast<float>(grid.scales[k]);
    grid.inverse[k] = inverseOrZero(grid.scale[k]);
  }
}

LATHE_END

#endif
