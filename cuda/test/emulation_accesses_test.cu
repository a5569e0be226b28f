// Accesses of kernels to what is not theirs, and races, are found out; the report says what, where and who.
// (Under AddressSanitizer there are no hooks: emulation_address_test.cu.)
#ifndef __SANITIZE_ADDRESS__
#include <string>
#include <vector>

#include "check.h"
#include "emulation_fixture.h"

using namespace lathe::cuda;
using namespace lathe::test;
using lathe::emulation::Checking;

namespace {

// in [256] summed by halves; without the barrier between reading and writing the halves.
template <bool complete>
__global__ void treeSum(float* out, const float* in) {
  __shared__ float s[256];
  const unsigned thread = threadIdx.x;
  s[thread] = in[thread];
  __syncthreads();
  for (unsigned half = 128; half > 0; half /= 2) {
    if (thread < half) s[thread] += s[thread + half];
    if (complete) __syncthreads();
  }
  if (thread == 0) *out = s[0];
}

__global__ void unsynchronisedSum(float* out) {
  __shared__ float s[1];
  if (threadIdx.x == 0) s[0] = 0;
  __syncthreads();
  s[0] += 1;
  __syncthreads();
  if (threadIdx.x == 0) *out = s[0];
}

__global__ void readAt(float* out, const float* in, long long index) { out[threadIdx.x] = in[index]; }
__global__ void writeAt(float* out, long long index) {
  if (threadIdx.x == 3) out[index] = 1;
}
__global__ void writeByteAt(char* out, long long index) { out[index] = 1; }
__global__ void readMisaligned(float* out, const char* in) { *out = *reinterpret_cast<const float*>(in + 2); }

__global__ void sharedAt(float* out, int index) {
  __shared__ float s[33];
  s[threadIdx.x + index] = 1;
  __syncthreads();
  out[threadIdx.x] = s[threadIdx.x + index];
}
__global__ void dynamicSharedAt(float* out, int index) {
  float* s = dynamicShared<float>();
  s[threadIdx.x] = 1;
  __syncthreads();
  out[threadIdx.x] = s[index];
}
__global__ void readsUnwritten(float* out) {
  __shared__ float s[32];
  if (threadIdx.x != 7) s[threadIdx.x] = 1;
  __syncthreads();
  out[threadIdx.x] = s[threadIdx.x];
}
__global__ void copiesPastTheEnd(char* to, const char* from, int bytes) {
  memcpy(to, from, static_cast<size_t>(bytes));
}
__global__ void readsAnothersLocal(float* out) {
  __shared__ float* address;
  float local[2] = {static_cast<float>(threadIdx.x), 2};
  if (threadIdx.x == 0) address = local;
  __syncthreads();
  out[threadIdx.x] = address[threadIdx.x % 2];
  __syncthreads();
}

__global__ void oneWordFromAllBlocks(int* out) {
  if (threadIdx.x == 0) *out = 1;
}
__global__ void readsWhatOthersWrite(int* data) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  const unsigned n = blockDim.x * gridDim.x;
  const int next = data[(i + 1) % n];
  __syncthreads();
  data[i] = next;
}
__global__ void plainBesideAtomic(int* out) {
  if (threadIdx.x == 5) *out = 7;
  atomicAdd(out, 1);
}
__global__ void bytesOfOneWord(unsigned char* out, int same) { out[same ? 0 : threadIdx.x] = 1; }
__global__ void wordOverBytes(unsigned char* out) {
  if (threadIdx.x < 4) out[threadIdx.x] = 1;
  if (threadIdx.x == 9) *reinterpret_cast<unsigned*>(out) = 0;
}
// A shuffle orders no memory.
__global__ void orderedByShuffle(int* out) {
  __shared__ int s[32];
  const int lane = static_cast<int>(threadIdx.x);
  s[lane] = lane;
  const int from = __shfl_xor_sync(~0u, lane, 1);
  out[lane] = s[from];
}
// Lanes 0 to 15 are ordered with each other, not with the other half.
__global__ void orderedByHalf(int* out, int distance) {
  __shared__ int s[32];
  const unsigned lane = threadIdx.x;
  s[lane] = 0;
  __syncwarp();
  s[lane] = static_cast<int>(lane);
  __syncwarp(lane < 16 ? 0x0000ffffu : 0xffff0000u);
  out[lane] = s[lane ^ distance];
}

}  // namespace

TEST(aMissingBarrierIsARace) {
  underSchedules([] {
    mustSay(
        failure(cudaErrorLaunchFailure, treeSum<false>, 1, 256, 0, deviceMemory<float>(1), deviceMemory<float>(256)),
        {"treeSum<false>", "race", "of shared memory", "block (0,0,0)", "thread (", "no barrier between"});
  });
}

TEST(aMissingBarrierGivesWrongSums) {
  std::vector<float> ones(256, 1.0f);
  DeviceArray<float> in(ones), out(1);
  int wrong = 0;
  lathe::emulation::setChecking(Checking::bounds);
  for (int seed = 0; seed < 40; ++seed) {
    lathe::emulation::setSeed(static_cast<uint64_t>(seed));
    launch(treeSum<false>, 1, 256, 0, nullptr, out.data(), in.data());
    wrong += out.host()[0] != 256.0f;
    launch(treeSum<true>, 1, 256, 0, nullptr, out.data(), in.data());
    CHECK_EQUAL(out.host()[0], 256.0f);
  }
  lathe::emulation::setChecking(Checking::races);
  CHECK(wrong >= 20, "schedules with a wrong sum: ", wrong);
}

TEST(anUnsynchronisedSumIsARace) {
  underSchedules([] {
    mustSay(failure(cudaErrorLaunchFailure, unsynchronisedSum, 1, 32, 0, deviceMemory<float>(1)),
            {"unsynchronisedSum", "race", "4 bytes", "unsynchronisedSum(float*)::s"});
  });
}

TEST(anUnsynchronisedSumLosesParts) {
  DeviceArray<float> out(1);
  lathe::emulation::setChecking(Checking::bounds);
  lathe::emulation::setYieldPeriod(4);
  int wrong = 0;
  for (int seed = 0; seed < 20; ++seed) {
    lathe::emulation::setSeed(static_cast<uint64_t>(seed));
    launch(unsynchronisedSum, 1, 64, 0, nullptr, out.data());
    wrong += out.host()[0] != 64.0f;
  }
  lathe::emulation::setYieldPeriod(512);
  lathe::emulation::setChecking(Checking::races);
  CHECK(wrong >= 15, "schedules with a wrong sum: ", wrong);
}

TEST(accessesPastAnAllocation) {
  mustSay(failure(cudaErrorIllegalAddress, readAt, 1, 1, 0, deviceMemory<float>(1), deviceMemory<float>(100), 100LL),
          {"readAt", "reads 4 bytes", "0 bytes past the end of a live allocation of 400 bytes", "out of bounds"});
  mustSay(failure(cudaErrorIllegalAddress, writeAt, 2, 8, 0, deviceMemory<float>(100), -1LL),
          {"writeAt", "thread (3,0,0)", "writes 4 bytes", "4 bytes before a live allocation of 400 bytes"});
  mustSay(failure(cudaErrorIllegalAddress, writeByteAt, 1, 1, 0, deviceMemory<char>(7), 7LL),
          {"writes 1 byte ", "0 bytes past the end of a live allocation of 7 bytes"});
  // Far outside, within a granule, and at its very end.
  failure(cudaErrorIllegalAddress, readAt, 1, 1, 0, deviceMemory<float>(1), deviceMemory<float>(100), 1LL << 30);
  failure(cudaErrorIllegalAddress, writeAt, 1, 8, 0, deviceMemory<float>(64), 64LL);
  failure(cudaErrorIllegalAddress, writeAt, 1, 8, 0, deviceMemory<float>(65), 65LL);
  failure(cudaErrorIllegalAddress, copiesPastTheEnd, 1, 1, 0, deviceMemory<char>(33), deviceMemory<char>(40), 40);
}

TEST(accessesToFreedMemory) {
  float* freed = deviceMemory<float>(50);
  deviceMemory<float>(50);
  mustSucceed(cudaFree(freed));
  mustSay(failure(cudaErrorIllegalAddress, readAt, 1, 1, 0, deviceMemory<float>(1), freed, 2LL),
          {"at offset 8 of a freed allocation of 200 bytes"});
}

TEST(accessesToHostMemory) {
  std::vector<float> host(10);
  float onStack = 0;
  float* pinned = nullptr;
  mustSucceed(cudaMallocHost(&pinned, 40));
  mustSay(failure(cudaErrorIllegalAddress, readAt, 1, 1, 0, deviceMemory<float>(1), host.data(), 0LL), {"host memory"});
  mustSay(failure(cudaErrorIllegalAddress, writeAt, 1, 4, 0, &onStack, 0LL), {"host memory"});
  mustSay(failure(cudaErrorIllegalAddress, writeAt, 1, 4, 0, pinned, 0LL), {"pinned host memory"});
  mustSay(failure(cudaErrorIllegalAddress, readAt, 1, 1, 0, deviceMemory<float>(1), nullptr, 3LL), {"null pointer"});
  CHECK_EQUAL(onStack, 0.0f);
  mustSucceed(cudaFreeHost(pinned));
}

TEST(accessesToOtherDevices) {
  lathe::emulation::setDevices(2);
  mustSucceed(cudaSetDevice(1));
  float* theirs = deviceMemory<float>(8);
  mustSucceed(cudaSetDevice(0));
  mustSay(failure(cudaErrorIllegalAddress, readAt, 1, 1, 0, deviceMemory<float>(1), theirs, 2LL),
          {"at offset 8 of a live allocation of 32 bytes of another device, 1"});
  lathe::emulation::setDevices(1);
}

TEST(accessesOutsideOfSharedMemory) {
  mustSay(failure(cudaErrorIllegalAddress, sharedAt, 1, 33, 0, deviceMemory<float>(33), 1 << 20), {"out of bounds"});
  mustSay(failure(cudaErrorIllegalAddress, dynamicSharedAt, 1, 32, 32 * sizeof(float), deviceMemory<float>(32), 32),
          {"at offset 128 of dynamic shared memory (128 bytes)", "out of bounds"});
  mustSay(failure(cudaErrorLaunchFailure, readsUnwritten, 1, 32, 0, deviceMemory<float>(32)),
          {"thread (7,0,0)", "at offset 28 of", "readsUnwritten(float*)::s", "no thread of the block has written"});
}

TEST(accessesToOtherThreadsLocals) {
  mustSay(failure(cudaErrorIllegalAddress, readsAnothersLocal, 1, 32, 0, deviceMemory<float>(32)),
          {"another thread's local memory"});
}

TEST(misalignedAccesses) {
  mustSay(failure(cudaErrorMisalignedAddress, readMisaligned, 1, 1, 0, deviceMemory<float>(1), deviceMemory<char>(8)),
          {"at offset 2 of a live allocation", "not a multiple of its size"});
}

TEST(racesBetweenBlocks) {
  underSchedules([] {
    mustSay(failure(cudaErrorLaunchFailure, oneWordFromAllBlocks, 2, 32, 0, deviceMemory<int>(1)),
            {"race", "writes 4 bytes at offset 0 of a live allocation of 4 bytes", "of block ("});
    mustSay(failure(cudaErrorLaunchFailure, readsWhatOthersWrite, 4, 32, 0, deviceMemory<int>(128)), {"race"});
  });
}

TEST(racesOfAtomicsWithPlainAccesses) {
  underSchedules(
      [] { mustSay(failure(cudaErrorLaunchFailure, plainBesideAtomic, 1, 32, 0, deviceMemory<int>(1)), {"race"}); });
}

TEST(racesOfBytes) {
  underSchedules([] {
    launch(bytesOfOneWord, 1, 32, 0, nullptr, deviceMemory<unsigned char>(32), 0);
    mustSay(failure(cudaErrorLaunchFailure, bytesOfOneWord, 1, 2, 0, deviceMemory<unsigned char>(4), 1),
            {"race", "writes 1 byte "});
    mustSay(failure(cudaErrorLaunchFailure, wordOverBytes, 1, 32, 0, deviceMemory<unsigned char>(4)), {"race"});
  });
}

TEST(racesWithinAWarp) {
  underSchedules([] {
    mustSay(failure(cudaErrorLaunchFailure, orderedByShuffle, 1, 32, 0, deviceMemory<int>(32)), {"race"});
    launch(orderedByHalf, 1, 32, 0, nullptr, deviceMemory<int>(32), 8);
    mustSay(failure(cudaErrorLaunchFailure, orderedByHalf, 1, 32, 0, deviceMemory<int>(32), 16), {"race"});
  });
}

TEST(hostCodeThatTouchesDeviceMemory) {
  int* memory = deviceMemory<int>(4);
  volatile int* there = memory;
  there[2] = 5;
  CHECK_EQUAL(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
  mustSay(lathe::emulation::lastReport(), {"host code writes 4 bytes", "at offset 8 of a live allocation of 16 bytes"});
  mustSucceed(cudaDeviceReset());
}

TEST(checkingCanBeTurnedOff) {
  lathe::emulation::setChecking(Checking::none);
  int* out = deviceMemory<int>(1);
  launch(oneWordFromAllBlocks, 2, 32, 0, nullptr, out);
  mustSucceed(cudaDeviceSynchronize());
  lathe::emulation::setChecking(Checking::bounds);
  launch(oneWordFromAllBlocks, 2, 32, 0, nullptr, out);
  mustSucceed(cudaDeviceSynchronize());
  failure(cudaErrorIllegalAddress, writeAt, 1, 4, 0, deviceMemory<float>(2), 2LL);
  lathe::emulation::setChecking(Checking::races);
}

#endif
