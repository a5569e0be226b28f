// Device memory: what is copied arrives, the budget holds, what does not fit or does not belong is refused by name.
#include <cstdint>
#include <limits>
#include <memory>
#include <numeric>
#include <vector>

#include "backends.h"
#include "emulation.h"
#include "plugin.h"

using namespace lathe;
using namespace lathe::test;

namespace {

constexpr int64_t kMega = int64_t(1) << 20;

std::unique_ptr<Backend> open(int64_t memoryLimit = 0, const char* device = "cuda-emulated") {
  return std::unique_ptr<Backend>(latheCudaBackend(device, memoryLimit));
}

std::vector<uint8_t> counted(int64_t bytes, uint8_t first) {
  std::vector<uint8_t> values(static_cast<size_t>(bytes));
  std::iota(values.begin(), values.end(), first);
  return values;
}

float* acquireFloats(Backend& backend, const std::vector<float>& values) {
  const int64_t bytes = static_cast<int64_t>(values.size() * sizeof(float));
  float* memory = static_cast<float*>(backend.acquire(bytes));
  backend.upload(memory, values.data(), bytes);
  return memory;
}

// Leaves work on its streams until something waits for it, as a device does.
class Deferred {
 public:
  Deferred() { emulation::setDeferred(true); }
  ~Deferred() { emulation::setDeferred(false); }
};

}  // namespace

TEST(bytesArriveAndComeBack) {
  // Around the sizes of the two staging buffers of 16 MB.
  for (const int64_t bytes :
       {int64_t(0), int64_t(1), int64_t(63), int64_t(100000), 16 * kMega, 16 * kMega + 1, 50 * kMega + 3}) {
    const std::unique_ptr<Backend> backend = open();
    void* memory = backend->acquire(bytes);
    CHECK(memory != nullptr && reinterpret_cast<uintptr_t>(memory) % 64 == 0, bytes, " bytes");
    const std::vector<uint8_t> out = counted(bytes, 7);
    std::vector<uint8_t> in(out.size());
    backend->upload(memory, out.data(), bytes);
    backend->download(in.data(), memory, bytes);
    CHECK(in == out, bytes, " bytes");
    backend->clear(memory, bytes);
    backend->download(in.data(), memory, bytes);
    CHECK(in == std::vector<uint8_t>(in.size()), bytes, " bytes");
    backend->release(memory);
    backend->release(nullptr);
    backend->synchronize();
  }
}

TEST(uploadsWaitForEarlierUseAndAreWaitedFor) {
  const Deferred deferred;
  constexpr int64_t kCount = 1000;
  const std::vector<float> ones(kCount, 1.0f), twos(kCount, 2.0f), fours(kCount, 4.0f);
  for (uint64_t seed = 1; seed <= 20; seed++) {
    emulation::setSeed(seed);
    const std::unique_ptr<Backend> backend = open();
    float* x = acquireFloats(*backend, ones);
    float* y = acquireFloats(*backend, twos);
    backend->add(y, x, 1.0f, kCount);  // 3
    backend->upload(x, fours.data(), kCount * 4);
    backend->add(y, x, 1.0f, kCount);          // 7
    float* z = acquireFloats(*backend, ones);  // sent while what is queued has not run
    backend->add(z, y, 1.0f, kCount);          // 8
    backend->release(x);
    backend->release(y);
    std::vector<float> found(kCount);
    backend->download(found.data(), z, kCount * 4);
    CHECK(found == std::vector<float>(kCount, 8.0f), "schedule ", seed, " gave ", found[0]);
  }
}

TEST(theBudgetHolds) {
  const std::unique_ptr<Backend> backend = open(10 * kMega);
  void* first = backend->acquire(6 * kMega);
  CHECK_THROWS(backend->acquire(6 * kMega), "acquire", "cuda-emulated", "no room for 6291456 bytes",
               "6291456 of 10485760 are in use");
  backend->release(first);
  void* second = backend->acquire(10 * kMega);
  CHECK_THROWS(backend->acquire(1), "no room for 1 bytes");
  backend->release(second);
  CHECK_THROWS(backend->acquire(-1), "acquire", "-1 bytes");
  CHECK_THROWS(backend->acquire(std::numeric_limits<int64_t>::max()), "no room for 9223372036854775807 bytes");
}

TEST(decodedWeightsTakeWhatRoomThereIs) {
  // 300 rows of 4096 columns in Q8_0 are 1.3 MB; decoded they would be 4.9 MB, for which there is no room.
  constexpr int64_t kTokens = 3, kRows = 300, kCols = 4096;
  constexpr int kQ8 = 8;
  const std::vector<float> x = randomValues(kTokens * kCols, 71);
  const std::vector<uint8_t> w = encodedRows(*backends().front(), typeOf(kQ8), kRows, kCols, 72);
  const auto run = [&](int64_t limit) {
    const std::unique_ptr<Backend> backend = open(limit);
    float* y = static_cast<float*>(backend->acquire(kTokens * kRows * 4));
    const float* input = acquireFloats(*backend, x);
    void* weights = backend->acquire(static_cast<int64_t>(w.size()));
    backend->upload(weights, w.data(), static_cast<int64_t>(w.size()));
    backend->linear(y, input, weights, kQ8, nullptr, kTokens, kRows, kCols);
    std::vector<float> result(kTokens * kRows);
    backend->download(result.data(), y, kTokens * kRows * 4);
    return result;
  };
  const std::vector<float> roomy = run(0), narrow = run(2 * kMega);
  for (size_t i = 0; i < roomy.size(); i++) {
    // Both are sums of the same products, in an order that may depend on the size of the batch.
    double magnitude = 0;
    for (int64_t c = 0; c < kCols; c++) magnitude += std::fabs(x[i / kRows * kCols + c]);  // |w| <= 1
    CHECK_NEAR(narrow[i], roomy[i], 2 * static_cast<double>(kCols) * kRoundoff32 * magnitude, "at ", i);
  }
  // Without room for a single row there is an error.
  CHECK_THROWS(run(1338 * 1024), "linear (tokens 3, rows 300, cols 4096, type 8)", "no room");
}

TEST(foreignPointersAreRefused) {
  const std::unique_ptr<Backend> backend = open();
  std::vector<float> host(64);
  float* x = acquireFloats(*backend, host);
  CHECK_THROWS(backend->add(x, host.data(), 1, 64), "add", "x (256 bytes) is not in the memory of cuda-emulated");
  CHECK_THROWS(backend->add(x, x + 120, 1, 64), "add", "x (256 bytes)");
  CHECK_THROWS(backend->download(host.data(), host.data(), 256), "download", "source");
  CHECK_THROWS(backend->upload(host.data(), host.data(), 256), "upload", "destination");
  CHECK_THROWS(backend->release(host.data()), "release", "not held");
  backend->release(x);
  CHECK_THROWS(backend->clear(x, 256), "clear", "destination (256 bytes)");
  CHECK_THROWS(backend->release(x), "release", "not held");
}

TEST(devicesAreFoundByNumber) {
  CHECK_EQUAL(std::string(open(0, "cuda")->device()), std::string("cuda:0"));
  CHECK_EQUAL(std::string(open()->device()), std::string("cuda-emulated"));
  CHECK_THROWS(open(0, "cuda:7"), "createBackend on cuda:7", "there is 1 device");
  CHECK_THROWS(open(0, "cuda:x"), "createBackend", "'cuda:x'");
  CHECK_THROWS(open(0, "cuda:-1"), "createBackend", "'cuda:-1'");
  CHECK_THROWS(open(-1), "createBackend", "-1 bytes of device memory");
}
