// obsCompress against the column loop of obs_replay.h.
#include <algorithm>
#include <cmath>

#include "backends.h"
#include "dense.h"
#include "obs_replay.h"

using namespace lathe;
using namespace lathe::test;

namespace {

struct Found {
  std::vector<double> w;
  std::vector<uint8_t> mask, packed;
  ObsReport report;
};

struct Case {
  int64_t rows, cols;
  double sparsity = 0;
  int keepN = 0, ofM = 0;
  int64_t maskBlock = 128, updateBlock = 128;
  int type = 0;
  bool keepZeros = false;
  std::vector<int64_t> dead = {};
  Filling filling = Filling::kRandom;

  std::string name() const {
    return text("obsCompress of ", rows, " x ", cols, ", sparsity ", sparsity, ", ", keepN, ":", ofM, ", blocks ",
                maskBlock, "/", updateBlock, ", type ", type, keepZeros ? ", zeros kept" : "", ", ", nameOf(filling));
  }
  ObsOptions options() const {
    ObsOptions result;
    result.sparsity = sparsity;
    result.keepN = keepN;
    result.ofM = ofM;
    result.maskBlock = maskBlock;
    result.updateBlock = updateBlock;
    result.keepZeros = keepZeros;
    result.type = type;
    return result;
  }
  bool prunes() const { return sparsity > 0 || ofM > 0 || keepZeros; }
};

// Runs the case on every backend: weights, mask, packed rows and report have to be the same everywhere.
template <class T>
Found compress(const Case& c, const std::vector<T>& w, const std::vector<T>& u) {
  const int64_t size = c.rows * c.cols;
  std::vector<uint8_t> dead(static_cast<size_t>(c.cols));
  for (const int64_t j : c.dead) dead[j] = 1;
  const int64_t packedBytes = c.type == 0 ? 0 : size / typeOf(c.type).blockSize * typeOf(c.type).blockBytes;
  Found result;
  const std::string where = c.name() + (sizeof(T) == 4 ? " in F32" : " in F64");
  const std::vector<double> all = runEverywhere<double>(where, [&](Backend& backend) {
    Guarded<T> weights(w), factor(u);
    Guarded<uint8_t> mask(size), packed(packedBytes);
    result.report =
        backend.obsCompress(weights.data(), factor.data(), sizeof(T) == 4 ? kF32 : kF64, c.rows, c.cols, c.options(),
                            c.dead.empty() ? nullptr : dead.data(), c.type == 0 ? nullptr : packed.data(), mask.data());
    CHECK(factor.values(where) == u, where, ": U was written to");
    const std::vector<T> found = weights.values(where);
    result.w.assign(found.begin(), found.end());
    result.mask = mask.values(where);
    result.packed = packed.values(where);
    if (backend.threads() == 1) {  // a mask that nobody asks for changes nothing
      Guarded<T> unmasked(w);
      Guarded<uint8_t> repacked(packedBytes);
      backend.obsCompress(unmasked.data(), factor.data(), sizeof(T) == 4 ? kF32 : kF64, c.rows, c.cols, c.options(),
                          c.dead.empty() ? nullptr : dead.data(), c.type == 0 ? nullptr : repacked.data(), nullptr);
      CHECK(unmasked.values(where) == found, where, ": other weights without a mask");
      CHECK(repacked.values(where) == result.packed, where, ": other codes without a mask");
    }
    std::vector<double> everything = result.w;
    everything.insert(everything.end(), result.mask.begin(), result.mask.end());
    everything.insert(everything.end(), result.packed.begin(), result.packed.end());
    everything.push_back(result.report.loss);
    everything.push_back(static_cast<double>(result.report.zeros));
    return everything;
  });
  CHECK(!all.empty());
  return result;
}

int64_t blockSizeOf(const Case& c) { return c.type == 0 ? 1 : typeOf(c.type).blockSize; }

int64_t maskBlockOf(const Case& c) {
  const int64_t blockSize = blockSizeOf(c);
  return (std::min(c.maskBlock, c.cols) + blockSize - 1) / blockSize * blockSize;
}

// floor(numerator / denominator of all rows x cols).
int64_t share(int64_t count, int64_t numerator, int64_t denominator) { return count * numerator / denominator; }

void checkMask(const Case& c, const Found& found) {
  int64_t zeros = 0;
  for (int64_t r = 0; r < c.rows; r++)
    for (int64_t j = 0; j < c.cols; j++) {
      const bool pruned = found.mask[r * c.cols + j] == 1;
      CHECK(pruned || found.mask[r * c.cols + j] == 0, c.name());
      zeros += pruned;
      if (pruned) CHECK_EQUAL(found.w[r * c.cols + j], 0.0, c.name(), " at ", r, ",", j);
    }
  CHECK_EQUAL(found.report.zeros, zeros, c.name());
}

void checkPacked(const Case& c, const Found& found) {
  if (c.type == 0) return;
  std::vector<float> decoded(found.w.size());
  backends().front()->dequantize(decoded.data(), found.packed.data(), c.type, c.rows * c.cols);
  for (size_t i = 0; i < decoded.size(); i++)
    CHECK_EQUAL(static_cast<double>(decoded[i]), found.w[i], c.name(), ": the packed rows differ at ", i);
}

template <class T>
Found check(const Case& c, uint64_t seed) {
  const Matrix h = correlatedHessian(c.cols, std::min<int64_t>(2 * c.cols + 8, 160), seed, c.dead);
  const std::vector<T> u = rounded<T>(inverseFactorOf(regularized(h, c.cols, 0.01, 0), c.cols));
  const std::vector<float> weights = filled(c.rows * c.cols, c.filling, seed + 1, 1e10f);
  std::vector<T> w(weights.begin(), weights.end());
  if (c.keepZeros)
    for (size_t i = 0; i < w.size(); i += 3) w[i] = 0;
  const Found found = compress(c, w, u);
  for (const int64_t j : c.dead)
    for (int64_t r = 0; r < c.rows; r++) w[r * c.cols + j] = 0;
  const bool narrow = sizeof(T) == 4;
  const ObsProblem problem = {c.rows,
                              c.cols,
                              {w.begin(), w.end()},
                              {u.begin(), u.end()},
                              c.options(),
                              maskBlockOf(c),
                              narrow ? kRoundoff32 : kRoundoff64,
                              narrow ? kUnderflow32 : 0};
  const ObsReplay expected = replay(problem, found.w, found.mask);
  checkMask(c, found);
  checkPacked(c, found);
  CHECK(expected.worstChoice <= 0, c.name(), ": a larger score was pruned, by ", expected.worstChoice);
  for (size_t i = 0; i < found.w.size(); i++) {
    if (found.mask[i] || c.type != 0) continue;
    CHECK_NEAR(found.w[i], expected.compensated[i], expected.bound[i], c.name(), " at ", i);
  }
  CHECK_NEAR(found.report.loss, expected.loss, expected.lossBound + 1e-12 * expected.loss, c.name());
  if (c.sparsity > 0) {
    const int64_t numerator = std::llround(c.sparsity * 1000);
    CHECK_NEAR(c.sparsity, static_cast<double>(numerator) / 1000, 1e-15, "the cases use thousandths");
    int64_t first = 0;
    for (const int64_t zeros : expected.zerosOfBlocks) {
      const int64_t last = std::min(c.cols, first + problem.maskBlock);
      CHECK_EQUAL(zeros, share(c.rows * last, numerator, 1000) - share(c.rows * first, numerator, 1000), c.name(),
                  " in columns ", first, " to ", last);
      first = last;
    }
    CHECK_EQUAL(first, c.cols);
  }
  if (c.ofM > 0)
    for (const int64_t zeros : expected.zerosOfBlocks) CHECK_EQUAL(zeros, int64_t(c.ofM - c.keepN), c.name());
  return found;
}

}  // namespace

TEST(obsPrunesUnstructured) {
  uint64_t seed = 100;
  for (const Case& c : {Case{1, 1, 0.9}, Case{1, 13, 0.5}, Case{13, 1, 0.5}, Case{13, 31, 0.3, 0, 0, 5, 4},
                        Case{33, 33, 0.9, 0, 0, 16, 33}, Case{7, 127, 0.5}, Case{17, 129, 0.7, 0, 0, 64, 100},
                        Case{16, 128, 0.29, 0, 0, 128, 1}, Case{40, 48, 0.8, 0, 0, 1, 128}, Case{4, 200, 0.001},
                        Case{31, 257, 0.6, 0, 0, 1000, 32}, Case{300, 65, 0.999, 0, 0, 64, 64}, Case{100, 1, 0.29},
                        Case{10, 10, 0.3, 0, 0, 3, 3}, Case{10, 10, 0.7, 0, 0, 7, 2}}) {
    check<float>(c, seed++);
    check<double>(c, seed++);
  }
}

TEST(obsGroupsUpdatesOfWideLayers) {
  // Wider than a group of segments (512), with masks that end within groups and beyond them.
  uint64_t seed = 200;
  for (const Case& c : {Case{5, 700, 0.5}, Case{3, 720, 0.4, 0, 0, 600, 96}, Case{20, 600, 0.5, 0, 0, 128, 1024}})
    check<float>(c, seed++);
  check<double>(Case{3, 645, 0.5, 0, 0, 540, 128}, seed);
}

TEST(obsPrunesPatterns) {
  uint64_t seed = 300;
  for (const Case& c : {Case{8, 32, 0, 2, 4}, Case{33, 12, 0, 1, 4}, Case{13, 128, 0, 4, 8, 128, 20},
                        Case{5, 100, 0, 1, 2, 128, 1}, Case{9, 85, 0, 3, 5}, Case{17, 256, 0, 100, 128}}) {
    check<float>(c, seed++);
    check<double>(c, seed++);
  }
}

TEST(obsTakesDeadColumnsAndExtremeWeights) {
  uint64_t seed = 400;
  for (const Filling filling : kFillings)
    for (Case c : {Case{13, 130, 0.5}, Case{13, 132, 0, 2, 4}}) {
      c.dead = {0, 7, 64, 129};
      c.filling = filling;
      check<float>(c, seed++);
      check<double>(c, seed++);
    }
}

TEST(obsKeepsZeros) {
  Case c{19, 131};
  c.keepZeros = true;
  const Found found = check<float>(c, 500);
  for (int64_t i = 0; i < c.rows * c.cols; i++) CHECK_EQUAL(int(found.mask[i]), i % 3 == 0 ? 1 : 0, "at ", i);
  check<double>(c, 501);
}

TEST(obsQuantizesIntoEveryEncodableType) {
  uint64_t seed = 600;
  int types = 0;
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.encodable || type.blockSize == 1) continue;
    types++;
    Case c{17, 2 * type.blockSize};
    c.type = type.id;
    check<float>(c, seed++);
    if (!type.exactZero) continue;
    c.updateBlock = 32;  // rounded up to whole blocks of the type
    c.sparsity = 0.5;
    check<float>(c, seed++);
    c.maskBlock = 200;  // too
    check<float>(c, seed++);
    c.sparsity = 0;
    c.keepN = 2;
    c.ofM = 4;
    check<float>(c, seed++);
  }
  CHECK(types >= 9, "types with error feedback: ", types);
}

TEST(feedbackBeatsRounding) {
  // What error feedback is for: a smaller tr(dW H' dW^T) than rounding to nearest, whatever the type.
  const int64_t rows = 16, cols = 512;
  const Matrix h = regularized(correlatedHessian(cols, 600, 700), cols, 0.01, 0);
  const std::vector<float> u = rounded<float>(inverseFactorOf(h, cols));
  const std::vector<float> w = randomValues(rows * cols, 701), narrow = rounded<float>(h);
  Backend& backend = *backends().back();
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.encodable || type.blockSize == 1) continue;
    std::vector<float> fed = w, rounded(w.size());
    std::vector<uint8_t> packed(static_cast<size_t>(rows * cols / type.blockSize * type.blockBytes));
    ObsOptions options;
    options.type = type.id;
    const ObsReport report =
        backend.obsCompress(fed.data(), u.data(), kF32, rows, cols, options, nullptr, packed.data(), nullptr);
    backend.quantize(packed.data(), w.data(), nullptr, type.id, rows, cols, false);
    backend.dequantize(rounded.data(), packed.data(), type.id, rows * cols);
    for (size_t i = 0; i < w.size(); i++) {
      fed[i] -= w[i];
      rounded[i] -= w[i];
    }
    const double fedError = backend.quadraticForm(fed.data(), narrow.data(), rows, cols) * rows;
    const double roundedError = backend.quadraticForm(rounded.data(), narrow.data(), rows, cols) * rows;
    CHECK(fedError < 0.9 * roundedError, type.name, ": ", fedError, " with feedback, ", roundedError, " without");
    // W - Q = E U, so the loss is that error: U of H' is good to about 1e-3 here.
    CHECK_NEAR(report.loss, fedError, 1e-2 * fedError, type.name);
  }
}

TEST(obsRefusesWhatItCannotDo) {
  const int64_t rows = 4, cols = 32;
  std::vector<float> u(cols * cols), w(rows * cols);
  for (int64_t i = 0; i < cols; i++) u[i * cols + i] = 1;
  std::vector<uint8_t> packed(4096);
  Backend& backend = *backends().back();
  const auto run = [&](const ObsOptions& options, int64_t someRows, int64_t someCols, int computeType = kF32) {
    backend.obsCompress(w.data(), u.data(), computeType, someRows, someCols, options, nullptr, packed.data(), nullptr);
  };
  ObsOptions options;
  for (const double sparsity : {1.0, -0.1, double(NAN)}) {
    options.sparsity = sparsity;
    CHECK_THROWS(run(options, rows, cols), "obsCompress", "sparsity");
    CHECK_THROWS(backend.scorePrune(w.data(), nullptr, rows, cols, options, true), "scorePrune", "sparsity");
  }
  options = ObsOptions();
  for (const auto& [n, m] : {std::pair<int, int>{5, 4}, {4, 4}, {0, 4}, {-1, 4}, {1, 129}, {1, -2}}) {
    options.keepN = n;
    options.ofM = m;
    CHECK_THROWS(run(options, rows, cols), "obsCompress", text(n, ":", m));
  }
  options.keepN = 2;
  options.ofM = 5;
  CHECK_THROWS(run(options, rows, cols), "obsCompress", "32 columns", "5");
  options = ObsOptions();
  options.updateBlock = 0;
  CHECK_THROWS(run(options, rows, cols), "obsCompress", "update block 0");
  options = ObsOptions();
  options.maskBlock = -1;
  CHECK_THROWS(run(options, rows, cols), "obsCompress", "mask block -1");
  options = ObsOptions();
  CHECK_THROWS(run(options, 0, cols), "obsCompress", "0 x 32");
  CHECK_THROWS(run(options, -1, cols), "obsCompress", "-1 x 32");
  CHECK_THROWS(run(options, rows, int64_t(1) << 62), "obsCompress", "4 x");
  CHECK_THROWS(run(options, rows, cols, 1), "obsCompress", "compute type 1");
  options.type = 2;
  CHECK_THROWS(run(options, rows, cols, kF64), "obsCompress", "compute type 28");
  CHECK_THROWS(run(options, rows, 31), "obsCompress", "31 columns", "Q4_0");
  options.type = 1;
  CHECK_THROWS(run(options, rows, cols), "obsCompress", "F16");
  options.type = 26;
  CHECK_THROWS(run(options, rows, cols), "obsCompress", "I32");
  options.type = 999;
  CHECK_THROWS(run(options, rows, cols), "obsCompress", "999");
  options.sparsity = 0.5;
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.encodable || type.blockSize == 1 || type.exactZero) continue;
    options.type = type.id;
    CHECK_THROWS(run(options, rows, 256), "obsCompress", type.name, "exact zero");
  }
  options.type = 0;
  options.keepZeros = true;
  CHECK_THROWS(run(options, rows, cols), "obsCompress", "not both");
  options.keepZeros = false;
  for (const float wrong : {0.0f, -1.0f, std::nanf("")}) {
    u[3 * cols + 3] = wrong;
    CHECK_THROWS(run(options, rows, cols), "obsCompress", "U[3,3]");
  }
}
