#include "grid.h"

#include <algorithm>
#include <new>
#include <numeric>

#include "block.h"
#include "shadow.h"
#include "workers.h"

namespace lathe {
namespace emulation {
namespace {

std::atomic<uint64_t> launches{0};

// Waking a thread costs about as much as running so many fibers.
constexpr uint64_t leastFibersOfThread = 256;

Checking checkingNow() {
#ifdef __SANITIZE_ADDRESS__
  return Checking::none;  // AddressSanitizer looks after accesses; its build has no hooks
#else
  return settings().checking;
#endif
}

}  // namespace

uint64_t launchCount() { return launches; }

Grid::Grid(const Kernel& source, dim3 blocks, dim3 threads, size_t sharedBytes, int device)
    : kernel(source),
      arguments(static_cast<const char*>(source.arguments),
                static_cast<const char*>(source.arguments) + source.argumentBytes),
      blocks(blocks),
      threads(threads),
      sharedBytes(sharedBytes),
      device(device),
      checking(checkingNow()),
      seed(Random(settings().seed ^ ++launches << 32).bits()),
      module(moduleOf(reinterpret_cast<const void*>(source.kernel))),
      count_(uint64_t{blocks.x} * blocks.y * blocks.z) {
  Random random(seed);
  first_ = random.bits() % count_;
  do {
    stride_ = 1 + random.bits() % count_;
  } while (std::gcd(stride_, count_) != 1);
}

Failure Grid::run() {
  const uint64_t fibers = count_ * threads.x * threads.y * threads.z;
  const uint64_t useful = std::min(count_, 1 + fibers / leastFibersOfThread);
  osThreads_ = static_cast<int>(std::min<uint64_t>(static_cast<uint64_t>(settings().threads), useful));
  firstSerial = takeSerials(count_, generation);
  runOnThreads(osThreads_, [this] { runBlocks(); });
  return failure_;
}

void Grid::runBlocks() {
  try {
    Block& block = blockOfThread();
    for (uint64_t i = next_++; i < count_ && !failed_; i = next_++) block.run(*this, firstSerial + i);
  } catch (const std::bad_alloc&) {
    fail({cudaErrorMemoryAllocation, "the emulation found no memory for the fibers of a block"});
  }
}

uint3 Grid::blockOf(uint64_t serial) const {
  const auto wide = first_ + static_cast<unsigned __int128>(serial - firstSerial) * stride_;
  const uint64_t index = static_cast<uint64_t>(wide % count_);
  return {static_cast<unsigned>(index % blocks.x), static_cast<unsigned>(index / blocks.x % blocks.y),
          static_cast<unsigned>(index / blocks.x / blocks.y)};
}

void Grid::fail(Failure failure) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!failed_.exchange(true)) failure_ = std::move(failure);
}

}  // namespace emulation
}  // namespace lathe
