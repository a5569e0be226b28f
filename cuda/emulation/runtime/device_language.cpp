// What the device language asks the running block for.
#include "device_language.h"

#include <cstring>

#include "block.h"
#include "device_atomics.h"
#include "watch_access.h"

namespace lathe {
namespace emulation {

int syncBlock(BarrierOperation operation, int predicate, Place place) {
  return currentBlock->syncThreads(operation, predicate, place);
}

void shuffle(void* value, size_t bytes, unsigned mask, int source, Place place) {
  Block::WarpRequest request{WarpOperation::shuffle, mask, place, {0, 0}, source, nullptr};
  std::memcpy(request.value, value, bytes);
  currentBlock->warp(request);
  std::memcpy(value, request.value, bytes);
}

void exchange(uint64_t* values, uint64_t value, unsigned mask, WarpOperation operation, Place place) {
  Block::WarpRequest request{operation, mask, place, {value, 0}, 0, values};
  currentBlock->warp(request);
}

void syncWarp(unsigned mask, Place place) {
  Block::WarpRequest request{WarpOperation::syncwarp, mask, place, {0, 0}, 0, nullptr};
  currentBlock->warp(request);
}

unsigned activeLanes() { return currentBlock->activeLanes(); }

void* dynamicSharedMemory() { return currentBlock->dynamicShared(); }

void trap(const char* reason, Place place) {
  currentBlock->fail(cudaErrorAssert,
                     [&] { return std::string(reason) + " at " + place.file + ":" + std::to_string(place.line); });
}

namespace {

// Joins the values of the mask's lanes.
template <class T, class Join>
T reduced(unsigned mask, T value, Place place, Join join) {
  uint64_t values[32];
  exchange(values, static_cast<std::make_unsigned_t<T>>(value), mask, WarpOperation::reduce, place);
  bool first = true;
  T result = 0;
  for (int lane = 0; lane < 32; ++lane) {
    if (!(mask >> lane & 1)) continue;
    const T next = static_cast<T>(values[lane]);
    result = first ? next : join(result, next);
    first = false;
  }
  return result;
}

unsigned ballot(unsigned mask, int predicate, WarpOperation operation, Place place) {
  uint64_t values[32];
  exchange(values, predicate != 0, mask, operation, place);
  unsigned lanes = 0;
  for (int lane = 0; lane < 32; ++lane) lanes |= static_cast<unsigned>(values[lane]) << lane;
  return lanes;
}

unsigned matching(unsigned mask, uint64_t value, Place place) {
  uint64_t values[32];
  exchange(values, value, mask, WarpOperation::match, place);
  unsigned lanes = 0;
  for (int lane = 0; lane < 32; ++lane) lanes |= static_cast<unsigned>(values[lane] == value) << lane;
  return lanes & mask;
}

}  // namespace
}  // namespace emulation
}  // namespace lathe

using namespace lathe::emulation;

int __all_sync(unsigned mask, int predicate, const char* file, int line) {
  return ballot(mask, predicate, WarpOperation::all, {file, line}) == mask;
}
int __any_sync(unsigned mask, int predicate, const char* file, int line) {
  return ballot(mask, predicate, WarpOperation::any, {file, line}) != 0;
}
unsigned __ballot_sync(unsigned mask, int predicate, const char* file, int line) {
  return ballot(mask, predicate, WarpOperation::ballot, {file, line});
}
unsigned __match_any_sync(unsigned mask, unsigned value, const char* file, int line) {
  return matching(mask, value, {file, line});
}
unsigned __match_any_sync(unsigned mask, unsigned long long value, const char* file, int line) {
  return matching(mask, value, {file, line});
}

#define LATHE_REDUCE(name, type, join)                                                      \
  type name(unsigned mask, type value, const char* file, int line) {                        \
    return reduced(mask, value, {file, line}, [](type a, type b) -> type { return join; }); \
  }
LATHE_REDUCE(__reduce_add_sync, unsigned, a + b)
LATHE_REDUCE(__reduce_min_sync, unsigned, a < b ? a : b)
LATHE_REDUCE(__reduce_max_sync, unsigned, a > b ? a : b)
LATHE_REDUCE(__reduce_add_sync, int, static_cast<int>(static_cast<unsigned>(a) + static_cast<unsigned>(b)))
LATHE_REDUCE(__reduce_min_sync, int, a < b ? a : b)
LATHE_REDUCE(__reduce_max_sync, int, a > b ? a : b)
LATHE_REDUCE(__reduce_and_sync, unsigned, a& b)
LATHE_REDUCE(__reduce_or_sync, unsigned, a | b)
LATHE_REDUCE(__reduce_xor_sync, unsigned, a ^ b)

// --- Atomics ---------------------------------------------------------------------------------------------------------

namespace {

template <class T, class Change>
T update(T* address, Change change) {
  if (Watch* watch = currentWatch) {
    watch->access<sizeof(T), Kind::atomic>(reinterpret_cast<uintptr_t>(address), __builtin_return_address(0));
  }
  T before, after;
  __atomic_load(address, &before, __ATOMIC_RELAXED);
  do {
    after = change(before);
  } while (!__atomic_compare_exchange(address, &before, &after, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return before;
}

}  // namespace

#define LATHE_ATOMIC(name, type, result)                                \
  type name(type* address, type value) {                                \
    return update(address, [value](type a) -> type { return result; }); \
  }
#define LATHE_ATOMICS_OF_INTEGER(type)                                         \
  LATHE_ATOMIC(atomicExch, type, (static_cast<void>(a), value))                \
  LATHE_ATOMIC(atomicMin, type, value < a ? value : a)                         \
  LATHE_ATOMIC(atomicMax, type, a < value ? value : a)                         \
  LATHE_ATOMIC(atomicAnd, type, a& value)                                      \
  LATHE_ATOMIC(atomicOr, type, a | value)                                      \
  LATHE_ATOMIC(atomicXor, type, a ^ value)                                     \
  type atomicCAS(type* address, type expected, type value) {                   \
    return update(address, [=](type a) { return a == expected ? value : a; }); \
  }

LATHE_ATOMICS_OF_INTEGER(int)
LATHE_ATOMICS_OF_INTEGER(unsigned int)
LATHE_ATOMICS_OF_INTEGER(unsigned long long)
LATHE_ATOMIC(atomicAdd, int, static_cast<int>(static_cast<unsigned>(a) + static_cast<unsigned>(value)))
LATHE_ATOMIC(atomicAdd, unsigned int, a + value)
LATHE_ATOMIC(atomicAdd, unsigned long long, a + value)
LATHE_ATOMIC(atomicAdd, float, a + value)
LATHE_ATOMIC(atomicAdd, double, a + value)
LATHE_ATOMIC(atomicExch, float, (static_cast<void>(a), value))
LATHE_ATOMIC(atomicMin, long long, value < a ? value : a)
LATHE_ATOMIC(atomicMax, long long, a < value ? value : a)
LATHE_ATOMIC(atomicSub, int, static_cast<int>(static_cast<unsigned>(a) - static_cast<unsigned>(value)))
LATHE_ATOMIC(atomicSub, unsigned int, a - value)

unsigned int atomicInc(unsigned int* address, unsigned int limit) {
  return update(address, [limit](unsigned int a) { return a >= limit ? 0 : a + 1; });
}
unsigned int atomicDec(unsigned int* address, unsigned int limit) {
  return update(address, [limit](unsigned int a) { return a == 0 || a > limit ? limit : a - 1; });
}
