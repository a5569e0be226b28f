// obsCompress on the emulated backend.
//
// Within one update block no sum is formed in another order than on the CPU, so weights, masks and codes are the CPU's
// bit for bit. Behind it the product that updates the rest sums in another order; there the result is held to the
// column loop of obs_replay.h, in double precision along the same choices, with its running error bound, which is
// derived for any order of summation. Masks may differ from the CPU's only where the scores lie within that bound: the
// replay judges every choice.
#include <algorithm>
#include <cmath>

#include "arguments.h"
#include "compression_fixture.h"
#include "dense.h"
#include "obs_replay.h"

using namespace lathe;
using namespace lathe::test;

namespace {

template <class T>
struct Found {
  std::vector<T> w;
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
                maskBlock, "/", updateBlock, ", type ", type == 0 ? "none" : typeOf(type).name,
                keepZeros ? ", zeros kept" : "", ", ", nameOf(filling));
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
};

template <class T>
constexpr int computeType() {
  return sizeof(T) == 4 ? kF32 : kF64;
}

template <class T>
struct Problem {
  Case c;
  std::vector<T> w, u;
};

template <class T>
Problem<T> problem(const Case& c, uint64_t seed) {
  const Matrix h = correlatedHessian(c.cols, std::min<int64_t>(2 * c.cols + 8, 160), seed, c.dead);
  const std::vector<float> weights = filled(c.rows * c.cols, c.filling, seed + 1, 1e10f);
  Problem<T> result = {
      c, {weights.begin(), weights.end()}, rounded<T>(inverseFactorOf(regularized(h, c.cols, 0.01, 0), c.cols))};
  if (c.keepZeros)
    for (size_t i = 0; i < result.w.size(); i += 3) result.w[i] = 0;
  return result;
}

template <class T>
Found<T> compress(Backend& backend, const Problem<T>& p) {
  const Case& c = p.c;
  std::vector<uint8_t> dead(static_cast<size_t>(c.cols));
  for (const int64_t j : c.dead) dead[static_cast<size_t>(j)] = 1;
  const int64_t size = c.rows * c.cols;
  const int64_t packedBytes = c.type == 0 ? 1 : size / typeOf(c.type).blockSize * typeOf(c.type).blockBytes;
  Held<T> w(backend, p.w), u(backend, p.u);
  Held<uint8_t> mask(backend, size), packed(backend, packedBytes);
  Found<T> found;
  found.report =
      backend.obsCompress(w.data(), u.data(), computeType<T>(), c.rows, c.cols, c.options(),
                          c.dead.empty() ? nullptr : dead.data(), c.type == 0 ? nullptr : packed.data(), mask.data());
  found.w = w.values();
  found.mask = mask.values();
  found.packed = packed.values();
  CHECK(u.values() == p.u, c.name(), ": U was written to");
  return found;
}

// The loss is summed in another order: n terms >= 0, each of which the sum passes with a relative error of at most
// (n - 1) 2^-53 on either side.
template <class T>
void checkSame(const Found<T>& found, const Found<T>& expected, const Case& c) {
  checkSameBits(found.mask, expected.mask, c.name() + ", mask");
  checkSameBits(found.w, expected.w, c.name() + ", weights");
  checkSameBits(found.packed, expected.packed, c.name() + ", packed");
  CHECK_EQUAL(found.report.zeros, expected.report.zeros, c.name());
  const double bound = 2 * static_cast<double>(c.rows * c.cols) * kRoundoff64 * expected.report.loss;
  CHECK_NEAR(found.report.loss, expected.report.loss, bound, c.name());
}

// One segment, so that the results are the CPU's.
template <class T>
void checkBits(const Case& c, uint64_t seed, int schedules) {
  const Problem<T> p = problem<T>(c, seed);
  const Found<T> expected = compress(cpuBackend(), p);
  underSchedules(schedules, [&] { checkSame(compress(cudaBackend(), p), expected, c); });
}

template <class T>
void checkReplay(const Case& c, const Problem<T>& p, const Found<T>& found) {
  std::vector<double> w(p.w.begin(), p.w.end());
  for (const int64_t j : c.dead)
    for (int64_t r = 0; r < c.rows; r++) w[static_cast<size_t>(r * c.cols + j)] = 0;
  const bool narrow = sizeof(T) == 4;
  const ObsRequest request = checkObsCompress(computeType<T>(), c.rows, c.cols, c.options(), &found);
  const ObsProblem replayed = {c.rows,
                               c.cols,
                               w,
                               {p.u.begin(), p.u.end()},
                               c.options(),
                               request.maskBlock,
                               narrow ? kRoundoff32 : kRoundoff64,
                               narrow ? kUnderflow32 : 0};
  const ObsReplay expected = replay(replayed, {found.w.begin(), found.w.end()}, found.mask);
  CHECK(expected.worstChoice <= 0, c.name(), ": a larger score was pruned, by ", expected.worstChoice);
  int64_t zeros = 0;
  for (size_t i = 0; i < found.w.size(); i++) {
    zeros += found.mask[i];
    if (found.mask[i]) CHECK_EQUAL(found.w[i], T(0), c.name(), " at ", i);
    if (found.mask[i] || c.type != 0) continue;
    CHECK_NEAR(static_cast<double>(found.w[i]), expected.compensated[i], expected.bound[i], c.name(), " at ", i);
  }
  CHECK_EQUAL(found.report.zeros, zeros, c.name());
  CHECK_NEAR(found.report.loss, expected.loss, expected.lossBound + 1e-12 * expected.loss, c.name());
}

// Several segments: the first is the CPU's, the whole agrees with the replay, and the packed rows with the weights.
template <class T>
void checkSegments(const Case& c, uint64_t seed, int schedules = 1) {
  const Problem<T> p = problem<T>(c, seed);
  const Found<T> cpu = compress(cpuBackend(), p);
  const ObsRequest request = checkObsCompress(computeType<T>(), c.rows, c.cols, c.options(), &p);
  const int64_t first =
      std::min(c.cols, c.sparsity > 0 ? std::min(request.updateBlock, request.maskBlock) : request.updateBlock);
  Found<T> before;
  underSchedules(schedules, [&] {
    const Found<T> found = compress(cudaBackend(), p);
    for (int64_t r = 0; r < c.rows; r++)
      for (int64_t j = 0; j < first; j++) {
        const size_t i = static_cast<size_t>(r * c.cols + j);
        CHECK_EQUAL(found.w[i], cpu.w[i], c.name(), " in the first segment, at ", r, ",", j);
        CHECK_EQUAL(int(found.mask[i]), int(cpu.mask[i]), c.name(), " in the first segment, at ", r, ",", j);
      }
    checkReplay(c, p, found);
    if (c.type != 0) {
      std::vector<float> decoded(found.w.size());
      cpuBackend().dequantize(decoded.data(), found.packed.data(), c.type, c.rows * c.cols);
      checkSameBits(decoded, std::vector<float>(found.w.begin(), found.w.end()), c.name() + ", packed");
    }
    // A schedule changes nothing.
    if (!before.w.empty()) checkSame(found, before, c);
    before = found;
  });
}

}  // namespace

TEST(cudaObsPrunesOneSegmentLikeTheCpu) {
  uint64_t seed = 800;
  for (const int64_t rows : kSizes) {
    const int schedules = rows < 40 ? 10 : 1;
    checkBits<float>(Case{rows, rows < 200 ? 33 : 16, 0.5}, seed++, schedules);
    checkBits<double>(Case{rows, rows < 200 ? 31 : 16, 0.7}, seed++, 1);
  }
  for (const int64_t cols : {1, 7, 8, 13, 127, 128}) checkBits<float>(Case{5, cols, 0.4}, seed++, 1);
  checkBits<float>(Case{4, 300, 0.5, 0, 0, 300, 1024}, seed++, 1);
  checkBits<double>(Case{3, 257, 0.5, 0, 0, 257, 1024}, seed++, 1);
}

TEST(cudaObsPrunesPatternsLikeTheCpu) {
  uint64_t seed = 900;
  for (const Case& c : {Case{8, 32, 0, 2, 4}, Case{33, 12, 0, 1, 4}, Case{13, 128, 0, 4, 8}, Case{5, 100, 0, 1, 2},
                        Case{9, 85, 0, 3, 5}, Case{6, 128, 0, 100, 128}, Case{127, 24, 0, 2, 4}}) {
    checkBits<float>(c, seed++, c.rows < 10 ? 10 : 1);
    checkBits<double>(c, seed++, 1);
  }
}

TEST(cudaObsTakesDeadColumnsAndExtremeWeightsLikeTheCpu) {
  uint64_t seed = 1000;
  for (const Filling filling : kFillings)
    for (Case c : {Case{13, 120, 0.5}, Case{13, 124, 0, 2, 4}}) {
      c.dead = {0, 7, 64, 119};
      c.filling = filling;
      checkBits<float>(c, seed++, 1);
      checkBits<double>(c, seed++, 1);
    }
}

TEST(cudaObsKeepsZerosLikeTheCpu) {
  Case c{19, 121};
  c.keepZeros = true;
  checkBits<float>(c, 1100, 10);
  checkBits<double>(c, 1101, 1);
}

TEST(cudaObsQuantizesEveryTypeLikeTheCpu) {
  uint64_t seed = 1200;
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.encodable || type.blockSize == 1) continue;
    const bool small = type.blockSize < 256;
    Case c{small ? 5 : 2, small ? 128 : 256};
    c.updateBlock = 256;
    c.maskBlock = 256;
    c.type = type.id;
    checkBits<float>(c, seed++, small ? 10 : 3);
    if (!type.exactZero) continue;
    c.sparsity = 0.5;
    checkBits<float>(c, seed++, 1);
    c.sparsity = 0;
    c.keepN = 2;
    c.ofM = 4;
    checkBits<float>(c, seed++, 1);
    c.keepN = c.ofM = 0;
    c.keepZeros = true;
    checkBits<float>(c, seed++, 1);
  }
}

TEST(cudaObsQuantizesExtremeWeightsLikeTheCpu) {
  uint64_t seed = 1300;
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.encodable || type.blockSize == 1) continue;
    for (const Filling filling : {Filling::kZeros, Filling::kDenormals, Filling::kHuge, Filling::kOutlier}) {
      Case c{1, type.blockSize};
      c.updateBlock = 256;
      c.type = type.id;
      c.filling = filling;
      c.dead = {3};
      checkBits<float>(c, seed++, 1);
    }
  }
}

TEST(cudaObsUpdatesColumnsBehindASegment) {
  uint64_t seed = 1400;
  for (const Case& c :
       {Case{13, 31, 0.3, 0, 0, 5, 4}, Case{33, 33, 0.9, 0, 0, 16, 33}, Case{17, 129, 0.7, 0, 0, 64, 100},
        Case{31, 257, 0.6, 0, 0, 1000, 32}, Case{129, 65, 0.5, 0, 0, 64, 16}, Case{3, 720, 0.4, 0, 0, 600, 96},
        Case{13, 128, 0, 4, 8, 128, 20}, Case{5, 100, 0, 1, 2, 128, 1}, Case{32, 512, 0.5}}) {
    checkSegments<float>(c, seed++, c.rows * c.cols < 5000 ? 10 : 1);
    checkSegments<double>(c, seed++);
  }
}

TEST(cudaObsQuantizesSeveralSegments) {
  uint64_t seed = 1500;
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.encodable || type.blockSize == 1) continue;
    Case c{3, type.blockSize < 256 ? 4 * int64_t(type.blockSize) : 512};
    c.updateBlock = type.blockSize;
    c.type = type.id;
    checkSegments<float>(c, seed++);
    if (!type.exactZero) continue;
    c.sparsity = 0.5;
    c.maskBlock = 2 * type.blockSize;
    checkSegments<float>(c, seed++);
  }
}

TEST(cudaObsNeedsNoMaskOfTheCaller) {
  Case c{6, 64, 0.5};
  c.type = 2;
  const Problem<float> p = problem<float>(c, 1600);
  const Found<float> expected = compress(cpuBackend(), p);
  Backend& backend = cudaBackend();
  Held<float> w(backend, p.w), u(backend, p.u);
  Held<uint8_t> packed(backend, static_cast<int64_t>(expected.packed.size()));
  backend.obsCompress(w.data(), u.data(), kF32, c.rows, c.cols, c.options(), nullptr, packed.data(), nullptr);
  checkSameBits(packed.values(), expected.packed, "without a mask");
  checkSameBits(w.values(), expected.w, "without a mask");
}

TEST(cudaObsRefusesWhatItCannotDo) {
  const int64_t rows = 4, cols = 32;
  std::vector<float> identity(cols * cols);
  for (int64_t i = 0; i < cols; i++) identity[static_cast<size_t>(i * cols + i)] = 1;
  Backend& backend = cudaBackend();
  Held<float> w(backend, std::vector<float>(rows * cols));
  Held<uint8_t> packed(backend, 1024);
  const auto run = [&](const std::vector<float>& factor, const ObsOptions& options, int64_t someRows) {
    Held<float> u(backend, factor);
    backend.obsCompress(w.data(), u.data(), kF32, someRows, cols, options, nullptr, packed.data(), nullptr);
  };
  ObsOptions options;
  options.sparsity = 1;
  CHECK_THROWS(run(identity, options, rows), "obsCompress", "sparsity");
  options.sparsity = 0.5;
  options.type = 20;
  CHECK_THROWS(run(identity, options, rows), "obsCompress", "IQ4_NL", "exact zero");
  options.type = 0;
  CHECK_THROWS(run(identity, options, rows + 1), "obsCompress", "w");
  for (const float wrong : {0.0f, -1.0f, std::nanf("")}) {
    std::vector<float> factor = identity;
    factor[3 * cols + 3] = wrong;
    CHECK_THROWS(run(factor, options, rows), "obsCompress", "U[3,3]");
  }
}
