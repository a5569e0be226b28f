// The one list of storage types. A new type is a header and a line here.
//
// LATHE_FORMATS(ENCODED, DECODED, PLAIN) expands, in ascending order of id:
//   ENCODED(Format)                      a format that can be decoded and encoded
//   DECODED(Format)                      one that can only be decoded
//   PLAIN(id, name, bytes)               a type of single numbers that is carried but never computed with; from id 1000
//                                        on, types that only safetensors has
#ifndef LATHE_FORMATS_CATALOGUE_H
#define LATHE_FORMATS_CATALOGUE_H

#include "lathe/backend.h"
#include "lathe/formats/bf16.h"
#include "lathe/formats/f16.h"
#include "lathe/formats/f32.h"
#include "lathe/formats/f64.h"
#include "lathe/formats/iq1_m.h"
#include "lathe/formats/iq1_s.h"
#include "lathe/formats/iq2_s.h"
#include "lathe/formats/iq2_xs.h"
#include "lathe/formats/iq2_xxs.h"
#include "lathe/formats/iq3_s.h"
#include "lathe/formats/iq3_xxs.h"
#include "lathe/formats/iq4_nl.h"
#include "lathe/formats/iq4_xs.h"
#include "lathe/formats/mxfp4.h"
#include "lathe/formats/nvfp4.h"
#include "lathe/formats/q1_0.h"
#include "lathe/formats/q2_0.h"
#include "lathe/formats/q2_k.h"
#include "lathe/formats/q3_k.h"
#include "lathe/formats/q4_0.h"
#include "lathe/formats/q4_1.h"
#include "lathe/formats/q4_k.h"
#include "lathe/formats/q5_0.h"
#include "lathe/formats/q5_1.h"
#include "lathe/formats/q5_k.h"
#include "lathe/formats/q6_k.h"
#include "lathe/formats/q8_0.h"
#include "lathe/formats/q8_1.h"
#include "lathe/formats/q8_k.h"
#include "lathe/formats/rescale.h"
#include "lathe/formats/tq1_0.h"
#include "lathe/formats/tq2_0.h"

#define LATHE_FORMATS(ENCODED, DECODED, PLAIN) \
  ENCODED(F32)                                 \
  ENCODED(F16)                                 \
  ENCODED(Q4_0)                                \
  ENCODED(Q4_1)                                \
  ENCODED(Q5_0)                                \
  ENCODED(Q5_1)                                \
  ENCODED(Q8_0)                                \
  DECODED(Q8_1)                                \
  ENCODED(Q2_K)                                \
  ENCODED(Q3_K)                                \
  ENCODED(Q4_K)                                \
  ENCODED(Q5_K)                                \
  ENCODED(Q6_K)                                \
  DECODED(Q8_K)                                \
  ENCODED(IQ2_XXS)                             \
  ENCODED(IQ2_XS)                              \
  ENCODED(IQ3_XXS)                             \
  ENCODED(IQ1_S)                               \
  ENCODED(IQ4_NL)                              \
  ENCODED(IQ3_S)                               \
  ENCODED(IQ2_S)                               \
  ENCODED(IQ4_XS)                              \
  PLAIN(24, "I8", 1)                           \
  PLAIN(25, "I16", 2)                          \
  PLAIN(26, "I32", 4)                          \
  PLAIN(27, "I64", 8)                          \
  DECODED(F64)                                 \
  ENCODED(IQ1_M)                               \
  ENCODED(BF16)                                \
  ENCODED(TQ1_0)                               \
  ENCODED(TQ2_0)                               \
  ENCODED(MXFP4)                               \
  ENCODED(NVFP4)                               \
  ENCODED(Q1_0)                                \
  ENCODED(Q2_0)                                \
  PLAIN(1000, "BOOL", 1)                       \
  PLAIN(1001, "U8", 1)                         \
  PLAIN(1002, "U16", 2)                        \
  PLAIN(1003, "U32", 4)                        \
  PLAIN(1004, "U64", 8)                        \
  PLAIN(1005, "F8_E4M3", 1)                    \
  PLAIN(1006, "F8_E5M2", 1)

LATHE_BEGIN

template <class Format>
constexpr TypeInfo typeInfoOf(bool encodable) {
  return TypeInfo{Format::id, Format::name, Format::blockSize, static_cast<int>(sizeof(typename Format::Block)),
                  true,       encodable,    Format::exactZero, encodable && BlockScale<Format>::exists};
}

#define LATHE_ENCODED(Format) typeInfoOf<Format>(true),
#define LATHE_DECODED(Format) typeInfoOf<Format>(false),
#define LATHE_PLAIN(id, name, bytes) TypeInfo{id, name, 1, bytes, false, false, true, false},
static constexpr TypeInfo catalogue[] = {LATHE_FORMATS(LATHE_ENCODED, LATHE_DECODED, LATHE_PLAIN)};
#undef LATHE_ENCODED
#undef LATHE_DECODED
#undef LATHE_PLAIN

constexpr int catalogueSize = static_cast<int>(sizeof catalogue / sizeof catalogue[0]);

constexpr bool catalogueAscends() {
  for (int i = 1; i < catalogueSize; ++i) {
    if (catalogue[i - 1].id >= catalogue[i].id) return false;
  }
  return true;
}
static_assert(catalogueAscends(), "the catalogue is in ascending order of id");

#define LATHE_VISIT(Format) \
  case Format::id:          \
    visitor(Format{});      \
    return true;
#define LATHE_SKIP(...)

// Calls visitor(Format{}) for the decodable format of this id; false where there is none. The visitor is a generic
// lambda: [&](auto format) { using Format = decltype(format); ... }.
template <class Visitor>
inline bool visitDecodable(int id, Visitor&& visitor) {
  switch (id) {
    LATHE_FORMATS(LATHE_VISIT, LATHE_VISIT, LATHE_SKIP)
    default:
      return false;
  }
}

// The same for the encodable formats.
template <class Visitor>
inline bool visitEncodable(int id, Visitor&& visitor) {
  switch (id) {
    LATHE_FORMATS(LATHE_VISIT, LATHE_SKIP, LATHE_SKIP)
    default:
      return false;
  }
}

// The same for the encodable formats whose blocks have an F16 scale (rescale.h).
template <class Visitor>
inline bool visitRescalable(int id, Visitor&& visitor) {
  bool found = false;
  visitEncodable(id, [&](auto format) {
    if constexpr (BlockScale<decltype(format)>::exists) {
      visitor(format);
      found = true;
    }
  });
  return found;
}

#undef LATHE_VISIT
#undef LATHE_SKIP

LATHE_END

#endif
