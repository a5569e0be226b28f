// Reading the codebooks of iq_grids.h: a codebook entry is a point of magnitudes (IQ2, IQ3) or of ternary digits (IQ1)
// for 8 or 4 neighbouring weights, stored as one small index per coordinate. Signs are stored beside it.
#ifndef LATHE_FORMATS_IQ_VALUES_H
#define LATHE_FORMATS_IQ_VALUES_H

#include "lathe/formats/format.h"
#include "lathe/formats/iq_grids.h"

LATHE_BEGIN

// Coordinate i of 8 of an entry of iq2xxsGrid, iq2xsGrid or iq2sGrid: 8, 25 or 43.
LATHE_HD inline int iq2Magnitude(uint32_t entry, int i) {
  const int index = static_cast<int>((entry >> (2 * i)) & 3u);
  return 8 + 17 * index + (index >> 1);
}

// Coordinate i of 4 of an entry of iq3xxsGrid: 4, 12, 20 .. 52, 62.
LATHE_HD inline int iq3xxsMagnitude(uint32_t entry, int i) {
  const int index = static_cast<int>((entry >> (3 * i)) & 7u);
  return 4 + 8 * index + (index == 7 ? 2 : 0);
}

// Coordinate i of 4 of an entry of iq3sGrid: 1, 3, 5 .. 15.
LATHE_HD inline int iq3sMagnitude(uint32_t entry, int i) { return 1 + 2 * static_cast<int>((entry >> (3 * i)) & 7u); }

// Coordinate i of 8 of an entry of iq1Grid: -1, 0 or 1.
LATHE_HD inline int iq1Digit(uint32_t entry, int i) { return static_cast<int>((entry >> (2 * i)) & 3u) - 1; }

// The signs of 8 weights from 7 stored bits, bit i set: weight i is negative. The eighth makes their number even.
LATHE_HD inline uint32_t evenSigns(uint32_t stored) {
  uint32_t parity = stored ^ (stored >> 4);
  parity ^= parity >> 2;
  parity ^= parity >> 1;
  return stored | ((parity & 1u) << 7);
}

// magnitude, or -magnitude where bit i of signs is set.
LATHE_HD inline float withSign(int magnitude, uint32_t signs, int i) {
  return static_cast<float>(magnitude * (1 - 2 * static_cast<int>((signs >> i) & 1u)));
}

LATHE_END

#endif
