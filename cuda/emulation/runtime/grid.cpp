#include "grid.h"

#include <algorithm>
#include <numeric>

#include "block.h"
#include "workers.h"

namespace lathe {
namespace emulation {
namespace {

std::atomic<uint64_t> launches{0};

// Waking a thread costs about as much as running so many fibers.
constexpr uint64_t leastFibersOfThread = 256;

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
      checking(settings().checking),
      seed(Random(settings().seed ^ ++launches << 32).bits()),
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
  const int helpers = static_cast<int>(std::min<uint64_t>(settings().threads, useful));
  runOnThreads(helpers, [this] { runBlocks(); });
  return failure_;
}

void Grid::runBlocks() {
  Block& block = blockOfThread();
  for (uint64_t i = next_++; i < count_ && !failed_; i = next_++) {
    const uint64_t index = static_cast<uint64_t>((first_ + static_cast<unsigned __int128>(i) * stride_) % count_);
    block.run(*this, index);
  }
}

void Grid::fail(Failure failure) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!failed_.exchange(true)) failure_ = std::move(failure);
}

}  // namespace emulation
}  // namespace lathe
