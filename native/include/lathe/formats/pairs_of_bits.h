// 256 codes' lower 2 bits in 64 bytes, as Q2_K, Q3_K and TQ2_0 keep them: column c is in byte 32 (c / 128) + c % 32,
// bits 2 ((c / 32) % 4) and above.
#ifndef LATHE_FORMATS_PAIRS_OF_BITS_H
#define LATHE_FORMATS_PAIRS_OF_BITS_H

#include "lathe/formats/format.h"

LATHE_BEGIN

LATHE_HD inline void packPairsOfBits(uint8_t* qs, const uint8_t* codes) {
  for (int half = 0; half < 2; ++half) {
    const uint8_t* part = codes + 128 * half;
    for (int i = teamLane(); i < 32; i += teamSize) {
      int byte = 0;
      for (int j = 0; j < 4; ++j) byte |= (part[32 * j + i] & 3) << (2 * j);
      qs[32 * half + i] = static_cast<uint8_t>(byte);
    }
  }
}

LATHE_END

#endif
