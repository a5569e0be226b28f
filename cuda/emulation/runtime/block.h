// One block of a launch: its threads as fibers, their barriers and warp operations.
//
// Fibers of a block run on one OS thread, one after the other. A fiber runs until it waits (barrier, warp operation),
// gives way (yield) or ends; which one goes on is drawn from the seed. Where none can go on and not all have ended, the
// kernel is wrong, and the report says who waits where.
#ifndef LATHE_EMULATION_BLOCK_H
#define LATHE_EMULATION_BLOCK_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fiber.h"
#include "grid.h"
#include "watch.h"

namespace lathe {
namespace emulation {

constexpr unsigned mostBlockThreads = 1024;
constexpr size_t sharedBytesOfBlock = 48 * 1024;  // without asking
constexpr size_t sharedBytesOptIn = 227 * 1024;   // after asking, as on sm_90

class Block {
 public:
  Block();
  ~Block();
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  // Runs the block of the grid with this serial number to its end, or to its first error, which the grid is told.
  void run(Grid& grid, uint64_t serial);

  // What the running fiber asks for.
  int syncThreads(BarrierOperation operation, int predicate, Place place);
  struct WarpRequest {
    WarpOperation operation;
    unsigned mask;
    Place place;
    uint64_t value[2];
    int source;        // shuffle
    uint64_t* values;  // exchange: [32]
  };
  void warp(WarpRequest& request);
  unsigned activeLanes() const;
  void* dynamicShared() const { return dynamicShared_; }
  void yield();

  // Ends the block with an error at the running fiber; never returns. The report is kernel, block, thread and what
  // describe() says. The frames of the fiber are left for good, so nothing in them may own memory by then.
  template <class Describe>
  [[noreturn]] void fail(cudaError_t error, Describe describe) {
    currentWatch = nullptr;
    report(error, describe());
    abandon();
  }

  // For reports.
  std::string threadName(uint32_t thread) const;
  bool isOnStack(const void* pointer) const;

 private:
  enum class State : uint8_t { unstarted, ready, atBarrier, atWarp, ended };
  struct Thread {
    Fiber fiber;
    State state = State::unstarted;
    WarpRequest* request = nullptr;
    Place place{};       // of the barrier that it waits at
    uint32_t epoch = 0;  // shadow.h
  };
  struct Warp {
    unsigned present;  // lanes that exist
    unsigned ended;
    unsigned waiting;
    uint32_t epoch;  // the latest of its lanes
    uint32_t fence;  // all that its lanes did in epochs before this one is ordered
    bool partial;    // there were __syncwarp of some of its lanes: known_ says more
    // All that wait do so in the operation of the first of them, with its mask; otherwise one has to look at each.
    bool alike;
    WarpOperation operation;
    unsigned mask;
    int line;
  };

  void report(cudaError_t error, const std::string& what);
  [[noreturn]] void abandon();
  static void fiberMain();
  void runThread();
  void endThread();
  void giveWay();
  uint32_t pick();
  void enqueue(uint32_t thread);
  void become(uint32_t thread);
  void goTo(uint32_t next, Fiber& from, bool ends);
  unsigned meeting(Warp& warp, const WarpRequest& request);
  void completeWarp(Warp& warp, unsigned mask);
  void orderBlock();
  void orderWarp(Warp& warp, unsigned mask);
  std::string waits(State state) const;
  std::string whoWaits() const;

  Grid* grid_ = nullptr;
  uint3 index_{};
  uint32_t count_ = 0;    // threads
  uint32_t running_ = 0;  // the thread whose fiber runs
  uint32_t ended_ = 0;
  uint32_t arrived_ = 0;  // at the barrier
  uint32_t firstArrived_ = 0;
  uint32_t readyCount_ = 0;
  int total_ = 0;  // of the predicates at the barrier
  int result_ = 0;
  Random random_{0};
  std::vector<Thread> threads_;
  std::vector<uint32_t> ready_;
  std::vector<Warp> warps_;
  StackPool stacks_;
  Fiber host_;
  void* dynamicShared_ = nullptr;
  Watch watch_{*this};
  uint32_t blockFence_ = 0;  // all that the block did in epochs before this one is ordered
  // [threads x 32] what each lane knows of the epochs of its warp's lanes; only after partial __syncwarp.
  std::vector<uint32_t> known_;
  uint64_t switches_ = 0;
};

// "(x,y,z)".
std::string text(uint3 index);

// The block whose fiber this OS thread runs, or null. (__thread needs no guard, as thread_local does. No initial-exec:
// it would ask for all __shared__ variables in the static part of a program that loads the library late, as Java does.)
extern __thread Block* currentBlock;

// The one that this OS thread runs its blocks in.
Block& blockOfThread();

}  // namespace emulation
}  // namespace lathe

#endif
