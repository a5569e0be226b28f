// The namespace that every header of block formats and every kernel lives in.
//
// The same source is compiled once per instruction set (LATHE_ISA = reference, avx2, avx512) and all objects are linked
// into one library. Inline functions of the same name compiled with different flags would be merged by the linker, and
// an older processor would meet instructions that it lacks; so each compilation puts them into a namespace of its own.
#ifndef LATHE_FORMATS_ISA_H
#define LATHE_FORMATS_ISA_H

#ifndef LATHE_ISA
#define LATHE_ISA reference
#endif

#define LATHE_BEGIN \
  namespace lathe { \
  inline namespace LATHE_ISA {
#define LATHE_END \
  }               \
  }

#ifdef __CUDACC__
#define LATHE_HD __host__ __device__
#else
#define LATHE_HD
#endif

// Before the name of a large template function: one copy instead of one in every caller, which would take the compiler
// minutes.
#define LATHE_OUTLINE __attribute__((noinline))

// Storage of a constant table at namespace scope: LATHE_TABLE uint16_t name[4] = {...}. Device code has a copy of its
// own, since it cannot read constants of the host.
#ifdef __CUDA_ARCH__
#define LATHE_TABLE static __device__ const
#else
#define LATHE_TABLE static constexpr
#endif

#endif
