// The part of Watch that every access of a kernel goes through.
#ifndef LATHE_EMULATION_WATCH_ACCESS_H
#define LATHE_EMULATION_WATCH_ACCESS_H

#include "watch.h"

namespace lathe {
namespace emulation {

// Most accesses meet a cell that they alone concern, or that an earlier barrier has settled.
template <Kind kind>
inline bool Watch::enterQuickly(Cell& cell, Record oldest, bool alone) {
  const Record write = __atomic_load_n(&cell.write, __ATOMIC_RELAXED);
  const Record read = __atomic_load_n(&cell.read, __ATOMIC_RELAXED);
  if (kind == Kind::atomic || !accessor.ordered(write, oldest)) return false;
  if (kind == Kind::read) {
    if (accessor.included(read, oldest)) return true;
    if (!alone || !accessor.ordered(read, oldest)) return false;
    cell.read = accessor.me;
  } else {
    if (!accessor.ordered(read, oldest)) return false;
    if (write == accessor.me) return true;
    if (!alone) return false;
    cell.write = accessor.me;
  }
  return true;
}

template <size_t bytes, Kind kind>
inline void Watch::enterAligned(const Shadowed& memory, uintptr_t address, const void* code, Record oldest) {
  const size_t offset = address - memory.begin;
  if (bytes < 4) {
    enterSlowly(memory, {address, bytes, kind, code}, oldest);
    return;
  }
  for (size_t i = 0; i < bytes; i += 4) {
    Cell& cell = memory.cells[(offset + i) / 4];
    // Shared memory that no thread of the block has written has no record of the block.
    const bool unwritten = memory.shared && kind != Kind::write && cell.write < oldest;
    if (unwritten || !enterQuickly<kind>(cell, oldest, memory.shared || !concurrent_)) {
      enterSlowly(memory, {address + i, 4, kind, code}, oldest);
    }
  }
}

template <size_t bytes, Kind kind>
inline void Watch::access(uintptr_t address, const void* code) {
  if (address % bytes != 0) misaligned({address, bytes, kind, code});
  const size_t offset = address - device_.begin;
  if (offset < device_.bytes) {
    if (offset % granuleBytes + bytes > validBytes_[offset / granuleBytes]) outOfBounds({address, bytes, kind, code});
    if (races_) enterAligned<bytes, kind>(device_, address, code, oldest_);
  } else if (static_ && address - static_->shadow.begin < static_->shadow.bytes) {
    meetVariable({address, bytes, kind, code});
    if (races_) enterAligned<bytes, kind>(static_->shadow, address, code, accessor.base);
  } else if (address - dynamic_.begin < dynamicBytes_) {
    if (address - dynamic_.begin + bytes > dynamicBytes_) outOfBounds({address, bytes, kind, code});
    if (races_) enterAligned<bytes, kind>(dynamic_, address, code, accessor.base);
  } else {
    beElsewhere({address, bytes, kind, code});
  }
  if (--untilYield_ == 0) passTime();
}

// Bounds of static shared memory are those of its variables; what a block before has left in one is overwritten when
// the first thread of the block comes near it.
inline void Watch::meetVariable(const Access& access) {
  const Module& module = *static_->module;
  const size_t offset = access.address - static_->shadow.begin;
  const size_t number = module.sharedAt[offset];
  if (number == 0) outOfBounds(access);
  const SharedVariable& variable = module.shared[number - 1];
  if (offset + access.bytes > variable.offset + variable.bytes) outOfBounds(access);
  if (static_->met[number - 1] != accessor.base) meetFirst(number - 1);
}

}  // namespace emulation
}  // namespace lathe

#endif
