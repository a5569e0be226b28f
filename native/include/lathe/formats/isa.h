// The namespace that every header of block formats and every kernel lives in.
//
// The same source is compiled once per instruction set (LATHE_ISA = reference, avx2, avx512; device for a GPU's
// kernels) and all objects are linked into one library. Inline functions of the same name compiled with different flags
// would be merged by the linker, and an older processor would meet instructions that it lacks; so each compilation puts
// them into a namespace of its own.
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

// LATHE_HD        before a function that kernels call
// LATHE_TABLE     storage of a constant table at namespace scope: LATHE_TABLE uint16_t name[4] = {...}
// LATHE_OUTLINE   before the name of a large template function: one copy instead of one in every caller, which would
//                 take the compiler minutes
//
// With LATHE_TEAM, functions are for kernels alone and run in a warp (team.h).
#ifdef LATHE_TEAM
#define LATHE_HD __device__
#define LATHE_TABLE static __device__ constexpr
#else
#define LATHE_HD
#define LATHE_TABLE static constexpr
#endif

#define LATHE_OUTLINE __attribute__((noinline))

#endif
