#include "shadow.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <new>

#include "device_memory.h"
#include "settings.h"

namespace lathe {
namespace emulation {
namespace {

Cell* reserveCells(size_t count) {
  void* memory =
      mmap(nullptr, count * sizeof(Cell), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  madvise(memory, count * sizeof(Cell), MADV_DONTDUMP);
  return static_cast<Cell*>(memory);
}

std::array<Shadowed, mostDevices>& deviceShadows() {
  static std::array<Shadowed, mostDevices> shadows;
  return shadows;
}

uint32_t epochOf(Record record) { return static_cast<uint32_t>((record & epochBits) >> epochShift); }

}  // namespace

bool Accessor::orderedInWarp(Record record) const {
  if ((record ^ base) & serialBits) return false;
  if (record & severalBit) {
    if (threadOf(record) != threadOf(me) / 32) return false;
    if (record - base < warpSpan) return true;
    // Which lanes they were is not kept; one that this lane knows that much of is taken for the last of them.
    return known && epochOf(record) < *std::max_element(known, known + 32);
  }
  if ((record ^ me) & (threadBits >> warpShift << warpShift)) return false;
  return record - base < warpSpan || (known && epochOf(record) < known[threadOf(record) % 32]);
}

Record Accessor::joined(Record record) const {
  const Record flags = severalBit | (record & me & atomicBit);
  const uint32_t theirs = threadOf(record), mine = threadOf(me) / 32;
  const bool blocks = (record & severalBit) && theirs == severalBlocks;
  if (blocks || ((record ^ me) & serialBits)) return base | epochBits | Record{severalBlocks} << threadShift | flags;
  const Record epoch = std::max(record & epochBits, me & epochBits);
  const uint32_t warp = record & severalBit ? theirs : theirs / 32;
  const uint32_t who = warp == mine ? warp : severalWarps;
  return base | epoch | Record{who} << threadShift | flags;
}

Entered enter(Cell& cell, Kind kind, const Accessor& accessor, Record oldest) {
  const Record write = cell.write, read = cell.read;
  const bool writeOrdered = accessor.ordered(write, oldest);
  if (!writeOrdered && isSplit(write)) return {nullptr, 0, true};
  const bool conflict = !writeOrdered && !accessor.orderedInWarp(write);
  if (conflict && !(kind == Kind::atomic && (write & atomicBit))) {
    return {write & atomicBit ? "updated" : "wrote", write, false};
  }
  const bool readOrdered = accessor.ordered(read, oldest) || accessor.orderedInWarp(read);
  if (kind == Kind::read) {
    cell.read = readOrdered ? accessor.me : accessor.joined(read);
    return {};
  }
  if (!readOrdered) return {"read", read, false};
  if (kind == Kind::write) {
    cell.write = accessor.me;
    return {};
  }
  Accessor atomic = accessor;
  atomic.me |= atomicBit;
  const bool past = write < oldest || write - accessor.base < accessor.blockSpan;
  if (conflict) {
    cell.write = atomic.joined(write);
  } else if (past || (write & atomicBit)) {
    cell.write = atomic.me;
  }  // else: a plain write of this thread or warp, which others' atomics still race with
  return {};
}

Shadowed shadowOf(uintptr_t begin, size_t bytes, bool shared) {
  const size_t words = bytes / 4 + 1;
  return {begin, bytes, reserveCells(words), reserveCells(words * 4), shared};
}

void dropShadow(const Shadowed& shadowed) {
  const size_t words = shadowed.bytes / 4 + 1;
  if (shadowed.cells) munmap(shadowed.cells, words * sizeof(Cell));
  if (shadowed.byteCells) munmap(shadowed.byteCells, words * 4 * sizeof(Cell));
}

void forget(const Shadowed& shadowed) {
  const size_t words = shadowed.bytes / 4 + 1;
  if (shadowed.cells) madvise(shadowed.cells, words * sizeof(Cell), MADV_DONTNEED);
  if (shadowed.byteCells) madvise(shadowed.byteCells, words * 4 * sizeof(Cell), MADV_DONTNEED);
}

const Shadowed& shadowOfDevice(int device) {
  Shadowed& shadow = deviceShadows()[static_cast<size_t>(device)];
  if (!shadow.cells) shadow = shadowOf(arenaOf(device), arenaBytes, false);
  return shadow;
}

uint64_t takeSerials(uint64_t blocks, uint64_t& generation) {
  static uint64_t next = 1, generations = 0;  // launches take turns
  if (next + blocks > UINT32_MAX) {
    for (const Shadowed& shadow : deviceShadows()) forget(shadow);
    next = 1;
    ++generations;
  }
  generation = generations;
  const uint64_t first = next;
  next += blocks;
  return first;
}

}  // namespace emulation
}  // namespace lathe
