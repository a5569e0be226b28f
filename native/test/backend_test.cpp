// What surrounds the operations: the catalogue, memory, threads and refused arguments.
#include <atomic>
#include <cstdint>
#include <cstring>
#include <limits>
#include <set>

#include "backends.h"
#include "host_memory.h"
#include "thread_pool.h"
#include "tiling.h"

using namespace lathe;
using namespace lathe::test;

TEST(variantsAreNamed) {
  CHECK_EQUAL(std::string(runnableKernels()).substr(0, 9), std::string("reference"));
  for (const auto& backend : backends()) {
    CHECK_EQUAL(std::string(backend->device()), std::string("cpu"));
    const std::string variant = backend->kernelVariant();
    const std::string own = variant.substr(0, variant.find('+'));
    CHECK(std::string(runnableKernels()).find(own) != std::string::npos, own);
    CHECK(variant.find("+openblas-") != std::string::npos, variant);
  }
  std::unique_ptr<Backend> best(createBackend("cpu", "auto", 0));
  CHECK(best->threads() >= 1);
  CHECK_EQUAL(std::string(best->kernelVariant()), std::string(backends().back()->kernelVariant()));
}

TEST(unknownBackendsAreRefused) {
  CHECK_THROWS(createBackend("tpu", "auto", 1), "createBackend", "'tpu'", "cpu");
  CHECK_THROWS(createBackend(nullptr, "auto", 1), "createBackend", "''");
  CHECK_THROWS(createBackend("cpu", "neon", 1), "createBackend", "'neon'", "reference");
  CHECK_THROWS(createBackend("cpu", "auto", -1), "createBackend", "-1 threads");
  CHECK_THROWS(createBackend("cpu", "auto", 5000), "createBackend", "5000 threads");
  CHECK_THROWS(createBackend("cpu", "auto", 1, -1), "createBackend", "-1 bytes");
  CHECK_THROWS(createBackend("cpu", "auto", 1, 1), "createBackend", "'cpu'", "memory");
  CHECK_THROWS(createBackend("cudax", "auto", 1), "createBackend", "'cudax'", "known");
}

TEST(missingLibrariesAreReasons) {
  CHECK_THROWS(createBackend("cuda", "avx2", 1), "createBackend", "'cuda'", "avx2");
  CHECK_THROWS(createBackend("cuda", "auto", 1, 0, "/no/such/library.so"), "createBackend", "'cuda'",
               "/no/such/library.so");
  CHECK_THROWS(createBackend("cuda-emulated:1", "auto", 1, 0, "libdl.so.2"), "createBackend", "'cuda-emulated:1'",
               "has no latheCudaBackend");
  CHECK_THROWS(createBackend("cuda:1", nullptr, 1), "createBackend", "'cuda:1'", "liblathe_cuda.so");
}

TEST(catalogueIsSound) {
  std::set<int> ids;
  std::set<std::string> names;
  for (const TypeInfo& type : catalogueTypes()) {
    CHECK(ids.insert(type.id).second, type.name);
    CHECK(names.insert(type.name).second, type.name);
    CHECK(type.blockSize > 0 && type.blockBytes > 0, type.name);
    CHECK(type.decodable || !type.encodable, type.name);
  }
  CHECK_THROWS(typeInfo(-1), "typeInfo", "-1");
  CHECK_THROWS(typeInfo(typeCount()), "typeInfo");
}

TEST(memoryIsAlignedAndCopied) {
  for (const auto& backend : backends()) {
    backend->release(nullptr);
    for (const int64_t bytes : {int64_t(0), int64_t(1), int64_t(63), int64_t(64), int64_t(100000)}) {
      void* memory = backend->acquire(bytes);
      CHECK(memory != nullptr && reinterpret_cast<uintptr_t>(memory) % 64 == 0, bytes, " bytes");
      std::vector<uint8_t> out(static_cast<size_t>(bytes)), in(out.size(), 7);
      backend->upload(memory, in.data(), bytes);
      backend->download(out.data(), memory, bytes);
      CHECK(in == out, bytes, " bytes");
      backend->clear(memory, bytes);
      backend->copy(out.data(), memory, bytes);
      CHECK(out == std::vector<uint8_t>(out.size()), bytes, " bytes");
      backend->release(memory);
    }
    CHECK_THROWS(backend->acquire(-1), "acquire", "-1 bytes");
    CHECK_THROWS(backend->copy(nullptr, nullptr, -1), "copy", "-1 bytes");
    CHECK_THROWS(backend->clear(nullptr, -5), "clear", "-5 bytes");
    backend->synchronize();
  }
}

TEST(sizesThatMakeNoSenseAreRefused) {
  constexpr int64_t kHuge = int64_t(1) << 61;
  float x = 0;
  double y = 0;
  uint8_t flag = 0;
  const int32_t token = 0;
  Backend& b = *backends().back();
  CHECK_THROWS(b.embedding(&x, &x, kF32, 1, -1, &token, 1), "embedding", "1 x -1");
  CHECK_THROWS(b.embedding(&x, &x, kF32, 1, kHuge, &token, 8), "embedding");
  CHECK_THROWS(b.embedding(&x, &x, 26, 1, 1, &token, 1), "embedding", "I32");
  CHECK_THROWS(b.rmsNorm(&x, &x, &x, 1, 0, 0), "rmsNorm", "1 x 0");
  CHECK_THROWS(b.rmsNorm(&x, &x, &x, kHuge, 2, 0), "rmsNorm");
  CHECK_THROWS(b.rope(&x, 1, 0, 1, 2, 2, &x, 1, false), "rope", "length 0");
  CHECK_THROWS(b.rope(&x, 1, 1, 0, 2, 2, &x, 1, false), "rope", "0 heads");
  CHECK_THROWS(b.rope(&x, 1, 1, 1, 2, 3, &x, 1, false), "rope", "rotary size 3");
  CHECK_THROWS(b.rope(&x, 1, 1, 1, 2, 4, &x, 1, false), "rope", "rotary size 4");
  CHECK_THROWS(b.rope(&x, 1, 1, kHuge, 8, 2, &x, 1, false), "rope");
  CHECK_THROWS(b.attention(&x, &x, &x, &x, 1, 1, 3, 2, 8, 1), "attention", "3 heads over 2");
  CHECK_THROWS(b.attention(&x, &x, &x, &x, -1, 1, 2, 2, 8, 1), "attention", "-1 sequences");
  CHECK_THROWS(b.attention(&x, &x, &x, &x, kHuge, 4, 1, 1, 1, 1), "attention");
  CHECK_THROWS(b.swiglu(&x, &x, &x, -1), "swiglu", "-1 values");
  CHECK_THROWS(b.add(&x, &x, 1, -1), "add", "-1 values");
  CHECK_THROWS(b.linear(&x, &x, &x, kF32, nullptr, -1, 1, 1), "linear", "-1 x 1");
  CHECK_THROWS(b.linear(&x, &x, &x, kF32, nullptr, 1, 0, 1), "linear", "without rows");
  CHECK_THROWS(b.linear(&x, &x, &x, 8, nullptr, 1, 1, 33), "linear", "33 columns", "Q8_0");
  CHECK_THROWS(b.linear(&x, &x, &x, 8, nullptr, 1, kHuge, 32), "linear");
  CHECK_THROWS(b.accumulateHessian(&x, &x, -1, 1), "accumulateHessian", "-1 x 1");
  CHECK_THROWS(b.finishHessian(&x, 0, 1), "finishHessian", "0 tokens");
  CHECK_THROWS(b.quadraticForm(&x, &x, 0, 1), "quadraticForm", "no rows");
  CHECK_THROWS(b.quantize(&x, &x, nullptr, 8, 1, 33, false), "quantize", "33 columns");
  CHECK_THROWS(b.quantize(&x, &x, nullptr, 28, 1, 1, false), "quantize", "F64");
  CHECK_THROWS(b.quantize(&x, &x, nullptr, 20, 1, 32, true), "quantize", "IQ4_NL", "exact zero");
  CHECK_THROWS(b.dequantize(&x, &x, 8, 33), "dequantize", "33 weights", "Q8_0");
  CHECK_THROWS(b.dequantize(&x, &x, 8, -32), "dequantize", "-32 weights");
  CHECK_THROWS(b.dequantize(&x, &x, 27, 1), "dequantize", "I64");
  CHECK_THROWS(b.findNonFinite(&x, -1), "findNonFinite", "-1 values");
  CHECK_THROWS(b.logProbabilities(&y, &x, &token, 1, 0), "logProbabilities", "1 x 0");
  CHECK_THROWS(b.klDivergence(&y, &flag, &x, &x, -1, 1), "klDivergence", "-1 x 1");
}

TEST(noTokensAreNoWork) {
  for (const auto& b : backends()) {
    float x[4] = {1, 2, 3, 4};
    b->rmsNorm(x, x, x, 0, 4, 0);
    b->linear(x, x, x, kF32, nullptr, 0, 2, 2);
    b->attention(x, x, x, x, 0, 4, 1, 1, 4, 1);
    b->accumulateHessian(x, x, 0, 2);
    b->embedding(x, x, kF32, 1, 4, nullptr, 0);
    CHECK(x[0] == 1 && x[1] == 2 && x[2] == 3 && x[3] == 4);
  }
}

TEST(productsTooWideForOpenBlasAreRefused) {
  // Rows of more than 2^31 values: refused before anything is read.
  float x = 0;
  CHECK_THROWS(backends().back()->linear(&x, &x, &x, kF32, nullptr, 1, 1, int64_t(1) << 31), "2147483648", "OpenBLAS");
}

TEST(tilesCoverEverythingOnce) {
  for (const int64_t rows : {0, 1, 15, 16, 17, 300, 576, 4096})
    for (const int64_t cols : {1, 33, 1000, 8960}) {
      const Tiling tiling(rows, cols, 512, 1024);
      int64_t covered = 0;
      for (int64_t tile = 0; tile < tiling.count(); tile++) {
        const int64_t height = tiling.rows.size(tiling.row(tile)), width = tiling.cols.size(tiling.col(tile));
        CHECK(height > 0 && height <= 512 && width > 0 && width <= 1024, rows, " x ", cols, ": ", height, " x ", width);
        covered += height * width;
      }
      CHECK_EQUAL(covered, rows * cols);
    }
  for (const int64_t size : {0, 1, 127, 600, 4096, 8960}) {
    const TriangularTiling tiling(size, 512);
    std::set<std::pair<int64_t, int64_t>> seen;
    for (int64_t tile = 0; tile < tiling.count(); tile++) {
      const auto [i, j] = tiling.at(tile);
      CHECK(j >= 0 && j <= i && i < tiling.cut.count(), size);
      CHECK(seen.emplace(i, j).second, size);
    }
    CHECK_EQUAL(tiling.cut.count() == 0 ? 0 : tiling.cut.end(tiling.cut.count() - 1), size);
  }
}

TEST(poolRunsEachTaskOnce) {
  for (const int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    CHECK_EQUAL(pool.threads(), threads);
    for (const int64_t count : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> runs(static_cast<size_t>(count));
      pool.run(count, [&](int64_t i, int worker) {
        if (worker < 0 || worker >= threads) throw std::logic_error("worker");
        runs[static_cast<size_t>(i)]++;
      });
      for (const auto& times : runs) CHECK_EQUAL(times.load(), 1, count, " tasks on ", threads);
    }
  }
}

TEST(poolPassesExceptionsOn) {
  for (const int threads : {1, 2, 3}) {
    ThreadPool pool(threads);
    for (int round = 0; round < 50; round++) {
      CHECK_THROWS(pool.run(100,
                            [&](int64_t i, int) {
                              if (i % 7 == 3) throw std::runtime_error("task failed");
                            }),
                   "task failed");
      std::atomic<int> sum{0};
      pool.run(10, [&](int64_t i, int) { sum += static_cast<int>(i); });
      CHECK_EQUAL(sum.load(), 45, "after a failure");
    }
  }
}

TEST(hostMemorySaysWhatItWasFor) {
  HostMemory<double> memory("operation", 10);
  double* const first = memory.data();
  memory.require("operation", 5);
  CHECK(memory.data() == first);
  CHECK(reinterpret_cast<uintptr_t>(first) % 64 == 0);
  CHECK_THROWS(memory.require("operation", std::numeric_limits<int64_t>::max() / 4), "operation", "no memory");
  CHECK_THROWS(memory.require("operation", int64_t(1) << 59), "operation", "no memory");
  memory.require("operation", 3);  // usable after the failure
  memory[2] = 1;
}
