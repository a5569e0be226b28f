// What surrounds the operations: the catalogue, devices, memory and threads.
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
