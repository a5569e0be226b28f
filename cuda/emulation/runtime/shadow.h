// What is remembered of every word that kernels can access, to find accesses that no barrier separates.
//
// A cell per 4-byte word keeps the last write and the last read; words of which single bytes are accessed have a cell
// per byte instead. A record says who: block (by a serial number that grows over all launches), thread, and the epoch
// of the thread's warp. Barriers start a new epoch of the whole block, __syncwarp one of its lanes; so whether an
// access of the past is ordered before one of now is a comparison of numbers:
//
//   another launch         ordered              serial < the launch's first
//   another block          never ordered (a record of severalBlocks has the last epoch of all)
//   another warp           ordered if epoch < that of the block's last barrier
//   same warp              ordered if epoch < that of the warp's last full __syncwarp, or if what the lane knows of the
//                          other's epochs (after __syncwarp with smaller masks) covers it
//
// Two accesses of one word that are not ordered, not both reads and not both atomic are a race.
#ifndef LATHE_EMULATION_SHADOW_H
#define LATHE_EMULATION_SHADOW_H

#include <cstddef>
#include <cstdint>

namespace lathe {
namespace emulation {

// serial 32 bits, epoch 20, thread 10, several 1, atomic 1. With `several`, the thread is a warp (0 to 31: several of
// its lanes), severalWarps or severalBlocks; or, of a write, splitWord: the bytes have cells of their own.
using Record = uint64_t;
constexpr Record atomicBit = 1, severalBit = 2;
constexpr int threadShift = 2, warpShift = threadShift + 5, epochShift = 12, serialShift = 32;
constexpr Record threadBits = Record{0x3ff} << threadShift;
constexpr Record epochBits = Record{0xfffff} << epochShift;
constexpr Record serialBits = ~Record{0} << serialShift;
constexpr uint32_t severalWarps = 32, severalBlocks = 33, splitWord = 63;
constexpr uint32_t lastEpoch = 0xffffe;

struct Cell {
  Record write;
  Record read;
};

inline uint32_t threadOf(Record record) { return (record & threadBits) >> threadShift; }
inline bool isSplit(Record write) {
  return (write & (threadBits | severalBit)) == (Record{splitWord} << threadShift | severalBit);
}

// The thread that accesses, and which accesses of the past are ordered before what it does now.
struct Accessor {
  Record me;              // of this thread in its present epoch
  Record base;            // of the block: its serial alone
  Record myLanes;         // of several lanes of its warp in its present epoch
  Record myWarps;         // of several warps of the block in its present epoch
  Record blockSpan;       // records of this block below base + blockSpan are ordered
  Record warpSpan;        // records of this warp below base + warpSpan are ordered
  const uint32_t* known;  // [32] epochs of the warp's lanes below which their accesses are ordered; null: nothing more

  // Whether a record is ordered before now, where `oldest` is the first that matters.
  bool ordered(Record record, Record oldest) const {
    return record < oldest || record - base < blockSpan ||
           ((record ^ me) & (serialBits | threadBits | severalBit)) == 0;
  }
  bool orderedInWarp(Record record) const;
  // Whether a record of a read already says what joining this thread's to it would.
  bool included(Record read, Record oldest) const {
    return read == me || read == myLanes || read == myWarps ||
           ((read & (threadBits | severalBit)) == (Record{severalBlocks} << threadShift | severalBit) &&
            read >= oldest);
  }
  // A record of this access and that one, neither of which is ordered.
  Record joined(Record record) const;
};

enum class Kind { read, write, atomic };

// What became of an access that was to be entered into a cell. did: null, or what was done there by `other`, with which
// it races. split: the word's bytes have cells of their own, and nothing was entered.
struct Entered {
  const char* did;
  Record other;
  bool split;
};
Entered enter(Cell& cell, Kind kind, const Accessor& accessor, Record oldest);

// Memory that has a shadow: words at `cells`, bytes at `byteCells`, from the address `begin`.
struct Shadowed {
  uintptr_t begin = 0;
  size_t bytes = 0;
  Cell* cells = nullptr;
  Cell* byteCells = nullptr;
  bool shared = false;
};

// The shadow of so many bytes, without memory behind it until it is used.
Shadowed shadowOf(uintptr_t begin, size_t bytes, bool shared);
void dropShadow(const Shadowed& shadowed);
void forget(const Shadowed& shadowed);  // all records

// Serial numbers for the blocks of a launch: the first of them. Where numbers run out, the shadow of all devices is
// forgotten and `generation` grows.
uint64_t takeSerials(uint64_t blocks, uint64_t& generation);

// The shadow of a device's memory.
const Shadowed& shadowOfDevice(int device);

}  // namespace emulation
}  // namespace lathe

#endif
