// The backends that a test runs over, buffers that notice writes beside them, and test data.
#ifndef LATHE_TEST_BACKENDS_H
#define LATHE_TEST_BACKENDS_H

#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "check.h"
#include "lathe/backend.h"
#include "lathe/limits.h"

namespace lathe {
namespace test {

// Unit roundoffs: half of the distance from 1 to the next number.
constexpr double kRoundoff32 = 0x1p-24;
constexpr double kRoundoff64 = 0x1p-53;
// Half of the distance of neighbours near 0: what a rounding adds where its result is denormal.
constexpr double kUnderflow32 = 0x1p-150;

constexpr int64_t kSizes[] = {1, 13, 31, 32, 33, 127, 128, 129, 1000};

// count values between guards; every byte of the values starts as 0xAB and those of the guards must stay so. The
// pattern is a NaN in no type and a tiny number in F32 (-1.2e-12), so that reading before writing shows.
template <class T>
class Guarded {
 public:
  explicit Guarded(int64_t count)
      : count_(count), bytes_(static_cast<size_t>(count) * sizeof(T) + 2 * kGuard, kPattern) {}
  Guarded(const std::vector<T>& values) : Guarded(static_cast<int64_t>(values.size())) {
    if (!values.empty()) std::memcpy(data(), values.data(), values.size() * sizeof(T));
  }

  T* data() { return reinterpret_cast<T*>(bytes_.data() + kGuard); }

  // The values, after a look at the guards.
  std::vector<T> values(const std::string& where) const {
    for (size_t i = 0; i < kGuard; i++) {
      CHECK(bytes_[i] == kPattern, where, ": a write before the buffer, ", kGuard - i, " bytes off");
      CHECK(bytes_[bytes_.size() - 1 - i] == kPattern, where, ": a write behind the buffer");
    }
    std::vector<T> result(static_cast<size_t>(count_));
    if (count_ > 0) std::memcpy(result.data(), bytes_.data() + kGuard, result.size() * sizeof(T));
    return result;
  }

 private:
  static constexpr size_t kGuard = 256;
  static constexpr uint8_t kPattern = 0xAB;
  int64_t count_;
  std::vector<uint8_t> bytes_;
};

// Runs `operation` on all backends(). All have to give what the first gives, bit for bit; that is returned.
template <class T>
std::vector<T> runEverywhere(const std::string& where, const std::function<std::vector<T>(Backend&)>& operation);

// What a program tests. cpu_backends.cpp: a CPU backend of every variant that this processor has, each with 1, 2 and 3
// threads, "reference" with one thread first.
const std::vector<std::unique_ptr<Backend>>& backends();

// Bits as a number in [0, 2^bits).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}
  uint64_t bits(int count);
  // Uniform in [-1, 1).
  float uniform() { return static_cast<float>(bits(24)) / 8388608.0f - 1.0f; }

 private:
  uint64_t state_;
};

std::vector<float> randomValues(int64_t count, uint64_t seed, float scale = 1.0f);

// Fillings that arithmetic stumbles over; `greatest` bounds what the operation can take without overflow.
enum class Filling { kRandom, kZeros, kDenormals, kHuge, kAlternating, kOutlier };
constexpr Filling kFillings[] = {Filling::kRandom, Filling::kZeros,       Filling::kDenormals,
                                 Filling::kHuge,   Filling::kAlternating, Filling::kOutlier};
const char* nameOf(Filling filling);
std::vector<float> filled(int64_t count, Filling filling, uint64_t seed, float greatest = 1e30f);

// Entry of the catalogue.
TypeInfo typeOf(int id);
std::vector<TypeInfo> catalogueTypes();

// Rows of random weights encoded in a type: through quantize where it encodes, else random blocks with finite values.
std::vector<uint8_t> encodedRows(Backend& backend, const TypeInfo& type, int64_t rows, int64_t cols, uint64_t seed);

template <class T>
std::vector<T> runEverywhere(const std::string& where, const std::function<std::vector<T>(Backend&)>& operation) {
  std::vector<T> first;
  for (const auto& backend : backends()) {
    const std::string which = text(where, " on ", backend->kernelVariant(), " with ", backend->threads(), " threads");
    std::vector<T> found;
    try {
      found = operation(*backend);
    } catch (const CheckFailure&) {
      throw;
    } catch (const std::exception& e) {
      throw CheckFailure(which + ": " + e.what());
    }
    if (backend == backends().front()) {
      first = std::move(found);
      continue;
    }
    CHECK_EQUAL(found.size(), first.size(), which);
    for (size_t i = 0; i < first.size(); i++)
      CHECK(std::memcmp(&found[i], &first[i], sizeof(T)) == 0, which, ": value ", i, " is ", +found[i], ", expected ",
            +first[i]);
  }
  return first;
}

}  // namespace test
}  // namespace lathe

#endif
