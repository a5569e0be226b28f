#include "fiber.h"

#include <pthread.h>
#include <sys/mman.h>

#include <new>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#ifdef __x86_64__
// void latheEmulationSwitch(void** save, void* load): what the System V ABI lets a function keep goes on the stack, the
// stack pointer to *save; then the same backwards from load. About 2 ns, where swapcontext, which asks the kernel for
// the signal mask, takes about 300.
extern "C" void latheEmulationSwitch(void** save, void* load);
__asm__(
    ".text\n"
    ".p2align 4\n"
    ".globl latheEmulationSwitch\n"
    ".hidden latheEmulationSwitch\n"
    ".type latheEmulationSwitch, @function\n"
    "latheEmulationSwitch:\n"
    "  pushq %rbp\n"
    "  pushq %rbx\n"
    "  pushq %r12\n"
    "  pushq %r13\n"
    "  pushq %r14\n"
    "  pushq %r15\n"
    "  movq %rsp, (%rdi)\n"
    "  movq %rsi, %rsp\n"
    "  popq %r15\n"
    "  popq %r14\n"
    "  popq %r13\n"
    "  popq %r12\n"
    "  popq %rbx\n"
    "  popq %rbp\n"
    "  ret\n"
    ".size latheEmulationSwitch, .-latheEmulationSwitch\n");
#else
#error "the switch between fibers is written for x86-64"
#endif

namespace lathe {
namespace emulation {
namespace {

constexpr size_t stacksOfSlab = 32;
constexpr size_t guardBytes = 4096;
#ifdef __SANITIZE_ADDRESS__
constexpr size_t lastFramesBytes = 16384;  // of an entry that ends: a few calls of the emulation
#endif

}  // namespace

StackPool::~StackPool() {
  for (const Slab& slab : slabs_) munmap(slab.memory, slab.bytes);
}

char* StackPool::acquire() {
  if (free_.empty()) grow();
  char* stack = free_.back();
  free_.pop_back();
  return stack;
}

void StackPool::grow() {
  const size_t bytes = (stacksOfSlab + 1) * stackBytes;
  void* memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  slabs_.push_back({memory, bytes});
  const uintptr_t first = (reinterpret_cast<uintptr_t>(memory) + stackBytes - 1) & ~(stackBytes - 1);
  for (size_t i = 0; i < stacksOfSlab; ++i) {
    char* stack = reinterpret_cast<char*>(first + i * stackBytes);
    mprotect(stack, guardBytes, PROT_NONE);
    free_.push_back(stack);
  }
}

void forgetFrames(char* stack) {
#ifdef __SANITIZE_ADDRESS__
  __asan_unpoison_memory_region(stack + guardBytes, stackBytes - guardBytes);
#else
  static_cast<void>(stack);
#endif
}

void prepare(Fiber& fiber, void (*entry)()) {
#ifdef __SANITIZE_ADDRESS__
  // What was here before has left the frames marked that it switched away in for the last time. (All of the stack would
  // take longer to unmark than most threads run.)
  char* position = reinterpret_cast<char*>(positionOn(fiber.stack));
  __asan_unpoison_memory_region(position - lastFramesBytes, lastFramesBytes);
#endif
  fiber.size = stackBytes;
  // The entry finds its stack as after a call: 8 below a multiple of 16. Its own return address is null.
  void** top = reinterpret_cast<void**>(positionOn(fiber.stack));
  *--top = nullptr;
  *--top = reinterpret_cast<void*>(entry);
  for (int i = 0; i < 6; ++i) *--top = nullptr;
  fiber.stackPointer = top;
}

#ifdef __SANITIZE_ADDRESS__

void switchFiber(Fiber& from, Fiber& to, bool ends) {
  void* fakeStack = nullptr;
  __sanitizer_start_switch_fiber(ends ? nullptr : &fakeStack, to.stack, to.size);
  latheEmulationSwitch(&from.stackPointer, to.stackPointer);
  __sanitizer_finish_switch_fiber(fakeStack, nullptr, nullptr);
}

void entered() { __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr); }

#else

void switchFiber(Fiber& from, Fiber& to, bool) { latheEmulationSwitch(&from.stackPointer, to.stackPointer); }

void entered() {}

#endif

Fiber hostFiber() {
  Fiber fiber;
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) throw std::bad_alloc();
  void* stack = nullptr;
  pthread_attr_getstack(&attributes, &stack, &fiber.size);
  fiber.stack = static_cast<char*>(stack);
  pthread_attr_destroy(&attributes);
  return fiber;
}

}  // namespace emulation
}  // namespace lathe
