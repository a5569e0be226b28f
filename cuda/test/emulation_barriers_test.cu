// Barriers and warp operations that not all reach who must are found out, and nothing waits for ever.
#include <string>
#include <vector>

#include "check.h"
#include "emulation_fixture.h"

using namespace lathe::cuda;
using namespace lathe::test;

namespace {

__global__ void partOfBarrier(int* out) {
  if (threadIdx.x < 16) __syncthreads();
  out[threadIdx.x] = 1;
}
__global__ void differentBarriers(int* out) {
  if (threadIdx.x % 2) {
    __syncthreads();
  } else {
    __syncthreads();
  }
  out[threadIdx.x] = 1;
}
__global__ void barrierAgainstWarp(int* out) {
  if (threadIdx.x < 32 && threadIdx.x % 2) {
    __syncwarp();
  } else {
    __syncthreads();
  }
  out[threadIdx.x] = 1;
}
__global__ void shuffleWithMask(int* out, unsigned mask) {
  out[threadIdx.x] = __shfl_sync(mask, static_cast<int>(threadIdx.x), 0);
}
__global__ void shuffleFromOutside(int* out) {
  if (threadIdx.x < 8) out[threadIdx.x] = __shfl_sync(0xffu, static_cast<int>(threadIdx.x), 9);
}
__global__ void masksThatDiffer(int* out) {
  const unsigned mask = threadIdx.x == 5 ? 0xffff00ffu : ~0u;
  out[threadIdx.x] = __shfl_xor_sync(mask, 1, 1);
}
__global__ void operationsThatDiffer(int* out) {
  if (threadIdx.x < 16) {
    out[threadIdx.x] = __any_sync(~0u, 1);
  } else {
    out[threadIdx.x] = __all_sync(~0u, 1);
  }
}
__global__ void maskOfTheEnded(int* out) {
  if (threadIdx.x == 9) return;
  for (int i = 0; i < 2; ++i) out[threadIdx.x] = __shfl_sync(~0u, 1, 0);
}
__global__ void trapped(int* out) {
  if (out[0] != 1 && threadIdx.x == 2) __trap();
}

}  // namespace

TEST(barriersThatNotAllReach) {
  underSchedules([] {
    mustSay(failure(cudaErrorLaunchFailure, partOfBarrier, 1, 64, 0, deviceMemory<int>(64)),
            {"no thread can go on",
             "At a barrier: thread (0,0,0) at emulation_barriers_test.cu:", "Ended: thread (16,0,0)"});
    mustSay(failure(cudaErrorLaunchFailure, differentBarriers, 1, 64, 0, deviceMemory<int>(64)), {"divergent barrier"});
    mustSay(failure(cudaErrorLaunchFailure, barrierAgainstWarp, 1, 64, 0, deviceMemory<int>(64)),
            {"no thread can go on", "At a barrier", "In a warp operation: thread (1,0,0)"});
  });
}

TEST(wrongMasks) {
  underSchedules([] {
    mustSay(failure(cudaErrorLaunchFailure, shuffleWithMask, 1, 32, 0, deviceMemory<int>(32), 0xfffffff7u),
            {"thread (3,0,0)", "mask 0xfffffff7", "the mask leaves out the calling lane"});
    mustSay(failure(cudaErrorLaunchFailure, shuffleWithMask, 1, 20, 0, deviceMemory<int>(32), ~0u),
            {"the mask names lanes that the block does not have"});
    mustSay(failure(cudaErrorLaunchFailure, shuffleFromOutside, 1, 32, 0, deviceMemory<int>(32)),
            {"lane 9, which is read, is not in the mask"});
    mustSay(failure(cudaErrorLaunchFailure, masksThatDiffer, 1, 32, 0, deviceMemory<int>(32)),
            {"no thread can go on", "with mask 0xffff00ff", "with mask 0xffffffff"});
    mustSay(failure(cudaErrorLaunchFailure, operationsThatDiffer, 1, 32, 0, deviceMemory<int>(32)),
            {"another operation"});
    // Which lane finds it depends on whether the missing one has ended by then.
    failure(cudaErrorLaunchFailure, maskOfTheEnded, 1, 32, 0, deviceMemory<int>(32));
  });
}

TEST(trapsSayWhere) {
  mustSay(failure(cudaErrorAssert, trapped, 1, 32, 0, deviceMemory<int>(1)),
          {"thread (2,0,0)", "__trap() at ", "emulation_barriers_test.cu:"});
}
