// The 16 values that IQ4_NL and IQ4_XS have instead of equal steps: denser near 0. None of them is 0.
#ifndef LATHE_FORMATS_IQ4_CODES_H
#define LATHE_FORMATS_IQ4_CODES_H

#include "lathe/formats/scale_search.h"

LATHE_BEGIN

LATHE_TABLE int8_t iq4Values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

LATHE_HD inline float iq4Value(int code) { return static_cast<float>(iq4Values[code]); }

// Half way from the value of code - 1 to that of code, 1 <= code <= 15.
LATHE_HD inline float iq4Boundary(int code) { return 0.5f * static_cast<float>(iq4Values[code - 1] + iq4Values[code]); }

// The code whose value is nearest, the lower one half way.
LATHE_HD inline int nearestIq4(float value) {
  int code = 0;
  for (int i = 1; i < 16; ++i) code += iq4Boundary(i) < value ? 1 : 0;
  return code;
}

// The same for the searches of scale_search.h.
struct Iq4Codes {
  static constexpr float levels = 7.0f;  // the steps are about as wide as those of 8 equal ones
  static constexpr float low = -127.0f;
  static constexpr float high = 113.0f;
  LATHE_HD static Lanes nearest(Lanes value) {
    Lanes result = lanes(iq4Value(0));
    for (int i = 1; i < 16; ++i) result = selectLess(lanes(iq4Boundary(i)), value, lanes(iq4Value(i)), result);
    return result;
  }
};

LATHE_END

#endif
