// Correct kernels give correct results under every schedule.
#include <cstdint>
#include <vector>

#include "check.h"
#include "emulation_fixture.h"

using namespace lathe::cuda;
using namespace lathe::test;

namespace {

constexpr int schedules = 40;

// out [blocks] = sums of blockDim values of in [n].
__global__ void treeSum(float* out, const float* in, int n) {
  __shared__ float s[256];
  const unsigned thread = threadIdx.x;
  const int i = static_cast<int>(blockIdx.x * blockDim.x + thread);
  s[thread] = i < n ? in[i] : 0.0f;
  __syncthreads();
  for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
    if (thread < half) s[thread] += s[thread + half];
    __syncthreads();
  }
  if (thread == 0) out[blockIdx.x] = s[0];
}

__device__ float warpSum(float value) {
  for (int step = 16; step > 0; step /= 2) value += __shfl_down_sync(~0u, value, step);
  return value;
}

// out [blocks], through warps, whose sums meet in dynamic shared memory.
__global__ void shuffleSum(float* out, const float* in, int n) {
  float* sums = dynamicShared<float>();
  const unsigned thread = threadIdx.x;
  const int i = static_cast<int>(blockIdx.x * blockDim.x + thread);
  const float sum = warpSum(i < n ? in[i] : 0.0f);
  if (thread % 32 == 0) sums[thread / 32] = sum;
  __syncthreads();
  if (thread < 32) {
    const float total = warpSum(thread < blockDim.x / 32 ? sums[thread] : 0.0f);
    if (thread == 0) out[blockIdx.x] = total;
  }
}

// counts [16] += how often each value comes; first in shared memory, then in device memory.
__global__ void histogram(int* counts, const uint8_t* values, int n) {
  __shared__ int local[16];
  if (threadIdx.x < 16) local[threadIdx.x] = 0;
  __syncthreads();
  for (int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); i < n; i += blockDim.x * gridDim.x) {
    atomicAdd(&local[values[i] % 16], 1);
  }
  __syncthreads();
  if (threadIdx.x < 16) atomicAdd(&counts[threadIdx.x], local[threadIdx.x]);
}

// out [blockDim] = inclusive sums of in, within one block; two buffers take turns.
__global__ void scan(int* out, const int* in) {
  __shared__ int buffer[2][256];
  const unsigned thread = threadIdx.x;
  int from = 0;
  buffer[from][thread] = in[thread];
  __syncthreads();
  for (unsigned step = 1; step < blockDim.x; step *= 2) {
    buffer[1 - from][thread] = buffer[from][thread] + (thread >= step ? buffer[from][thread - step] : 0);
    from = 1 - from;
    __syncthreads();
  }
  out[thread] = buffer[from][thread];
}

// Lanes hand values on through shared memory, ordered by __syncwarp alone.
__global__ void rotate(int* out, const int* in, int rounds) {
  __shared__ int s[64];
  const unsigned thread = threadIdx.x, warp = thread / 32 * 32;
  int value = in[thread];
  for (int i = 0; i < rounds; ++i) {
    s[thread] = value;
    __syncwarp();
    value = s[warp + (thread + 1) % 32];
    __syncwarp();
  }
  out[thread] = value;
}

// Halves of a warp work on their own, with masks of their own.
__global__ void halves(int* out) {
  const unsigned lane = threadIdx.x, first = lane < 16 ? 0 : 16;
  const unsigned mask = 0xffffu << first;
  int value = static_cast<int>(lane);
  if (lane < 16) {
    for (int step = 8; step > 0; step /= 2) value += __shfl_xor_sync(mask, value, step);
  } else {
    value = static_cast<int>(__ballot_sync(mask, lane % 2));
  }
  out[lane] = value;
}

struct WarpResults {
  int all, any, count, every, some;
  unsigned ballot, match, low, high, sum;
  int up, indexed;
  double wide;
};

__global__ void warpOperations(WarpResults* out) {
  const int lane = static_cast<int>(threadIdx.x);
  WarpResults r;
  r.all = __all_sync(~0u, lane >= 0);
  r.any = __any_sync(~0u, lane == 40);
  r.ballot = __ballot_sync(~0u, lane % 3 == 0);
  r.match = __match_any_sync(~0u, lane / 8);
  r.low = __reduce_min_sync(~0u, static_cast<unsigned>(lane + 5));
  r.high = static_cast<unsigned>(__reduce_max_sync(~0u, lane - 40) + 40);
  r.sum = __reduce_add_sync(~0u, static_cast<unsigned>(lane));
  r.up = __shfl_up_sync(~0u, lane, 3, 8);
  r.indexed = __shfl_sync(~0u, lane, 10, 16);
  r.wide = __shfl_xor_sync(~0u, lane + 0.5, 1);
  r.count = __syncthreads_count(lane < 7);
  r.every = __syncthreads_and(lane < 7);
  r.some = __syncthreads_or(lane == 7);
  out[lane] = r;
}

__global__ void indices(int* out) {
  const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  const unsigned threads = blockDim.x * blockDim.y * blockDim.z;
  atomicAdd(&out[block * threads + thread], 1);
}

// Every kind of atomic operation of int, by all threads on one word each.
__global__ void atomics(int* words, unsigned* ring, float* sum, double* wide, unsigned long long* large) {
  const int thread = static_cast<int>(threadIdx.x + blockIdx.x * blockDim.x);
  atomicAdd(&words[0], thread);
  atomicMin(&words[1], -thread);
  atomicMax(&words[2], thread);
  atomicOr(&words[3], 1 << thread % 8);
  atomicAnd(&words[4], ~(1 << thread % 8));
  atomicXor(&words[5], thread);
  atomicSub(&words[6], 1);
  int seen = 0, next = 1;
  do {  // a product modulo a prime, by compare and swap
    seen = next;
    next = atomicCAS(&words[7], seen, seen * (thread + 2) % 1009);
  } while (next != seen);
  atomicInc(ring, 9);
  atomicAdd(sum, 0.5f);
  atomicAdd(wide, 0.25);
  atomicMax(large, 1ull << 40 | static_cast<unsigned>(thread));
}

}  // namespace

TEST(sumsOverSharedMemory) {
  const int n = 1000, blocks = 4;
  std::vector<float> values(n);
  for (int i = 0; i < n; ++i) values[i] = static_cast<float>(i % 17);
  DeviceArray<float> in(values), out(blocks);
  for (int seed = 0; seed < schedules; ++seed) {
    lathe::emulation::setSeed(seed);
    out.fill(0xff);
    launch(treeSum, blocks, 256, 0, nullptr, out.data(), in.data(), n);
    const std::vector<float> tree = out.host();
    launch(shuffleSum, blocks, 256, 8 * sizeof(float), nullptr, out.data(), in.data(), n);
    const std::vector<float> shuffled = out.host();
    for (int b = 0; b < blocks; ++b) {
      float sum = 0;  // of small integers, so in any order
      for (int i = b * 256; i < std::min(n, b * 256 + 256); ++i) sum += values[i];
      CHECK_EQUAL(tree[b], sum, "block ", b, " seed ", seed);
      CHECK_EQUAL(shuffled[b], sum, "block ", b, " seed ", seed);
    }
  }
}

TEST(histogramWithAtomics) {
  const int n = 3000;
  std::vector<uint8_t> values(n);
  std::vector<int> expected(16);
  for (int i = 0; i < n; ++i) {
    values[i] = static_cast<uint8_t>(i * i % 251);
    expected[values[i] % 16]++;
  }
  DeviceArray<uint8_t> in(values);
  DeviceArray<int> counts(16);
  for (int seed = 0; seed < schedules; ++seed) {
    lathe::emulation::setSeed(seed);
    counts.fill(0);
    launch(histogram, 3, 128, 0, nullptr, counts.data(), in.data(), n);
    CHECK(counts.host() == expected, "seed ", seed);
  }
}

TEST(scanOfABlock) {
  std::vector<int> values(256), expected(256);
  int sum = 0;
  for (int i = 0; i < 256; ++i) {
    values[i] = i * 7 % 13;
    expected[i] = sum += values[i];
  }
  DeviceArray<int> in(values), out(256);
  for (int seed = 0; seed < schedules; ++seed) {
    lathe::emulation::setSeed(seed);
    launch(scan, 1, 256, 0, nullptr, out.data(), in.data());
    CHECK(out.host() == expected, "seed ", seed);
  }
}

TEST(lanesOrderedBySyncwarp) {
  std::vector<int> values(64);
  for (int i = 0; i < 64; ++i) values[i] = i * i;
  DeviceArray<int> in(values), out(64);
  for (int seed = 0; seed < schedules; ++seed) {
    lathe::emulation::setSeed(seed);
    launch(rotate, 1, 64, 0, nullptr, out.data(), in.data(), 5);
    const std::vector<int> found = out.host();
    for (int i = 0; i < 64; ++i) CHECK_EQUAL(found[i], values[i / 32 * 32 + (i + 5) % 32], "seed ", seed);
  }
}

TEST(halvesOfAWarp) {
  DeviceArray<int> out(32);
  for (int seed = 0; seed < schedules; ++seed) {
    lathe::emulation::setSeed(seed);
    launch(halves, 1, 32, 0, nullptr, out.data());
    const std::vector<int> found = out.host();
    for (int i = 0; i < 32; ++i) CHECK_EQUAL(found[i], i < 16 ? 120 : static_cast<int>(0xaaaa0000u), "lane ", i);
  }
}

TEST(warpOperationsAgreeWithTheirDefinitions) {
  DeviceArray<WarpResults> out(32);
  for (int seed = 0; seed < schedules; ++seed) {
    lathe::emulation::setSeed(seed);
    launch(warpOperations, 1, 32, 0, nullptr, out.data());
    const std::vector<WarpResults> found = out.host();
    for (int i = 0; i < 32; ++i) {
      const WarpResults& r = found[i];
      CHECK_EQUAL(r.all, 1);
      CHECK_EQUAL(r.any, 0);
      CHECK_EQUAL(r.ballot, 0x49249249u);
      CHECK_EQUAL(r.match, 0xffu << i / 8 * 8);
      CHECK_EQUAL(r.low, 5u);
      CHECK_EQUAL(r.high, 31u);
      CHECK_EQUAL(r.sum, 496u);
      CHECK_EQUAL(r.up, i % 8 < 3 ? i : i - 3);
      CHECK_EQUAL(r.indexed, i / 16 * 16 + 10);
      CHECK_EQUAL(r.wide, (i ^ 1) + 0.5);
      CHECK_EQUAL(r.count, 7);
      CHECK_EQUAL(r.every, 0);
      CHECK_EQUAL(r.some, 1);
    }
  }
}

TEST(everyThreadOfEveryBlockRunsOnce) {
  const dim3 grid(3, 2, 4), block(5, 3, 2);
  DeviceArray<int> out(24 * 30);
  out.fill(0);
  launch(indices, grid, block, 0, nullptr, out.data());
  for (int count : out.host()) CHECK_EQUAL(count, 1);
}

TEST(atomicsOfAllKinds) {
  const int threads = 4 * 96;
  DeviceArray<int> words(8);
  DeviceArray<unsigned> ring(1);
  DeviceArray<float> sum(1);
  DeviceArray<double> wide(1);
  DeviceArray<unsigned long long> large(1);
  for (int seed = 0; seed < schedules; ++seed) {
    lathe::emulation::setSeed(seed);
    words = std::vector<int>{0, 5, -5, 0, -1, 0, 0, 1};
    ring.fill(0);
    sum.fill(0);
    wide.fill(0);
    large.fill(0);
    launch(atomics, 4, 96, 0, nullptr, words.data(), ring.data(), sum.data(), wide.data(), large.data());
    int parity = 0, product = 1;
    for (int i = 0; i < threads; ++i) {
      parity ^= i;
      product = product * (i + 2) % 1009;
    }
    const std::vector<int> found = words.host();
    CHECK_EQUAL(found[0], threads * (threads - 1) / 2);
    CHECK_EQUAL(found[1], 1 - threads);
    CHECK_EQUAL(found[2], threads - 1);
    CHECK_EQUAL(found[3], 0xff);
    CHECK_EQUAL(found[4], ~0xff);
    CHECK_EQUAL(found[5], parity);
    CHECK_EQUAL(found[6], -threads);
    CHECK_EQUAL(found[7], product);
    CHECK_EQUAL(ring.host()[0], static_cast<unsigned>(threads % 10));
    CHECK_EQUAL(sum.host()[0], threads * 0.5f);
    CHECK_EQUAL(wide.host()[0], threads * 0.25);
    CHECK_EQUAL(large.host()[0], 1ull << 40 | (threads - 1));
  }
}
