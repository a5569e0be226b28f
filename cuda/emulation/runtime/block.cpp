#include "block.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <new>

#include "symbols.h"

namespace lathe {
namespace emulation {

__thread Block* currentBlock = nullptr;

namespace {

std::atomic<uint64_t> blockCount{0}, switchCount{0}, uncheckedCount{0};

std::string hexadecimal(unsigned mask) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "0x%08x", mask);
  return digits;
}

std::string text(Place place) {
  const char* slash = std::strrchr(place.file, '/');
  return std::string(slash ? slash + 1 : place.file) + ":" + std::to_string(place.line);
}

uint3 unravel(uint32_t index, dim3 size) { return {index % size.x, index / size.x % size.y, index / size.x / size.y}; }

}  // namespace

std::string text(uint3 index) {
  return "(" + std::to_string(index.x) + "," + std::to_string(index.y) + "," + std::to_string(index.z) + ")";
}

Block::Block()
    : threads_(mostBlockThreads), ready_(mostBlockThreads), warps_(mostBlockThreads / 32), host_(hostFiber()) {
  dynamicShared_ =
      mmap(nullptr, sharedBytesOptIn, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (dynamicShared_ == MAP_FAILED) throw std::bad_alloc();
}

Block::~Block() { munmap(dynamicShared_, sharedBytesOptIn); }

Block& blockOfThread() {
  thread_local Block block;
  return block;
}

void Block::run(Grid& grid, uint64_t serial) {
  grid_ = &grid;
  index_ = grid.blockOf(serial);
  count_ = grid.threads.x * grid.threads.y * grid.threads.z;
  random_ = Random(grid.seed + serial - grid.firstSerial);
  ended_ = arrived_ = readyCount_ = 0;
  total_ = 0;
  blockFence_ = 0;
  for (uint32_t i = 0; i < count_; ++i) {
    threads_[i] = Thread();
    ready_[readyCount_++] = i;
  }
  for (uint32_t i = 0; i * 32 < count_; ++i) {
    const uint32_t lanes = std::min(count_ - i * 32, 32u);
    warps_[i] = {lanes == 32 ? ~0u : (1u << lanes) - 1, 0, 0, 0, 0, false, false, WarpOperation::syncwarp, 0, 0};
  }
  if (grid.checking != Checking::none) watch_.begin(grid, serial, dynamicShared_);
  std::memset(dynamicShared_, 0xff, grid.sharedBytes);  // not zero: nothing may count on it

  currentBlock = this;
  goTo(pick(), host_, false);
  currentBlock = nullptr;
  currentWatch = nullptr;

  for (uint32_t i = 0; i < count_; ++i) {
    if (!threads_[i].fiber.stack) continue;
    if (threads_[i].state != State::ended) forgetFrames(threads_[i].fiber.stack);  // an error has left it behind
    stacks_.release(threads_[i].fiber.stack);
  }
  ++blockCount;
  switchCount += switches_;
  switches_ = 0;
}

// --- The scheduler ---------------------------------------------------------------------------------------------------

void Block::fiberMain() {
  entered();
  Block& block = *currentBlock;
  for (;;) {
    block.runThread();
    block.endThread();
  }
}

void Block::runThread() {
  const Kernel& kernel = grid_->kernel;
  void* arguments = __builtin_alloca_with_align(kernel.argumentBytes + 1, 16 * 8);
  std::memcpy(arguments, grid_->arguments.data(), kernel.argumentBytes);
  Thread& me = threads_[running_];
  *positionOn(me.fiber.stack) = {unravel(running_, grid_->threads), index_, grid_->threads, grid_->blocks};
  if (grid_->checking != Checking::none) currentWatch = &watch_;
  kernel.invoke(kernel.kernel, arguments);
}

// Returns when another thread is to begin on this fiber's stack.
void Block::endThread() {
  Thread& me = threads_[running_];
  me.state = State::ended;
  warps_[running_ / 32].ended |= 1u << running_ % 32;
  ++ended_;
  if (readyCount_ == 0) {
    if (ended_ < count_) fail(cudaErrorLaunchFailure, [this] { return whoWaits(); });
    switchFiber(me.fiber, host_, true);
  }
  const uint32_t next = pick();
  if (threads_[next].state == State::unstarted) {
    std::swap(threads_[next].fiber, me.fiber);
    threads_[next].state = State::ready;
    become(next);
    return;
  }
  stacks_.release(me.fiber.stack);
  me.fiber.stack = nullptr;
  goTo(next, me.fiber, true);
}

// A ready thread, which it takes out of those that wait for their turn.
uint32_t Block::pick() {
  const uint32_t place = random_.below(readyCount_);
  const uint32_t thread = ready_[place];
  ready_[place] = ready_[--readyCount_];
  return thread;
}

void Block::enqueue(uint32_t thread) {
  threads_[thread].state = State::ready;
  ready_[readyCount_++] = thread;
}

// What the thread's accesses will be entered as.
void Block::become(uint32_t thread) {
  running_ = thread;
  Accessor& accessor = watch_.accessor;
  const Warp& warp = warps_[thread / 32];
  const Record now = accessor.base | Record{threads_[thread].epoch} << epochShift;
  accessor.me = now | Record{thread} << threadShift;
  accessor.myLanes = now | Record{thread / 32} << threadShift | severalBit;
  accessor.myWarps = now | Record{severalWarps} << threadShift | severalBit;
  accessor.blockSpan = Record{blockFence_} << epochShift;
  accessor.warpSpan = Record{warp.fence} << epochShift;
  accessor.known = warp.partial ? &known_[size_t{thread} * 32] : nullptr;
}

void Block::goTo(uint32_t next, Fiber& from, bool ends) {
  Thread& thread = threads_[next];
  become(next);
  ++switches_;
  if (thread.state == State::unstarted) {
    thread.state = State::ready;
    thread.fiber.stack = stacks_.acquire();
    prepare(thread.fiber, fiberMain);
  }
  switchFiber(from, thread.fiber, ends);
}

// The running fiber waits or has queued itself.
void Block::giveWay() {
  if (readyCount_ == 0) fail(cudaErrorLaunchFailure, [this] { return whoWaits(); });
  const uint32_t me = running_;
  const uint32_t next = pick();
  if (next == me) {
    become(me);
  } else {
    goTo(next, threads_[me].fiber, false);
  }
}

void Block::yield() {
  enqueue(running_);
  giveWay();
}

// --- Barriers and warps ----------------------------------------------------------------------------------------------

int Block::syncThreads(BarrierOperation operation, int predicate, Place place) {
  Thread& me = threads_[running_];
  me.place = place;
  if (arrived_ > 0) {
    // The first that arrived stands for all that wait.
    const Place theirs = threads_[firstArrived_].place;
    if (theirs.line != place.line || std::strcmp(theirs.file, place.file) != 0) {
      fail(cudaErrorLaunchFailure, [&] {
        return "divergent barrier: this thread waits at " + text(place) + ", " + threadName(firstArrived_) + " at " +
               text(theirs);
      });
    }
  } else {
    firstArrived_ = running_;
  }
  total_ += predicate != 0;
  if (++arrived_ < count_) {
    me.state = State::atBarrier;
    giveWay();
  } else {
    const int all = static_cast<int>(count_);
    result_ = operation == BarrierOperation::count ? total_
              : operation == BarrierOperation::all ? total_ == all
                                                   : total_ > 0;
    total_ = 0;
    arrived_ = 0;
    orderBlock();
    for (uint32_t i = 0; i < count_; ++i) enqueue(i);
    giveWay();
  }
  return result_;
}

void Block::warp(WarpRequest& request) {
  Warp& warp = warps_[running_ / 32];
  const unsigned bit = 1u << running_ % 32;
  const unsigned mask = request.mask;
  const auto wrong = [&](auto describe) {
    fail(cudaErrorLaunchFailure, [&] {
      return "warp operation at " + text(request.place) + " with mask " + hexadecimal(mask) + ": " + describe();
    });
  };
  if (!(mask & bit)) wrong([] { return "the mask leaves out the calling lane"; });
  if (mask & ~warp.present) wrong([] { return "the mask names lanes that the block does not have"; });
  if (mask & warp.ended) wrong([] { return "the mask names lanes that have ended"; });
  if (request.operation == WarpOperation::shuffle && !(mask >> request.source & 1)) {
    wrong([&] { return "lane " + std::to_string(request.source) + ", which is read, is not in the mask"; });
  }
  const unsigned met = meeting(warp, request) | bit;
  Thread& me = threads_[running_];
  me.request = &request;
  warp.waiting |= bit;
  if (met == mask) {
    completeWarp(warp, mask);
  } else {
    me.state = State::atWarp;
  }
  giveWay();
}

// The waiting lanes that the running one meets in its operation. Lanes that wait with another mask are in an operation
// of their own, after which they can come here.
unsigned Block::meeting(Warp& warp, const WarpRequest& request) {
  const auto equal = [&](WarpOperation operation, int line) {
    return operation == request.operation && line == request.place.line;
  };
  if (warp.waiting == 0) {
    warp.alike = true;
    warp.mask = request.mask;
    warp.operation = request.operation;
    warp.line = request.place.line;
    return 0;
  }
  const unsigned others = request.mask & warp.waiting;
  if (warp.alike && warp.mask == request.mask && equal(warp.operation, warp.line)) return others;
  warp.alike = false;
  unsigned met = 0;
  for (unsigned left = others; left != 0; left &= left - 1) {
    const int lane = __builtin_ctz(left);
    const uint32_t other = running_ / 32 * 32 + static_cast<uint32_t>(lane);
    const WarpRequest& theirs = *threads_[other].request;
    if (theirs.mask != request.mask) continue;
    if (!equal(theirs.operation, theirs.place.line)) {
      fail(cudaErrorLaunchFailure, [&] {
        return "warp operation at " + text(request.place) + " with mask " + hexadecimal(request.mask) + ": " +
               threadName(other) + " waits in another operation, at " + text(theirs.place);
      });
    }
    met |= 1u << lane;
  }
  return met;
}

// All that was done before is ordered before all that will be.
void Block::orderBlock() {
  const uint32_t warps = (count_ + 31) / 32;
  for (uint32_t i = 0; i < warps; ++i) blockFence_ = std::max(blockFence_, warps_[i].epoch);
  if (++blockFence_ >= lastEpoch) {
    blockFence_ = lastEpoch;
    watch_.stopRaces();
    ++uncheckedCount;
  }
  for (uint32_t i = 0; i < warps; ++i) {
    warps_[i].epoch = warps_[i].fence = blockFence_;
    warps_[i].partial = false;
  }
  for (uint32_t i = 0; i < count_; ++i) threads_[i].epoch = blockFence_;
}

// All that the mask's lanes did before, and what they knew to be ordered, is ordered before all that they will do.
void Block::orderWarp(Warp& warp, unsigned mask) {
  const uint32_t first = running_ / 32 * 32;
  if (mask != warp.present) {
    if (!warp.partial) {
      known_.resize(size_t{mostBlockThreads} * 32);
      std::fill_n(known_.begin() + first * 32, 32 * 32, warp.fence);
      warp.partial = true;
    }
    uint32_t joint[32] = {};
    for (uint32_t lane = 0; lane < 32; ++lane) {
      if (!(mask >> lane & 1)) continue;
      const uint32_t* theirs = &known_[size_t{first + lane} * 32];
      for (uint32_t i = 0; i < 32; ++i) joint[i] = std::max(joint[i], theirs[i]);
    }
    for (uint32_t lane = 0; lane < 32; ++lane) {
      if (mask >> lane & 1) joint[lane] = threads_[first + lane].epoch + 1;
    }
    for (uint32_t lane = 0; lane < 32; ++lane) {
      if (mask >> lane & 1) std::copy_n(joint, 32, known_.begin() + (first + lane) * 32);
    }
  }
  if (++warp.epoch >= lastEpoch) {
    warp.epoch = lastEpoch;
    watch_.stopRaces();
    ++uncheckedCount;
  }
  for (uint32_t lane = 0; lane < 32; ++lane) {
    if (mask >> lane & 1) threads_[first + lane].epoch = warp.epoch;
  }
  if (mask == warp.present) {
    warp.fence = warp.epoch;
    warp.partial = false;
  }
}

void Block::completeWarp(Warp& warp, unsigned mask) {
  const uint32_t first = running_ / 32 * 32;
  if (threads_[running_].request->operation == WarpOperation::syncwarp) orderWarp(warp, mask);
  uint64_t value[32][2];
  for (uint32_t lane = 0; lane < 32; ++lane) {
    value[lane][0] = value[lane][1] = 0;
    if (!(mask >> lane & 1)) continue;
    const WarpRequest& request = *threads_[first + lane].request;
    value[lane][0] = request.value[0];
    value[lane][1] = request.value[1];
  }
  for (uint32_t lane = 0; lane < 32; ++lane) {
    if (!(mask >> lane & 1)) continue;
    WarpRequest& request = *threads_[first + lane].request;
    if (request.operation == WarpOperation::shuffle) {
      std::memcpy(request.value, value[request.source], sizeof request.value);
    } else if (request.values) {
      for (int i = 0; i < 32; ++i) request.values[i] = value[i][0];
    }
    threads_[first + lane].request = nullptr;
    enqueue(first + lane);
  }
  warp.waiting &= ~mask;
}

unsigned Block::activeLanes() const {
  const Warp& warp = warps_[running_ / 32];
  return warp.present & ~warp.ended;
}

// --- Errors ----------------------------------------------------------------------------------------------------------

std::string Block::threadName(uint32_t thread) const { return "thread " + text(unravel(thread, grid_->threads)); }

bool Block::isOnStack(const void* pointer) const {
  const uintptr_t address = reinterpret_cast<uintptr_t>(pointer);
  return std::any_of(threads_.begin(), threads_.begin() + count_, [address](const Thread& thread) {
    return thread.fiber.stack && address - reinterpret_cast<uintptr_t>(thread.fiber.stack) < stackBytes;
  });
}

// Up to four threads in this state and where they wait. Of lanes that wait for each other, the first stands for all.
std::string Block::waits(State state) const {
  const auto together = [&](const Thread& a, const Thread& b) {
    return state == State::atWarp && b.state == state && a.request->mask == b.request->mask &&
           a.request->place.line == b.request->place.line;
  };
  std::string list;
  int found = 0;
  for (uint32_t i = 0; i < count_; ++i) {
    const Thread& thread = threads_[i];
    if (thread.state != state) continue;
    const auto warp = threads_.begin() + i / 32 * 32;
    if (std::any_of(warp, threads_.begin() + i, [&](const Thread& other) { return together(thread, other); })) continue;
    if (++found > 4) continue;
    list += (found > 1 ? ", " : "") + threadName(i);
    if (state == State::atBarrier) list += " at " + text(thread.place);
    if (state == State::atWarp)
      list += " at " + text(thread.request->place) + " with mask " + hexadecimal(thread.request->mask);
  }
  if (found > 4) list += " and " + std::to_string(found - 4) + " more";
  return list;
}

std::string Block::whoWaits() const {
  std::string what = "no thread can go on.";
  const std::string barrier = waits(State::atBarrier), warp = waits(State::atWarp), ended = waits(State::ended);
  if (!barrier.empty()) what += " At a barrier: " + barrier + ".";
  if (!warp.empty()) what += " In a warp operation: " + warp + ".";
  if (!ended.empty()) what += " Ended: " + ended + ".";
  return what;
}

void Block::report(cudaError_t error, const std::string& what) {
  grid_->fail({error, "kernel " + functionName(reinterpret_cast<const void*>(grid_->kernel.kernel)) + ", block " +
                          text(index_) + ", " + threadName(running_) + ": " + what});
}

void Block::abandon() {
  Fiber abandoned;
  switchFiber(abandoned, host_, true);
  __builtin_unreachable();
}

Statistics countedByBlocks() {
  Statistics counted{};
  counted.blocks = blockCount;
  counted.switches = switchCount;
  counted.unchecked = uncheckedCount;
  return counted;
}

}  // namespace emulation
}  // namespace lathe
