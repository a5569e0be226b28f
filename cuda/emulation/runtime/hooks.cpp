// What code that is compiled with -fsanitize=thread calls before its loads and stores. The compiler thinks of the
// thread sanitizer; this is linked in its place.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "block.h"
#include "runtime.h"
#include "watch_access.h"

#ifndef __SANITIZE_ADDRESS__

using namespace lathe::emulation;

namespace {

inline bool isOwnStack(uintptr_t address) {
  uintptr_t stackPointer;
  __asm__("movq %%rsp, %0" : "=r"(stackPointer));
  return (address ^ stackPointer) < stackBytes;
}

// Host code touches device memory: the device fails, since on a real one the program would end here.
__attribute__((noinline)) void touchedFromHost(const void* address, size_t bytes, Kind kind, const void* code) {
  Runtime& runtime = Runtime::instance();
  const std::lock_guard<std::recursive_mutex> lock(runtime.mutex);
  const size_t device = (reinterpret_cast<uintptr_t>(address) - arenasBegin) / arenaBytes;
  if (device >= static_cast<size_t>(runtime.deviceCount())) return;
  Device& owner = runtime.device(static_cast<int>(device));
  runtime.keep(owner, {cudaErrorIllegalAddress,
                       std::string("host code ") + (kind == Kind::read ? "reads " : "writes ") + std::to_string(bytes) +
                           " bytes of device memory " + owner.memory.describe(address) + " (in " + functionName(code) +
                           "; addr2line -Cife " + codePlace(code) + ")"});
}

inline void checkHost(const void* memory, size_t bytes, Kind kind, const void* code) {
  if (reinterpret_cast<uintptr_t>(memory) - arenasBegin < arenasBytes && !currentBlock) {
    touchedFromHost(memory, bytes, kind, code);
  }
}

template <size_t bytes, Kind kind>
inline void onAccess(void* memory, const void* code) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(memory);
  if (isOwnStack(address)) return;
  if (Watch* watch = currentWatch) {
    watch->access<bytes, kind>(address, code);
  } else {
    checkHost(memory, bytes, kind, code);
  }
}

inline void onRange(const void* memory, size_t bytes, Kind kind, const void* code) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(memory);
  if (bytes == 0 || isOwnStack(address)) return;
  if (Watch* watch = currentWatch) {
    watch->accessRange(address, bytes, kind, code);
  } else {
    checkHost(memory, bytes, kind, code);
  }
}

}  // namespace

#define LATHE_HOOK extern "C" __attribute__((visibility("hidden")))
#define LATHE_CALLER __builtin_return_address(0)

#define LATHE_HOOKS_OF(bytes)                                                                                        \
  LATHE_HOOK void __tsan_read##bytes(void* memory) { onAccess<bytes, Kind::read>(memory, LATHE_CALLER); }            \
  LATHE_HOOK void __tsan_write##bytes(void* memory) { onAccess<bytes, Kind::write>(memory, LATHE_CALLER); }          \
  LATHE_HOOK void __tsan_volatile_read##bytes(void* memory) { onAccess<bytes, Kind::read>(memory, LATHE_CALLER); }   \
  LATHE_HOOK void __tsan_volatile_write##bytes(void* memory) { onAccess<bytes, Kind::write>(memory, LATHE_CALLER); } \
  LATHE_HOOK void __tsan_unaligned_read##bytes(void* memory) { onRange(memory, bytes, Kind::read, LATHE_CALLER); }   \
  LATHE_HOOK void __tsan_unaligned_write##bytes(void* memory) { onRange(memory, bytes, Kind::write, LATHE_CALLER); }

LATHE_HOOKS_OF(1)
LATHE_HOOKS_OF(2)
LATHE_HOOKS_OF(4)
LATHE_HOOKS_OF(8)
LATHE_HOOKS_OF(16)

LATHE_HOOK void __tsan_read_range(void* memory, size_t bytes) { onRange(memory, bytes, Kind::read, LATHE_CALLER); }
LATHE_HOOK void __tsan_write_range(void* memory, size_t bytes) { onRange(memory, bytes, Kind::write, LATHE_CALLER); }
LATHE_HOOK void __tsan_vptr_update(void**, void*) {}
LATHE_HOOK void __tsan_vptr_read(void**) {}
LATHE_HOOK void __tsan_func_entry(void*) {}
LATHE_HOOK void __tsan_func_exit() {}
LATHE_HOOK void __tsan_init() {}

// --- memcpy and its like, which instrumented code calls under these names (memory_functions.h) -----------------------

LATHE_HOOK void* latheEmulationMemcpy(void* to, const void* from, size_t bytes) {
  onRange(from, bytes, Kind::read, LATHE_CALLER);
  onRange(to, bytes, Kind::write, LATHE_CALLER);
  return std::memcpy(to, from, bytes);
}
LATHE_HOOK void* latheEmulationMemmove(void* to, const void* from, size_t bytes) {
  onRange(from, bytes, Kind::read, LATHE_CALLER);
  onRange(to, bytes, Kind::write, LATHE_CALLER);
  return std::memmove(to, from, bytes);
}
LATHE_HOOK void* latheEmulationMemset(void* to, int value, size_t bytes) {
  onRange(to, bytes, Kind::write, LATHE_CALLER);
  return std::memset(to, value, bytes);
}

// --- The host's atomic operations, which the compiler hands over as well ---------------------------------------------

#define LATHE_ATOMIC_HOOKS(bits, T)                                                                                  \
  LATHE_HOOK T __tsan_atomic##bits##_load(const volatile T* a, int) { return __atomic_load_n(a, __ATOMIC_SEQ_CST); } \
  LATHE_HOOK void __tsan_atomic##bits##_store(volatile T* a, T v, int) { __atomic_store_n(a, v, __ATOMIC_SEQ_CST); } \
  LATHE_HOOK T __tsan_atomic##bits##_exchange(volatile T* a, T v, int) {                                             \
    return __atomic_exchange_n(a, v, __ATOMIC_SEQ_CST);                                                              \
  }                                                                                                                  \
  LATHE_HOOK T __tsan_atomic##bits##_fetch_add(volatile T* a, T v, int) {                                            \
    return __atomic_fetch_add(a, v, __ATOMIC_SEQ_CST);                                                               \
  }                                                                                                                  \
  LATHE_HOOK T __tsan_atomic##bits##_fetch_sub(volatile T* a, T v, int) {                                            \
    return __atomic_fetch_sub(a, v, __ATOMIC_SEQ_CST);                                                               \
  }                                                                                                                  \
  LATHE_HOOK T __tsan_atomic##bits##_fetch_and(volatile T* a, T v, int) {                                            \
    return __atomic_fetch_and(a, v, __ATOMIC_SEQ_CST);                                                               \
  }                                                                                                                  \
  LATHE_HOOK T __tsan_atomic##bits##_fetch_or(volatile T* a, T v, int) {                                             \
    return __atomic_fetch_or(a, v, __ATOMIC_SEQ_CST);                                                                \
  }                                                                                                                  \
  LATHE_HOOK T __tsan_atomic##bits##_fetch_xor(volatile T* a, T v, int) {                                            \
    return __atomic_fetch_xor(a, v, __ATOMIC_SEQ_CST);                                                               \
  }                                                                                                                  \
  LATHE_HOOK bool __tsan_atomic##bits##_compare_exchange_strong(volatile T* a, T* expected, T v, int, int) {         \
    return __atomic_compare_exchange_n(a, expected, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                   \
  }                                                                                                                  \
  LATHE_HOOK bool __tsan_atomic##bits##_compare_exchange_weak(volatile T* a, T* expected, T v, int, int) {           \
    return __atomic_compare_exchange_n(a, expected, v, true, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                    \
  }

LATHE_ATOMIC_HOOKS(8, uint8_t)
LATHE_ATOMIC_HOOKS(16, uint16_t)
LATHE_ATOMIC_HOOKS(32, uint32_t)
LATHE_ATOMIC_HOOKS(64, uint64_t)

LATHE_HOOK void __tsan_atomic_thread_fence(int) { std::atomic_thread_fence(std::memory_order_seq_cst); }
LATHE_HOOK void __tsan_atomic_signal_fence(int) { std::atomic_signal_fence(std::memory_order_seq_cst); }

#endif  // __SANITIZE_ADDRESS__
