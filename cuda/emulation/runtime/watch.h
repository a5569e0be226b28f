// Watches the accesses of the fiber that an OS thread runs: where they may go, and that they race with none.
#ifndef LATHE_EMULATION_WATCH_H
#define LATHE_EMULATION_WATCH_H

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cuda_runtime_api.h"
#include "device_memory.h"
#include "settings.h"
#include "shadow.h"
#include "symbols.h"

namespace lathe {
namespace emulation {

class Block;
class Grid;

// The static shared memory of a module as this OS thread has it.
struct StaticShared {
  Shadowed shadow;
  const Module* module;
  std::vector<Record> met;  // for each variable, the serial number of the last block that came near it
};

class Watch {
 public:
  explicit Watch(Block& block) : block_(block) {}
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // Before the fibers of a block run, which has this serial number.
  void begin(const Grid& grid, uint64_t serial, void* dynamicShared);
  // Nothing more is watched for races in this block.
  void stopRaces() { races_ = false; }

  // The thread that runs, and what is ordered before it. The block keeps it up.
  Accessor accessor{};

  // An access of the running fiber, outside of its stack: watch_access.h.
  template <size_t bytes, Kind kind>
  void access(uintptr_t address, const void* code);
  // The same for any number of bytes at any address.
  void accessRange(uintptr_t address, size_t bytes, Kind kind, const void* code);

 private:
  struct Access {
    uintptr_t address;
    size_t bytes;
    Kind kind;
    const void* code;
  };

  template <Kind kind>
  bool enterQuickly(Cell& cell, Record oldest, bool alone);
  template <size_t bytes, Kind kind>
  void enterAligned(const Shadowed& memory, uintptr_t address, const void* code, Record oldest);
  // An access within one word.
  void enterSlowly(const Shadowed& memory, const Access& access, Record oldest);
  Entered enterWord(const Shadowed& memory, const Access& access, Record oldest, bool& unwritten);
  void meetVariable(const Access& access);
  void meetFirst(size_t variable);
  void beElsewhere(const Access& access);
  void passTime();

  [[noreturn]] void misaligned(const Access& access);
  [[noreturn]] void outOfBounds(const Access& access);
  [[noreturn]] void race(const Access& access, const Entered& with);
  template <class Describe>
  [[noreturn]] void fail(cudaError_t error, const Access& access, Describe describe);
  std::string describe(uintptr_t address) const;
  std::string who(Record record) const;

  Block& block_;
  const Grid* grid_ = nullptr;
  uint64_t generation_ = 0;
  bool races_ = false;
  bool concurrent_ = false;  // other OS threads run blocks of the launch
  Record oldest_ = 0;        // of the launch's records
  Shadowed dynamic_;         // of which dynamicBytes_ are the launch's
  size_t dynamicBytes_ = 0;
  StaticShared* static_ = nullptr;
  std::map<const Module*, StaticShared> statics_;
  Shadowed device_;
  const uint16_t* validBytes_ = nullptr;
  uintptr_t readOnlyBegin_ = 0, readOnlyEnd_ = 0;  // the constants that were read last
  int64_t untilYield_ = 0;
  Random random_{0};
};

// The one that watches the fiber that this OS thread runs; null: none runs, or nothing is checked.
extern __thread Watch* currentWatch;

}  // namespace emulation
}  // namespace lathe

#endif
