// Half precision as the device stores it. Conversions round to nearest, ties to even.
#ifndef LATHE_EMULATION_CUDA_FP16_H
#define LATHE_EMULATION_CUDA_FP16_H

#include <cstdint>

struct alignas(2) __half_raw {
  uint16_t x;
};

struct alignas(2) __half {
  uint16_t bits;
  __half() = default;
  __half(__half_raw raw) : bits(raw.x) {}
  inline __half(float value);
  inline operator float() const;
  operator __half_raw() const { return {bits}; }
};
typedef __half half;

struct alignas(4) __half2 {
  __half x, y;
};

__half __float2half(float value);
float __half2float(__half value);
inline __half __float2half_rn(float value) { return __float2half(value); }
inline __half __ushort_as_half(unsigned short bits) { return __half(__half_raw{bits}); }
inline unsigned short __half_as_ushort(__half value) { return value.bits; }
inline __half::__half(float value) : bits(__float2half(value).bits) {}
inline __half::operator float() const { return __half2float(*this); }

#endif
