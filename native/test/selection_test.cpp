// Masks by score, the count of zeros, and rounding through the catalogue's types.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "arguments.h"
#include "backends.h"
#include "mask_selection.h"
#include "thread_pool.h"

using namespace lathe;
using namespace lathe::test;

namespace {

// The `count` lowest in a stable sort.
template <class T>
std::vector<uint8_t> lowestOf(const std::vector<T>& scores, int64_t count) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] < scores[b]; });
  std::vector<uint8_t> mask(scores.size());
  for (int64_t i = 0; i < count; i++) mask[order[static_cast<size_t>(i)]] = 1;
  return mask;
}

template <class T>
void checkSelection(const std::vector<T>& scores, int64_t rows, int64_t count, const std::string& where) {
  const int64_t width = static_cast<int64_t>(scores.size()) / rows;
  Histograms histograms;
  for (const int threads : {1, 2, 3}) {
    ThreadPool pool(threads);
    Guarded<uint8_t> mask(rows * width);
    selectLowest(pool, ScoredBlock<T>{scores.data(), rows, width, mask.data(), width}, count, histograms);
    CHECK(mask.values(where) == lowestOf(scores, count), where, ", ", count, " of ", scores.size());
  }
}

}  // namespace

TEST(selectLowestSortsExactly) {
  for (const int64_t rows : {1, 13, 33, 129, 1000})
    for (const int64_t width : {1, 13, 32, 129}) {
      const int64_t n = rows * width;
      std::vector<float> scores = randomValues(n, 41);
      std::vector<double> wide(scores.size());
      Random random(42);
      for (size_t i = 0; i < scores.size(); i++) {
        // Many ties, zeros, denormals and all magnitudes.
        scores[i] = std::fabs(scores[i]) * std::pow(2.0f, static_cast<float>(random.bits(8)) - 140);
        if (random.bits(2) == 0) scores[i] = static_cast<float>(random.bits(2));
        wide[i] = scores[i] + (random.bits(1) ? 1e-12 * static_cast<double>(random.bits(10)) : 0);
      }
      for (const int64_t count : {int64_t(0), int64_t(1), n / 3, n / 2, n - 1, n}) {
        if (count > n) continue;
        checkSelection(scores, rows, count, "F32");
        checkSelection(wide, rows, count, "F64");
      }
      checkSelection(std::vector<float>(scores.size(), 1.5f), rows, n / 2, "all the same");
    }
}

TEST(selectLowestTakesNaNLast) {
  std::vector<float> scores = {NAN, 3, -NAN, 1, 2, INFINITY};
  Histograms histograms;
  std::vector<uint8_t> mask(scores.size());
  const ScoredBlock<float> block = {scores.data(), 2, 3, mask.data(), 3};
  selectLowest(block, 4, histograms);
  CHECK((mask == std::vector<uint8_t>{0, 1, 0, 1, 1, 1}));
  selectLowest(block, 5, histograms);
  CHECK_EQUAL(std::accumulate(mask.begin(), mask.end(), 0), 5);
}

TEST(selectLowestWritesIntoRows) {
  // The mask's rows may be wider than the block.
  const std::vector<float> scores = {4, 1, 3, 2, 6, 5};
  std::vector<uint8_t> mask(20, 9);
  Histograms histograms;
  selectLowest(ScoredBlock<float>{scores.data(), 2, 3, mask.data() + 2, 10}, 3, histograms);
  const std::vector<uint8_t> expected = {9, 9, 0, 1, 1, 9, 9, 9, 9, 9, 9, 9, 1, 0, 0, 9, 9, 9, 9, 9};
  CHECK(mask == expected);
}

TEST(prunedCountReadsDecimals) {
  // sparsity = numerator / denominator, exactly representable in decimals: the count is the floor of the exact product.
  for (const int denominator : {10, 100, 1000, 100000})
    for (int numerator = 0; numerator<denominator; numerator += denominator> 1000 ? 7 : 1) {
      const double sparsity = static_cast<double>(numerator) / denominator;
      for (const int64_t total : {int64_t(1), int64_t(10), int64_t(13), int64_t(100), int64_t(999), int64_t(16777216),
                                  int64_t(152064) * 8960, int64_t(1) << 40}) {
        const __int128 expected = static_cast<__int128>(total) * numerator / denominator;
        CHECK_EQUAL(prunedCount(sparsity, total), static_cast<int64_t>(expected), sparsity, " of ", total);
      }
    }
  CHECK_EQUAL(prunedCount(0.29, 100), int64_t(29));  // 0.29 * 100 = 28.999999999999996
  CHECK_EQUAL(prunedCount(0.5, 9), int64_t(4));
  CHECK_EQUAL(prunedCount(1e-300, 1000), int64_t(0));
  CHECK_EQUAL(prunedCount(0.9999999999999999, 10), int64_t(9));
  CHECK_EQUAL(prunedCount(1.0 / 3, 3), int64_t(0));  // 0.3333333333333333 is less than a third
  CHECK_EQUAL(prunedCount(0.001, 0), int64_t(0));
}

TEST(scorePruneTakesTheLowest) {
  for (const int64_t rows : {1, 13, 33, 129})
    for (const int64_t cols : {4, 12, 128, 1000})
      for (const bool wanda : {false, true})
        for (const int mode : {0, 1, 2}) {  // per row, whole matrix, 2:4
          const std::vector<float> w = randomValues(rows * cols, 43), signedNorm = randomValues(cols, 44);
          std::vector<float> norm(signedNorm.size());
          for (size_t j = 0; j < norm.size(); j++) norm[j] = j % 5 ? std::fabs(signedNorm[j]) : 0;
          ObsOptions options;
          options.sparsity = mode == 2 ? 0 : 0.3;
          options.keepN = mode == 2 ? 2 : 0;
          options.ofM = mode == 2 ? 4 : 0;
          const std::string where =
              text("scorePrune of ", rows, " x ", cols, wanda ? " by Wanda" : "", ", mode ", mode);
          int64_t zeros = -1;
          const std::vector<float> found = runEverywhere<float>(where, [&](Backend& backend) {
            Guarded<float> out(w);
            zeros = backend.scorePrune(out.data(), wanda ? norm.data() : nullptr, rows, cols, options, mode == 0);
            return out.values(where);
          });
          std::vector<float> scores(w.size()), expected = w;
          for (size_t i = 0; i < w.size(); i++)
            scores[i] = std::fabs(w[i]) * (wanda ? norm[i % static_cast<size_t>(cols)] : 1.0f);
          const int64_t part = mode == 0 ? cols : mode == 1 ? rows * cols : 4;
          const int64_t count = mode == 2 ? 2 : part * 3 / 10;
          for (int64_t first = 0; first < rows * cols; first += part) {
            const std::vector<uint8_t> mask =
                lowestOf(std::vector<float>(scores.begin() + first, scores.begin() + first + part), count);
            for (int64_t i = 0; i < part; i++)
              if (mask[i]) expected[first + i] = 0;
          }
          CHECK(found == expected, where);
          CHECK_EQUAL(zeros, rows * cols / part * count, where);
        }
}

TEST(quantizeIsTheSameEverywhere) {
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.encodable) continue;
    for (const Filling filling : kFillings) {
      const int64_t rows = 18, cols = type.blockSize == 1 ? 33 : type.blockSize;
      std::vector<float> w = filled(rows * cols, filling, 51, 1e4f);
      const std::vector<float> importance = [&] {
        std::vector<float> values = randomValues(cols, 52);
        for (float& value : values) value = std::fabs(value);
        return values;
      }();
      const std::string where = text("quantize to ", type.name, ", ", nameOf(filling));
      const std::vector<uint8_t> packed = runEverywhere<uint8_t>(where, [&](Backend& backend) {
        Guarded<uint8_t> out(rows * cols / type.blockSize * type.blockBytes);
        backend.quantize(out.data(), w.data(), importance.data(), type.id, rows, cols, false);
        return out.values(where);
      });
      runEverywhere<float>(where, [&](Backend& backend) {
        Guarded<float> out(rows * cols);
        backend.dequantize(out.data(), packed.data(), type.id, rows * cols);
        return out.values(where);
      });
      if (!type.exactZero) continue;
      for (size_t i = 0; i < w.size(); i += 2) w[i] = 0;
      const std::vector<float> decoded = runEverywhere<float>(where + " with zeros", [&](Backend& backend) {
        Guarded<uint8_t> out(rows * cols / type.blockSize * type.blockBytes);
        backend.quantize(out.data(), w.data(), nullptr, type.id, rows, cols, true);
        std::vector<float> values(w.size());
        backend.dequantize(values.data(), out.values(where).data(), type.id, rows * cols);
        return values;
      });
      for (size_t i = 0; i < decoded.size(); i += 2) CHECK_EQUAL(decoded[i], 0.0f, where, " at ", i);
    }
  }
}

TEST(everyTypeDecodesTheSameEverywhere) {
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.decodable) continue;
    const int64_t rows = 130, cols = type.blockSize == 1 ? 1029 : 2 * type.blockSize;
    const std::vector<uint8_t> packed = encodedRows(*backends().front(), type, rows, cols, 53);
    const std::string where = text("dequantize ", type.name);
    runEverywhere<float>(where, [&](Backend& backend) {
      Guarded<float> out(rows * cols);
      backend.dequantize(out.data(), packed.data(), type.id, rows * cols);
      return out.values(where);
    });
  }
}
