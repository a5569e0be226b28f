// The fifth bits of 32 codes, which Q5_0 and Q5_1 keep apart from the lower four: bit i of a little-endian word of 32
// bits belongs to column i; the lower bits of columns i and i + 16 are the nibbles of byte i.
#ifndef LATHE_FORMATS_FIFTH_BITS_H
#define LATHE_FORMATS_FIFTH_BITS_H

#include "lathe/formats/format.h"

LATHE_BEGIN

// codes [32]
// use(column, code) of every column.
template <class Use>
LATHE_HD inline void unpack5(const uint8_t* qh, const uint8_t* qs, Use use) {
  uint32_t high = 0;
  for (int byte = 0; byte < 4; ++byte) high |= static_cast<uint32_t>(qh[byte]) << (8 * byte);
  for (int i = teamLane(); i < 16; i += teamSize) use(i, (qs[i] & 15) | static_cast<int>(((high >> i) & 1u) << 4));
  for (int i = teamLane(); i < 16; i += teamSize)
    use(i + 16, (qs[i] >> 4) | static_cast<int>(((high >> (i + 16)) & 1u) << 4));
}

LATHE_HD inline void pack5(uint8_t* qh, uint8_t* qs, const uint8_t* codes) {
  for (int i = teamLane(); i < 16; i += teamSize)
    qs[i] = static_cast<uint8_t>((codes[i] & 15) | ((codes[i + 16] & 15) << 4));
  for (int byte = teamLane(); byte < 4; byte += teamSize) {
    int bits = 0;
    for (int i = 0; i < 8; ++i) bits |= (codes[8 * byte + i] >> 4) << i;
    qh[byte] = static_cast<uint8_t>(bits);
  }
}

LATHE_END

#endif
