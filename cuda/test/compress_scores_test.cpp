// Pruning by score: the weights that the CPU prunes, with ties by index.
#include <cmath>

#include "comparison.h"

using namespace lathe;
using namespace lathe::test;

namespace {

struct Pruned {
  std::vector<float> w;
  int64_t zeros;
};

Pruned pruned(Backend& backend, const std::vector<float>& w, const std::vector<float>& norm, int64_t rows, int64_t cols,
              const ObsOptions& options, bool perRow) {
  Held<float> weights(backend, w), norms(backend, norm.empty() ? std::vector<float>(1) : norm);
  const int64_t zeros =
      backend.scorePrune(weights.data(), norm.empty() ? nullptr : norms.data(), rows, cols, options, perRow);
  return {weights.values(), zeros};
}

void checkPruning(const std::vector<float>& w, const std::vector<float>& norm, int64_t rows, int64_t cols,
                  const ObsOptions& options, bool perRow, int schedules) {
  const std::string where = text("scorePrune ", rows, " x ", cols, norm.empty() ? "" : " with norms", ", sparsity ",
                                 options.sparsity, ", ", options.keepN, ":", options.ofM, perRow ? ", per row" : "");
  const Pruned expected = pruned(cpuBackend(), w, norm, rows, cols, options, perRow);
  underSchedules(schedules, [&] {
    const Pruned found = pruned(cudaBackend(), w, norm, rows, cols, options, perRow);
    checkSameBits(found.w, expected.w, where);
    CHECK_EQUAL(found.zeros, expected.zeros, where);
  });
}

// Few different values, so that most scores are shared by many weights.
std::vector<float> withTies(int64_t count, uint64_t seed) {
  Random random(seed);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = (random.bits(1) ? 0.25f : -0.25f) * static_cast<float>(random.bits(2));
  return values;
}

std::vector<float> someNorms(int64_t cols) {
  std::vector<float> norm = randomValues(cols, 72);
  for (size_t j = 0; j < norm.size(); j++) norm[j] = j % 5 ? std::fabs(norm[j]) : 0;
  return norm;
}

ObsOptions share(double sparsity) {
  ObsOptions options;
  options.sparsity = sparsity;
  return options;
}

}  // namespace

TEST(cudaPrunesByScoreLikeTheCpu) {
  for (const int64_t size : kSizes)
    for (const auto& [rows, cols] : {std::pair(size, beside(size)), std::pair(beside(size), size)}) {
      const std::vector<float> w = randomValues(rows * cols, 71), tied = withTies(rows * cols, 73);
      for (const bool perRow : {false, true}) {
        checkPruning(w, someNorms(cols), rows, cols, share(0.5), perRow, kSchedules);
        checkPruning(tied, {}, rows, cols, share(0.6), perRow, kSchedules);
      }
    }
  for (const bool perRow : {false, true})
    checkPruning(randomValues(129 * 1000, 78), {}, 129, 1000, share(0.3), perRow, 1);
}

TEST(cudaPrunesAnyShareLikeTheCpu) {
  const int64_t rows = 13, cols = 130;
  for (const Filling filling : kFillings) {
    const std::vector<float> w = filled(rows * cols, filling, 74, 3e38f);
    for (const double sparsity : {0.0, 0.0001, 0.29, 0.5, 0.999, 0.9999999})
      for (const bool perRow : {false, true}) checkPruning(w, {}, rows, cols, share(sparsity), perRow, 1);
  }
}

TEST(cudaPrunesWeightsThatAreNoNumbersLast) {
  std::vector<float> w = randomValues(3 * 40, 75);
  for (size_t i = 0; i < w.size(); i += 7) w[i] = i % 2 ? NAN : INFINITY;
  for (const double sparsity : {0.5, 0.9, 0.99})
    for (const bool perRow : {false, true}) checkPruning(w, {}, 3, 40, share(sparsity), perRow, 1);
}

TEST(cudaPrunesPatternsLikeTheCpu) {
  for (const auto& [n, m] : {std::pair<int, int>{2, 4}, {4, 8}, {1, 2}, {3, 5}, {100, 128}})
    for (const int64_t size : kSizes) {
      ObsOptions options;
      options.keepN = n;
      options.ofM = m;
      // As many rows of one group, and as many columns in whole groups.
      for (const auto& [rows, cols] : {std::pair<int64_t, int64_t>(size, m), {3, (size + m - 1) / m * m}}) {
        if (m > 8 && size > 200 && rows == size) continue;
        checkPruning(randomValues(rows * cols, 76), someNorms(cols), rows, cols, options, false, kSchedules);
        checkPruning(withTies(rows * cols, 77), {}, rows, cols, options, true, 1);
      }
    }
}
