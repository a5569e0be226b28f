// The emulated runtime behaves as the real one where the host side depends on it; deferred work shows what waits for
// nothing.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "check.h"
#include "emulation_fixture.h"

using namespace lathe::cuda;
using namespace lathe::test;

namespace {

constexpr int schedules = 40;

__global__ void addTo(int* data, int value, int n) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) data[i] += value;
}
__global__ void fillShared(int* out) {
  int* s = dynamicShared<int>();
  s[threadIdx.x] = static_cast<int>(threadIdx.x);
  __syncthreads();
  out[threadIdx.x] = s[blockDim.x - 1 - threadIdx.x];
}
#ifndef __SANITIZE_ADDRESS__
__global__ void pokeAt(int* data, int index) { data[index] = 1; }
#endif

// Streams, and an event, for one test; deferred work while it lives.
class Deferred {
 public:
  explicit Deferred(int seed) {
    lathe::emulation::setSeed(static_cast<uint64_t>(seed));
    mustSucceed(cudaDeviceReset());
    lathe::emulation::setDevices(1);  // streams begin anew with the seed
    lathe::emulation::setDeferred(true);
    mustSucceed(cudaStreamCreateWithFlags(&first, cudaStreamNonBlocking));
    mustSucceed(cudaStreamCreateWithFlags(&second, cudaStreamNonBlocking));
    mustSucceed(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
    mustSucceed(cudaMallocHost(&pinned, 4 * sizeof(int)));
    std::fill(pinned, pinned + 4, -1);
  }
  ~Deferred() {
    cudaFreeHost(pinned);
    cudaEventDestroy(event);
    cudaStreamDestroy(first);
    cudaStreamDestroy(second);
    lathe::emulation::setDeferred(false);
  }

  cudaStream_t first = nullptr, second = nullptr;
  cudaEvent_t event = nullptr;
  int* pinned = nullptr;
};

// How many of many schedules the action gives true in.
template <class Action>
int schedulesWith(Action action) {
  int count = 0;
  for (int seed = 0; seed < schedules; ++seed) {
    Deferred deferred(seed);
    count += action(deferred);
  }
  return count;
}

}  // namespace

TEST(memoryIsLimited) {
  lathe::emulation::setMemory(1 << 20);
  size_t free = 0, total = 0;
  mustSucceed(cudaMemGetInfo(&free, &total));
  CHECK_EQUAL(free, size_t{1 << 20});
  CHECK_EQUAL(total, size_t{1 << 20});
  void *a = nullptr, *b = nullptr;
  mustSucceed(cudaMalloc(&a, 1000));
  mustSucceed(cudaMemGetInfo(&free, &total));
  CHECK_EQUAL(free, size_t{(1 << 20) - 1024});  // whole granules of 256 bytes
  CHECK_EQUAL(cudaMalloc(&b, 1 << 20), cudaErrorMemoryAllocation);
  CHECK_EQUAL(cudaGetLastError(), cudaErrorMemoryAllocation);
  CHECK_EQUAL(cudaGetLastError(), cudaSuccess);
  CHECK_EQUAL(cudaMalloc(&b, SIZE_MAX - 3), cudaErrorMemoryAllocation);
  mustSucceed(cudaMalloc(&b, (1 << 20) - 1024));
  mustSucceed(cudaFree(b));
  mustSucceed(cudaFree(a));
  CHECK_EQUAL(cudaFree(a), cudaErrorInvalidValue);  // twice
  for (int i = 0; i < 300; ++i) {                   // freed memory comes back, also when it is kept back for a while
    mustSucceed(cudaMalloc(&a, 1 << 20));
    mustSucceed(cudaFree(a));
  }
  cudaGetLastError();
  lathe::emulation::setMemory(size_t{4} << 30);
}

TEST(memoryIsNotZero) {
  const std::vector<int> found = DeviceArray<int>(100).host();
  for (int value : found) CHECK_EQUAL(value, -1);
}

TEST(copiesOfRows) {
  std::vector<int> host(6 * 7);
  for (size_t i = 0; i < host.size(); ++i) host[i] = static_cast<int>(i);
  DeviceArray<int> device(5 * 4);
  device.fill(0);
  // 4 rows of 3, from the second column on, into rows of 5.
  mustSucceed(cudaMemcpy2D(device.data(), 20, host.data() + 1, 28, 12, 4, cudaMemcpyHostToDevice));
  const std::vector<int> found = device.host();
  for (int i = 0; i < 20; ++i) CHECK_EQUAL(found[i], i % 5 < 3 ? i / 5 * 7 + i % 5 + 1 : 0);
  CHECK_EQUAL(cudaMemcpy2D(device.data(), 8, host.data(), 28, 12, 4, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  CHECK_EQUAL(cudaMemcpy2D(device.data(), 20, host.data(), 28, 12, 5, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  cudaGetLastError();
}

TEST(copiesGoWhereTheySay) {
  std::vector<int> host(10);
  DeviceArray<int> device(10);
  int* d = device.data();
  CHECK_EQUAL(cudaMemcpy(host.data(), d, 40, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  CHECK_EQUAL(cudaMemcpy(d, host.data(), 44, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  CHECK_EQUAL(cudaMemcpy(d + 1, host.data(), 40, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  CHECK_EQUAL(cudaMemcpy(d, host.data(), 40, static_cast<cudaMemcpyKind>(9)), cudaErrorInvalidMemcpyDirection);
  CHECK_EQUAL(cudaMemset(d, 0, 41), cudaErrorInvalidValue);
  CHECK_EQUAL(cudaMemcpy(d, host.data(), 40, cudaMemcpyDefault), cudaSuccess);
  CHECK_EQUAL(cudaGetLastError(), cudaErrorInvalidValue);
  cudaPointerAttributes attributes;
  mustSucceed(cudaPointerGetAttributes(&attributes, d + 3));
  CHECK_EQUAL(attributes.type, cudaMemoryTypeDevice);
  mustSucceed(cudaPointerGetAttributes(&attributes, host.data()));
  CHECK_EQUAL(attributes.type, cudaMemoryTypeUnregistered);
}

TEST(launchesThatAreRefused) {
  int* out = deviceMemory<int>(1024);
  const auto error = [&](dim3 grid, dim3 block, size_t shared) {
    try {
      launch(fillShared, grid, block, shared, nullptr, out);
    } catch (const LaunchFailure& e) {
      cudaGetLastError();
      return e.error;
    }
    return cudaSuccess;
  };
  CHECK_EQUAL(error(1, 1025, 8192), cudaErrorInvalidConfiguration);
  CHECK_EQUAL(error(1, dim3(64, 32), 8192), cudaErrorInvalidConfiguration);
  CHECK_EQUAL(error(1, dim3(1, 1, 65), 8192), cudaErrorInvalidConfiguration);
  CHECK_EQUAL(error(0, 32, 8192), cudaErrorInvalidConfiguration);
  CHECK_EQUAL(error(dim3(1, 65536), 32, 8192), cudaErrorInvalidConfiguration);
  CHECK_EQUAL(error(1, 32, 228 * 1024), cudaErrorInvalidValue);
  CHECK_EQUAL(error(1, 1024, 227 * 1024), cudaSuccess);  // launch asks for more than 48 KiB itself
  CHECK_THROWS(launch(fillShared, 1, 1025, 16, nullptr, out), "launch of a kernel failed",
               "cudaErrorInvalidConfiguration", "block 1025 x 1 x 1", "16 bytes");
  cudaGetLastError();
  mustSucceed(cudaFree(out));
}

TEST(devicesOnTheirOwn) {
  lathe::emulation::setDevices(3);
  int count = 0;
  mustSucceed(cudaGetDeviceCount(&count));
  CHECK_EQUAL(count, 3);
  CHECK_EQUAL(cudaSetDevice(3), cudaErrorInvalidDevice);
  cudaGetLastError();
  mustSucceed(cudaSetDevice(2));
  cudaStream_t theirs = nullptr;
  mustSucceed(cudaStreamCreate(&theirs));
  int* far = deviceMemory<int>(4);
  mustSucceed(cudaSetDevice(0));
  int* near = deviceMemory<int>(4);
  launch(addTo, 1, 4, 0, nullptr, near, 5, 4);
  CHECK_THROWS(launch(addTo, 1, 4, 0, theirs, near, 5, 4), "cudaErrorInvalidResourceHandle");
  mustSucceed(cudaMemcpyPeer(far, 2, near, 0, 16));
  CHECK_EQUAL(cudaMemcpyPeer(far, 1, near, 0, 16), cudaErrorInvalidValue);
  int found[4];
  mustSucceed(cudaMemcpy(found, far, 16, cudaMemcpyDeviceToHost));
  CHECK_EQUAL(found[3], 5);
  // What fails on one leaves the others alone.
  mustSucceed(cudaSetDevice(2));
#ifndef __SANITIZE_ADDRESS__
  try {
    launch(pokeAt, 1, 1, 0, nullptr, far, 4);
  } catch (const LaunchFailure&) {
  }
  CHECK_EQUAL(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
#endif
  mustSucceed(cudaSetDevice(0));
  cudaGetLastError();
  mustSucceed(cudaDeviceSynchronize());
  lathe::emulation::setDevices(0);
  CHECK_EQUAL(cudaGetDeviceCount(&count), cudaErrorNoDevice);
  CHECK_EQUAL(count, 0);
  cudaGetLastError();
  lathe::emulation::setDevices(1);
}

TEST(propertiesOfADevice) {
  cudaDeviceProp p;
  mustSucceed(cudaGetDeviceProperties(&p, 0));
  CHECK_EQUAL(std::string(p.name), "emulated device 0");
  CHECK_EQUAL(p.totalGlobalMem, size_t{4} << 30);
  CHECK_EQUAL(p.warpSize, 32);
  int value = 0;
  mustSucceed(cudaDeviceGetAttribute(&value, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0));
  CHECK_EQUAL(value, 227 * 1024);
}

TEST(eventsMeasureTime) {
  cudaEvent_t begin = nullptr, end = nullptr;
  mustSucceed(cudaEventCreate(&begin));
  mustSucceed(cudaEventCreate(&end));
  float milliseconds = -1;
  CHECK_EQUAL(cudaEventElapsedTime(&milliseconds, begin, end), cudaErrorInvalidResourceHandle);  // not recorded
  cudaGetLastError();
  mustSucceed(cudaEventRecord(begin));
  mustSucceed(cudaEventRecord(end));
  mustSucceed(cudaEventElapsedTime(&milliseconds, begin, end));
  CHECK(milliseconds >= 0, milliseconds);
  mustSucceed(cudaEventDestroy(begin));
  CHECK_EQUAL(cudaEventRecord(begin), cudaErrorInvalidResourceHandle);
  cudaGetLastError();
  mustSucceed(cudaEventDestroy(end));
}

TEST(deferredWorkRunsWhenItIsWaitedFor) {
  const int right = schedulesWith([](Deferred& d) {
    int* data = deviceMemory<int>(4);
    mustSucceed(cudaDeviceSynchronize());
    for (int i = 0; i < 4; ++i) d.pinned[i] = i;
    mustSucceed(cudaMemcpyAsync(data, d.pinned, 16, cudaMemcpyHostToDevice, d.first));
    mustSucceed(cudaEventRecord(d.event, d.first));
    mustSucceed(cudaStreamWaitEvent(d.second, d.event));
    launch(addTo, 1, 4, 0, d.second, data, 10, 4);
    mustSucceed(cudaMemcpyAsync(d.pinned, data, 16, cudaMemcpyDeviceToHost, d.second));
    mustSucceed(cudaStreamSynchronize(d.second));
    return d.pinned[0] == 10 && d.pinned[3] == 13;
  });
  CHECK_EQUAL(right, schedules);
}

TEST(deferredWorkShowsAMissingWaitBetweenStreams) {
  const int right = schedulesWith([](Deferred& d) {
    int* data = deviceMemory<int>(4);
    mustSucceed(cudaDeviceSynchronize());
    for (int i = 0; i < 4; ++i) d.pinned[i] = i;
    mustSucceed(cudaMemcpyAsync(data, d.pinned, 16, cudaMemcpyHostToDevice, d.first));
    launch(addTo, 1, 4, 0, d.second, data, 10, 4);
    mustSucceed(cudaMemcpyAsync(d.pinned, data, 16, cudaMemcpyDeviceToHost, d.second));
    mustSucceed(cudaDeviceSynchronize());
    return d.pinned[0] == 10 && d.pinned[3] == 13;
  });
  CHECK(right < schedules * 3 / 4, "right in ", right);
}

TEST(deferredWorkShowsAMissingWaitOfTheHost) {
  const int right = schedulesWith([](Deferred& d) {
    int* data = deviceMemory<int>(4);
    mustSucceed(cudaDeviceSynchronize());
    mustSucceed(cudaMemcpyAsync(d.pinned, data, 16, cudaMemcpyDeviceToHost, d.first));
    const bool done = d.pinned[0] == 0;
    mustSucceed(cudaStreamSynchronize(d.first));
    CHECK_EQUAL(d.pinned[0], 0);
    return done;
  });
  CHECK(right < schedules * 3 / 4, "right in ", right);
}

TEST(deferredWorkShowsPinnedMemoryThatIsReusedTooEarly) {
  const auto upload = [](Deferred& d, bool waits) {
    int* data = deviceMemory<int>(8);
    mustSucceed(cudaDeviceSynchronize());
    for (int part = 0; part < 2; ++part) {
      std::fill(d.pinned, d.pinned + 4, part);
      mustSucceed(cudaMemcpyAsync(data + part * 4, d.pinned, 16, cudaMemcpyHostToDevice, d.first));
      mustSucceed(cudaEventRecord(d.event, d.first));
      if (waits) mustSucceed(cudaEventSynchronize(d.event));
    }
    int found[8];
    mustSucceed(cudaStreamSynchronize(d.first));
    mustSucceed(cudaMemcpy(found, data, 32, cudaMemcpyDeviceToHost));
    CHECK_EQUAL(found[7], 1);
    return found[0] == 0;
  };
  CHECK_EQUAL(schedulesWith([&](Deferred& d) { return upload(d, true); }), schedules);
  const int right = schedulesWith([&](Deferred& d) { return upload(d, false); });
  CHECK(right < schedules * 3 / 4, "right in ", right);
}

TEST(pageableMemoryIsCopiedAtOnce) {
  const int right = schedulesWith([](Deferred& d) {
    int* data = deviceMemory<int>(4);
    std::vector<int> host{1, 2, 3, 4}, back(4);
    mustSucceed(cudaDeviceSynchronize());
    mustSucceed(cudaMemcpyAsync(data, host.data(), 16, cudaMemcpyHostToDevice, d.first));
    std::fill(host.begin(), host.end(), 0);
    mustSucceed(cudaMemcpyAsync(back.data(), data, 16, cudaMemcpyDeviceToHost, d.first));
    return back == std::vector<int>{1, 2, 3, 4};
  });
  CHECK_EQUAL(right, schedules);
}

TEST(theDefaultStreamTakesTurnsWithBlockingStreams) {
  for (int seed = 0; seed < schedules; ++seed) {
    Deferred d(seed);
    cudaStream_t blocking = nullptr;
    mustSucceed(cudaStreamCreate(&blocking));
    int* data = deviceMemory<int>(4);  // by the default stream
    launch(addTo, 1, 4, 0, blocking, data, 3, 4);
    int found[4];
    mustSucceed(cudaMemcpy(found, data, 16, cudaMemcpyDeviceToHost));  // by the default stream
    CHECK_EQUAL(found[2], 3);
    mustSucceed(cudaStreamDestroy(blocking));
  }
}

TEST(deferredFreesAndAllocations) {
  for (int seed = 0; seed < schedules; ++seed) {
    lathe::emulation::setMemory(1 << 20);
    {
      Deferred d(seed);
      int *data = nullptr, *more = nullptr;
      mustSucceed(cudaMallocAsync(&data, 800 << 10, d.first));
      mustSucceed(cudaMemsetAsync(data, 0, 800 << 10, d.first));
      mustSucceed(cudaFreeAsync(data, d.first));
      mustSucceed(cudaMallocAsync(&more, 800 << 10, d.first));  // has room once the free has run
      mustSucceed(cudaFree(more));
    }
  }
  lathe::emulation::setMemory(size_t{4} << 30);
}

TEST(questionsLetTimePass) {
  Deferred d(3);
  int* data = deviceMemory<int>(4);
  mustSucceed(cudaDeviceSynchronize());
  mustSucceed(cudaMemcpyAsync(d.pinned, data, 16, cudaMemcpyDeviceToHost, d.first));
  mustSucceed(cudaEventRecord(d.event, d.first));
  int asked = 0;
  while (cudaEventQuery(d.event) == cudaErrorNotReady) ++asked;
  CHECK(asked < 10, asked);
  CHECK_EQUAL(d.pinned[1], 0);
  CHECK_EQUAL(cudaStreamQuery(d.first), cudaSuccess);
  CHECK_EQUAL(cudaGetLastError(), cudaSuccess);
}

#ifndef __SANITIZE_ADDRESS__
TEST(errorsOfDeferredKernelsComeOutWhereTheyAreWaitedFor) {
  Deferred d(1);
  int* data = deviceMemory<int>(4);
  mustSucceed(cudaDeviceSynchronize());
  cudaError_t error = cudaSuccess;
  try {
    launch(pokeAt, 1, 1, 0, d.first, data, 4);
    error = cudaStreamSynchronize(d.first);
  } catch (const LaunchFailure& e) {
    error = e.error;
  }
  CHECK_EQUAL(error, cudaErrorIllegalAddress);
  CHECK(std::string(cudaGetErrorString(error)).find("pokeAt") != std::string::npos, cudaGetErrorString(error));
  CHECK_EQUAL(cudaEventRecord(d.event, d.first), cudaErrorIllegalAddress);
  mustSucceed(cudaDeviceReset());
}
#endif
