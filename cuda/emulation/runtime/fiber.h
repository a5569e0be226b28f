// Fibers: stacks of their own and the switch between them.
#ifndef LATHE_EMULATION_FIBER_H
#define LATHE_EMULATION_FIBER_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include "device_language.h"

namespace lathe {
namespace emulation {

struct Fiber {
  void* stackPointer = nullptr;  // where it goes on; meaningless while it runs
  char* stack = nullptr;         // lowest byte of its stack; null: it has none yet
  size_t size = 0;
};

// Stacks of stackBytes, aligned to their size, with a page below that no access survives. Used by one OS thread.
class StackPool {
 public:
  StackPool() = default;
  ~StackPool();
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  char* acquire();
  void release(char* stack) { free_.push_back(stack); }

 private:
  struct Slab {
    void* memory;
    size_t bytes;
  };
  void grow();
  std::vector<Slab> slabs_;
  std::vector<char*> free_;
};

// Where the Position of the fiber with this stack lies; its frames lie below.
inline Position* positionOn(char* stack) { return const_cast<Position*>(positionAt(stack)); }

// To be called for the stack of a fiber that was left for good within a kernel: AddressSanitizer has its frames marked.
void forgetFrames(char* stack);

// Makes the fiber, which has a stack, start with entry() at the next switch to it. entry never returns.
void prepare(Fiber& fiber, void (*entry)());

// Leaves the running fiber, to come back here when something switches to it. `ends`: it never will.
void switchFiber(Fiber& from, Fiber& to, bool ends);

// The first thing that an entry does.
void entered();

// The fiber that an OS thread is by itself.
Fiber hostFiber();

}  // namespace emulation
}  // namespace lathe

#endif
