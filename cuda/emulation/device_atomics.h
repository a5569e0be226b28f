// Atomic operations of kernels, on shared and device memory. Each returns the value before it. They order nothing but
// themselves (relaxed), as on the device.
#ifndef LATHE_EMULATION_DEVICE_ATOMICS_H
#define LATHE_EMULATION_DEVICE_ATOMICS_H

#define LATHE_EMULATED_ATOMICS(type)         \
  type atomicAdd(type* address, type value); \
  type atomicExch(type* address, type value);

#define LATHE_EMULATED_INTEGER_ATOMICS(type) \
  LATHE_EMULATED_ATOMICS(type)               \
  type atomicMin(type* address, type value); \
  type atomicMax(type* address, type value); \
  type atomicAnd(type* address, type value); \
  type atomicOr(type* address, type value);  \
  type atomicXor(type* address, type value); \
  type atomicCAS(type* address, type expected, type value);

LATHE_EMULATED_INTEGER_ATOMICS(int)
LATHE_EMULATED_INTEGER_ATOMICS(unsigned int)
LATHE_EMULATED_INTEGER_ATOMICS(unsigned long long)
LATHE_EMULATED_ATOMICS(float)
double atomicAdd(double* address, double value);
long long atomicMin(long long* address, long long value);
long long atomicMax(long long* address, long long value);
int atomicSub(int* address, int value);
unsigned int atomicSub(unsigned int* address, unsigned int value);
unsigned int atomicInc(unsigned int* address, unsigned int limit);
unsigned int atomicDec(unsigned int* address, unsigned int limit);
#undef LATHE_EMULATED_INTEGER_ATOMICS
#undef LATHE_EMULATED_ATOMICS

#endif
