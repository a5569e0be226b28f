// memcpy, memmove and memset of instrumented code, which are no loads and stores that the compiler sees, go by these
// names to functions that check what they touch (runtime/hooks.cpp).
#ifndef LATHE_EMULATION_MEMORY_FUNCTIONS_H
#define LATHE_EMULATION_MEMORY_FUNCTIONS_H

#include <cstring>

#ifdef __SANITIZE_THREAD__
extern "C" {
extern void* memcpy(void*, const void*, size_t) noexcept __asm__("latheEmulationMemcpy");
extern void* memmove(void*, const void*, size_t) noexcept __asm__("latheEmulationMemmove");
extern void* memset(void*, int, size_t) noexcept __asm__("latheEmulationMemset");
}
#endif

#endif
