// The 4-bit float that MXFP4 and NVFP4 share: 1 sign, 2 exponent, 1 fraction bit (OCP Microscaling Formats, E2M1).
// Values are kept doubled, so that they are whole: 0, 1, 2, 3, 4, 6, 8, 12. Code 8, minus zero, decodes to plus zero.
#ifndef LATHE_FORMATS_E2M1_H
#define LATHE_FORMATS_E2M1_H

#include "lathe/formats/format.h"

LATHE_BEGIN

LATHE_TABLE int8_t e2m1Values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

// Twice the value of a code of 0 .. 15.
LATHE_HD inline float doubledE2m1(int code) { return static_cast<float>(e2m1Values[code]); }

LATHE_END

#endif
