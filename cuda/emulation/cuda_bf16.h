// bfloat16 as the device stores it. Conversions round to nearest, ties to even.
#ifndef LATHE_EMULATION_CUDA_BF16_H
#define LATHE_EMULATION_CUDA_BF16_H

#include <cstdint>

struct alignas(2) __nv_bfloat16_raw {
  uint16_t x;
};

struct alignas(2) __nv_bfloat16 {
  uint16_t bits;
  __nv_bfloat16() = default;
  __nv_bfloat16(__nv_bfloat16_raw raw) : bits(raw.x) {}
  inline __nv_bfloat16(float value);
  inline operator float() const;
  operator __nv_bfloat16_raw() const { return {bits}; }
};

struct alignas(4) __nv_bfloat162 {
  __nv_bfloat16 x, y;
};

__nv_bfloat16 __float2bfloat16(float value);
float __bfloat162float(__nv_bfloat16 value);
inline __nv_bfloat16 __float2bfloat16_rn(float value) { return __float2bfloat16(value); }
inline __nv_bfloat16 __ushort_as_bfloat16(unsigned short bits) { return __nv_bfloat16(__nv_bfloat16_raw{bits}); }
inline unsigned short __bfloat16_as_ushort(__nv_bfloat16 value) { return value.bits; }
inline __nv_bfloat16::__nv_bfloat16(float value) : bits(__float2bfloat16(value).bits) {}
inline __nv_bfloat16::operator float() const { return __bfloat162float(*this); }

#endif
