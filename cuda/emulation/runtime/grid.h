// A launch that is under way, and the OS threads that run its blocks.
#ifndef LATHE_EMULATION_GRID_H
#define LATHE_EMULATION_GRID_H

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "emulated_launch.h"
#include "settings.h"
#include "symbols.h"

namespace lathe {
namespace emulation {

// What went wrong, as error and in words.
struct Failure {
  cudaError_t error = cudaSuccess;
  std::string report;
};

class Grid {
 public:
  Grid(const Kernel& kernel, dim3 blocks, dim3 threads, size_t sharedBytes, int device);

  // Runs all blocks, or those until one fails.
  Failure run();

  // Keeps the first failure of all blocks.
  void fail(Failure failure);

  const Kernel kernel;
  const std::vector<char> arguments;  // a copy, which kernel.arguments points to
  const dim3 blocks;
  const dim3 threads;
  const size_t sharedBytes;
  const int device;
  const Checking checking;
  const uint64_t seed;
  const Module* const module;  // that the kernel is in

  // While it runs: the number of its first block among all of all launches, and how often these began anew.
  uint64_t firstSerial = 0;
  uint64_t generation = 0;
  bool concurrent() const { return osThreads_ > 1; }

  // The block that runs as this one.
  uint3 blockOf(uint64_t serial) const;

 private:
  void runBlocks();

  uint64_t count_;
  // Blocks run in the order first_, first_ + stride_, ... modulo their number.
  uint64_t first_;
  uint64_t stride_;
  int osThreads_ = 1;
  std::atomic<uint64_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  Failure failure_;
};

}  // namespace emulation
}  // namespace lathe

#endif
