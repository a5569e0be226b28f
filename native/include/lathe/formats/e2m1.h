// The 4-bit float that MXFP4 and NVFP4 share: 1 sign, 2 exponent, 1 fraction bit (OCP Microscaling Formats, E2M1).
// Values are kept doubled, so that they are whole: 0, 1, 2, 3, 4, 6, 8, 12. Code 8, minus zero, decodes to plus zero.
#ifndef LATHE_FORMATS_E2M1_H
#define LATHE_FORMATS_E2M1_H

#include "lathe/formats/scale_search.h"

LATHE_BEGIN

// Twice the value of a code of 0 .. 15. Arithmetic instead of a table, so that loops over it become vector code.
LATHE_HD inline float doubledE2m1(int code) {
  const int m = code & 7;
  const int magnitude = m + (m > 4 ? 1 : 0) + (m > 5 ? 1 : 0) + (m > 6 ? 3 : 0);
  return static_cast<float>(code > 8 ? -magnitude : magnitude);
}

// Half way from the value of code - 1 to that of code, 1 <= code <= 7.
LATHE_HD inline float e2m1Boundary(int code) { return 0.5f * (doubledE2m1(code - 1) + doubledE2m1(code)); }

// The code whose doubled value is nearest, the one nearer to 0 half way; never code 8.
LATHE_HD inline int nearestE2m1(float value) {
  const float magnitude = value < 0.0f ? -value : value;
  int code = 0;
  for (int i = 1; i < 8; ++i) code += e2m1Boundary(i) < magnitude ? 1 : 0;
  return code + 8 * static_cast<int>((value < 0.0f) & (code > 0));
}

// The same for the searches of scale_search.h.
struct E2m1Codes {
  LATHE_HD static Lanes nearest(Lanes value) {
    const Lanes zero = lanes(0.0f);
    const Lanes magnitude = larger(value, zero - value);
    Lanes result = zero;
    for (int i = 1; i < 8; ++i) result = selectLess(lanes(e2m1Boundary(i)), magnitude, lanes(doubledE2m1(i)), result);
    return selectLess(value, zero, zero - result, result);
  }
};

LATHE_END

#endif
