// What kernels are written in: qualifiers, the position of a thread, barriers, warp operations.
//
// A CUDA thread is a fiber. Its stack is a region of stackBytes, aligned to its size, near whose top lies its Position;
// so a thread's indices are found from the stack pointer alone.
//
// Barriers and warp operations take the place in the source where they are called, which names them in reports and
// tells two barriers apart. What is an error here although some processors let it pass: a barrier that a thread of the
// block never reaches, be it because it has ended; a mask that names lanes which do not exist or have ended; lanes that
// meet in different operations. Shuffles and votes do not order memory (programming guide); __syncwarp does.
#ifndef LATHE_EMULATION_DEVICE_LANGUAGE_H
#define LATHE_EMULATION_DEVICE_LANGUAGE_H

#include <cstddef>
#include <cstdint>

#include "memory_functions.h"
#include "vector_types.h"

#define __global__
#define __device__
#define __host__
#define __constant__
#define __shared__ static thread_local
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(n) alignas(n)

namespace lathe {
namespace emulation {

// Address space only: a stack costs the pages that it has touched.
#ifdef __SANITIZE_ADDRESS__
constexpr size_t stackBytes = size_t{1} << 20;
#else
constexpr size_t stackBytes = size_t{1} << 18;
#endif

struct alignas(64) Position {
  uint3 thread;
  uint3 block;
  uint3 threads;  // of a block
  uint3 blocks;
};

// Where the Position lies on the stack that the address belongs to. Stacks are aligned alike, so without an offset of
// its own for each, all of them would meet in the same few lines of the caches.
__attribute__((always_inline)) inline const Position* positionAt(const void* address) {
  const uintptr_t stack = reinterpret_cast<uintptr_t>(address) / stackBytes;
  return reinterpret_cast<const Position*>((stack + 1) * stackBytes - sizeof(Position) - (stack * 17 * 64 & 0xffc0));
}
__attribute__((always_inline)) inline const Position& position() { return *positionAt(__builtin_frame_address(0)); }

// A copy, loaded by instructions that the compiler does not instrument: kernels ask for their indices all the time.
__attribute__((always_inline)) inline uint3 indexAt(const uint3& index) {
  uint3 copy;
  __asm__("movl %1, %0" : "=r"(copy.x) : "m"(index.x));
  __asm__("movl %1, %0" : "=r"(copy.y) : "m"(index.y));
  __asm__("movl %1, %0" : "=r"(copy.z) : "m"(index.z));
  return copy;
}

// Where in the source something is called.
struct Place {
  const char* file;
  int line;
};

enum class WarpOperation { syncwarp, shuffle, all, any, ballot, match, reduce };

// Waits for the lanes of the mask, then gives the value (up to 16 bytes) of lane `source` of this warp.
void shuffle(void* value, size_t bytes, unsigned mask, int source, Place place);
// Waits for the lanes of the mask, then gives each the values of all of them: values [32], those outside are 0.
void exchange(uint64_t* values, uint64_t value, unsigned mask, WarpOperation operation, Place place);
void syncWarp(unsigned mask, Place place);
unsigned activeLanes();

enum class BarrierOperation { none, count, all, any };
int syncBlock(BarrierOperation operation, int predicate, Place place);

void* dynamicSharedMemory();
[[noreturn]] void trap(const char* reason, Place place);

}  // namespace emulation
}  // namespace lathe

#define threadIdx (::lathe::emulation::indexAt(::lathe::emulation::position().thread))
#define blockIdx (::lathe::emulation::indexAt(::lathe::emulation::position().block))
#define blockDim (::lathe::emulation::indexAt(::lathe::emulation::position().threads))
#define gridDim (::lathe::emulation::indexAt(::lathe::emulation::position().blocks))
constexpr int warpSize = 32;

#define LATHE_HERE \
  ::lathe::emulation::Place { file, line }
#define LATHE_CALLED const char *file = __builtin_FILE(), int line = __builtin_LINE()

inline void __syncthreads(LATHE_CALLED) {
  lathe::emulation::syncBlock(lathe::emulation::BarrierOperation::none, 0, LATHE_HERE);
}
inline int __syncthreads_count(int predicate, LATHE_CALLED) {
  return lathe::emulation::syncBlock(lathe::emulation::BarrierOperation::count, predicate, LATHE_HERE);
}
inline int __syncthreads_and(int predicate, LATHE_CALLED) {
  return lathe::emulation::syncBlock(lathe::emulation::BarrierOperation::all, predicate, LATHE_HERE);
}
inline int __syncthreads_or(int predicate, LATHE_CALLED) {
  return lathe::emulation::syncBlock(lathe::emulation::BarrierOperation::any, predicate, LATHE_HERE);
}
inline void __syncwarp(unsigned mask = 0xffffffffu, LATHE_CALLED) { lathe::emulation::syncWarp(mask, LATHE_HERE); }
inline unsigned __activemask() { return lathe::emulation::activeLanes(); }

// The order that fences give to other blocks is not modelled: blocks of one launch may not share data but by atomics.
inline void __threadfence() { __asm__ __volatile__("" ::: "memory"); }
inline void __threadfence_block() { __asm__ __volatile__("" ::: "memory"); }
inline void __threadfence_system() { __asm__ __volatile__("" ::: "memory"); }
#define __trap() ::lathe::emulation::trap("__trap()", {__builtin_FILE(), __builtin_LINE()})

namespace lathe {
namespace emulation {

inline int laneOfThread() {
  const uint3 thread = threadIdx, threads = blockDim;
  return static_cast<int>((thread.x + threads.x * (thread.y + threads.y * thread.z)) % 32);
}

template <class T>
inline T shuffled(T value, unsigned mask, int source, Place place) {
  static_assert(sizeof(T) <= 8, "shuffles move 4 or 8 bytes");
  shuffle(&value, sizeof value, mask, source, place);
  return value;
}

}  // namespace emulation
}  // namespace lathe

// Lane to read from; where it would leave the thread's section of `width` lanes, the thread's own.
template <class T>
inline T __shfl_sync(unsigned mask, T value, int source, int width = 32, LATHE_CALLED) {
  const int section = lathe::emulation::laneOfThread() & ~(width - 1);
  return lathe::emulation::shuffled(value, mask, section + (source & (width - 1)), LATHE_HERE);
}
template <class T>
inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, LATHE_CALLED) {
  const int lane = lathe::emulation::laneOfThread(), within = lane & (width - 1);
  const bool inside = within >= static_cast<int>(delta);
  return lathe::emulation::shuffled(value, mask, inside ? lane - static_cast<int>(delta) : lane, LATHE_HERE);
}
template <class T>
inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, LATHE_CALLED) {
  const int lane = lathe::emulation::laneOfThread(), within = lane & (width - 1);
  const bool inside = within + static_cast<int>(delta) < width;
  return lathe::emulation::shuffled(value, mask, inside ? lane + static_cast<int>(delta) : lane, LATHE_HERE);
}
template <class T>
inline T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32, LATHE_CALLED) {
  const int lane = lathe::emulation::laneOfThread(), other = lane ^ lanes;
  // A section may be read from later ones, not the other way round.
  const bool inside = (other & ~(width - 1)) <= (lane & ~(width - 1)) && other < 32;
  return lathe::emulation::shuffled(value, mask, inside ? other : lane, LATHE_HERE);
}

int __all_sync(unsigned mask, int predicate, LATHE_CALLED);
int __any_sync(unsigned mask, int predicate, LATHE_CALLED);
unsigned __ballot_sync(unsigned mask, int predicate, LATHE_CALLED);
unsigned __match_any_sync(unsigned mask, unsigned value, LATHE_CALLED);
unsigned __match_any_sync(unsigned mask, unsigned long long value, LATHE_CALLED);
inline unsigned __match_any_sync(unsigned mask, int value, LATHE_CALLED) {
  return __match_any_sync(mask, static_cast<unsigned>(value), file, line);
}

// sm_80 and later.
unsigned __reduce_add_sync(unsigned mask, unsigned value, LATHE_CALLED);
unsigned __reduce_min_sync(unsigned mask, unsigned value, LATHE_CALLED);
unsigned __reduce_max_sync(unsigned mask, unsigned value, LATHE_CALLED);
int __reduce_add_sync(unsigned mask, int value, LATHE_CALLED);
int __reduce_min_sync(unsigned mask, int value, LATHE_CALLED);
int __reduce_max_sync(unsigned mask, int value, LATHE_CALLED);
unsigned __reduce_and_sync(unsigned mask, unsigned value, LATHE_CALLED);
unsigned __reduce_or_sync(unsigned mask, unsigned value, LATHE_CALLED);
unsigned __reduce_xor_sync(unsigned mask, unsigned value, LATHE_CALLED);

#endif
