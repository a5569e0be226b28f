// 9.125 bits per weight: 256 weights, w = d * q, q from -128 to 127, scale in F32. ggml makes this type of activations;
// files do not hold it, so it is decoded only.
#ifndef LATHE_FORMATS_Q8_K_H
#define LATHE_FORMATS_Q8_K_H

#include "lathe/formats/format.h"

LATHE_BEGIN

struct Q8_K {
  static constexpr int id = 15;
  static constexpr const char* name = "Q8_K";
  static constexpr int blockSize = 256;
  static constexpr bool exactZero = true;

  struct __attribute__((packed)) Block {
    float d;           // F32 scale
    int8_t qs[256];    // q of column i
    int16_t sums[16];  // sum of q over columns 16 k .. 16 k + 15
  };
  static_assert(sizeof(Block) == 292, "9.125 bits per weight");

  LATHE_HD static void decode(const Block& block, float* w) {
    const float d = block.d;
    for (int i = teamLane(); i < blockSize; i += teamSize) w[i] = d * static_cast<float>(block.qs[i]);
  }
};

LATHE_END

#endif
