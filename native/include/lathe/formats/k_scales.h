// The 12 bytes in which Q4_K and Q5_K keep 8 scales and 8 minimums of 6 bits, k from 0 to 7:
//
//   byte j      (j < 4)  scale j      in bits 0 .. 5, upper 2 bits of scale j + 4    in bits 6 and 7
//   byte j + 4  (j < 4)  minimum j    in bits 0 .. 5, upper 2 bits of minimum j + 4  in bits 6 and 7
//   byte j + 8  (j < 4)  lower 4 bits of scale j + 4, then lower 4 bits of minimum j + 4
#ifndef LATHE_FORMATS_K_SCALES_H
#define LATHE_FORMATS_K_SCALES_H

#include <cstdint>

#include "lathe/formats/team.h"

LATHE_BEGIN

LATHE_HD inline int kScale(const uint8_t* packed, int k) {
  return k < 4 ? packed[k] & 63 : (packed[k + 4] & 15) | ((packed[k - 4] >> 6) << 4);
}

LATHE_HD inline int kMinimum(const uint8_t* packed, int k) {
  return k < 4 ? packed[k + 4] & 63 : (packed[k + 4] >> 4) | ((packed[k] >> 6) << 4);
}

LATHE_HD inline void packKScales(uint8_t* packed, const uint8_t* scales, const uint8_t* minimums) {
  for (int j = teamLane(); j < 4; j += teamSize) {
    packed[j] = static_cast<uint8_t>(scales[j] | ((scales[j + 4] >> 4) << 6));
    packed[j + 4] = static_cast<uint8_t>(minimums[j] | ((minimums[j + 4] >> 4) << 6));
    packed[j + 8] = static_cast<uint8_t>((scales[j + 4] & 15) | ((minimums[j + 4] & 15) << 4));
  }
}

LATHE_END

#endif
