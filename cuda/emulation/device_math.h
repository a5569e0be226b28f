// Mathematical functions and intrinsics of kernels, on top of the C library's.
//
// The device's fast forms (__expf, __fdividef ...) are the exact ones here: their errors on the device are within what
// the programming guide states, not what a test on this side can show.
#ifndef LATHE_EMULATION_DEVICE_MATH_H
#define LATHE_EMULATION_DEVICE_MATH_H

#include <cmath>
#include <cstdint>
#include <cstring>

using std::isfinite;
using std::isinf;
using std::isnan;
using std::signbit;

#define LATHE_EMULATED_ORDER(type)                          \
  inline type min(type a, type b) { return b < a ? b : a; } \
  inline type max(type a, type b) { return a < b ? b : a; }
LATHE_EMULATED_ORDER(int)
LATHE_EMULATED_ORDER(unsigned int)
LATHE_EMULATED_ORDER(long)
LATHE_EMULATED_ORDER(unsigned long)
LATHE_EMULATED_ORDER(long long)
LATHE_EMULATED_ORDER(unsigned long long)
#undef LATHE_EMULATED_ORDER
// As fmin and fmax: the other one where one is NaN.
inline float min(float a, float b) { return std::fmin(a, b); }
inline float max(float a, float b) { return std::fmax(a, b); }
inline double min(double a, double b) { return std::fmin(a, b); }
inline double max(double a, double b) { return std::fmax(a, b); }

// Some C libraries have functions of these names.
#define __expf(x) std::exp(static_cast<float>(x))
#define __exp2f(x) std::exp2(static_cast<float>(x))
#define __exp10f(x) std::pow(10.0f, static_cast<float>(x))
#define __logf(x) std::log(static_cast<float>(x))
#define __log2f(x) std::log2(static_cast<float>(x))
#define __log10f(x) std::log10(static_cast<float>(x))
#define __sinf(x) std::sin(static_cast<float>(x))
#define __cosf(x) std::cos(static_cast<float>(x))
#define __powf(x, y) std::pow(static_cast<float>(x), static_cast<float>(y))

inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }
inline double rsqrt(double x) { return 1.0 / std::sqrt(x); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __frcp_rn(float a) { return 1.0f / a; }
inline float __frsqrt_rn(float a) { return static_cast<float>(1.0 / std::sqrt(static_cast<double>(a))); }
inline float __saturatef(float x) { return x > 0 ? (x < 1 ? x : 1) : 0; }

// Never contracted.
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fsqrt_rn(float a) { return std::sqrt(a); }
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline double __dsqrt_rn(double a) { return std::sqrt(a); }
inline double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }

namespace lathe {
namespace emulation {
template <class To, class From>
inline To bits(From from) {
  static_assert(sizeof(To) == sizeof(From), "bits keep their number");
  To to;
  __builtin_memcpy(&to, &from, sizeof to);
  return to;
}
}  // namespace emulation
}  // namespace lathe

inline int __float_as_int(float x) { return lathe::emulation::bits<int>(x); }
inline unsigned int __float_as_uint(float x) { return lathe::emulation::bits<unsigned int>(x); }
inline float __int_as_float(int x) { return lathe::emulation::bits<float>(x); }
inline float __uint_as_float(unsigned int x) { return lathe::emulation::bits<float>(x); }
inline long long __double_as_longlong(double x) { return lathe::emulation::bits<long long>(x); }
inline double __longlong_as_double(long long x) { return lathe::emulation::bits<double>(x); }

// To the nearest, ties to even; outside of the range of the result, the nearest end; NaN gives 0.
inline int __float2int_rn(float x) {
  if (std::isnan(x)) return 0;
  if (x >= 2147483648.0f) return INT32_MAX;
  if (x < -2147483648.0f) return INT32_MIN;
  return static_cast<int>(std::nearbyint(x));
}
inline int __float2int_rd(float x) { return __float2int_rn(std::floor(x)); }
inline int __float2int_ru(float x) { return __float2int_rn(std::ceil(x)); }
inline int __float2int_rz(float x) { return __float2int_rn(std::trunc(x)); }
inline float __int2float_rn(int x) { return static_cast<float>(x); }
inline float __uint2float_rn(unsigned int x) { return static_cast<float>(x); }
inline float __double2float_rn(double x) { return static_cast<float>(x); }

inline int __popc(unsigned int x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x ? __builtin_clz(static_cast<unsigned int>(x)) : 32; }
inline int __clzll(long long x) { return x ? __builtin_clzll(static_cast<unsigned long long>(x)) : 64; }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __ffsll(long long x) { return __builtin_ffsll(x); }
inline unsigned int __brev(unsigned int x) {
  unsigned int reversed = 0;
  for (int i = 0; i < 32; ++i) reversed |= (x >> i & 1u) << (31 - i);
  return reversed;
}
inline unsigned int __umulhi(unsigned int a, unsigned int b) {
  return static_cast<unsigned int>((static_cast<unsigned long long>(a) * b) >> 32);
}
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  return static_cast<unsigned long long>((static_cast<unsigned __int128>(a) * b) >> 64);
}
// The four bytes of the selector pick from the eight bytes of y:x.
inline unsigned int __byte_perm(unsigned int x, unsigned int y, unsigned int selector) {
  const unsigned long long bytes = static_cast<unsigned long long>(y) << 32 | x;
  unsigned int picked = 0;
  for (int i = 0; i < 4; ++i) {
    const unsigned int code = selector >> (4 * i) & 0xf;
    unsigned int byte = static_cast<unsigned int>(bytes >> (8 * (code & 7))) & 0xff;
    if (code & 8) byte = byte & 0x80 ? 0xff : 0;
    picked |= byte << (8 * i);
  }
  return picked;
}
// c + the dot product of the four signed bytes of a and b.
inline int __dp4a(int a, int b, int c) {
  for (int i = 0; i < 4; ++i) c += static_cast<int8_t>(a >> (8 * i)) * static_cast<int8_t>(b >> (8 * i));
  return c;
}
template <class T>
inline T __ldg(const T* address) {
  return *address;
}

#endif
