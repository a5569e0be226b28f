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
#include "comparison.h"
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
  int64_t filledRows = 0;  // as many rows have weights, evenly spread, the others zeros; 0: all have

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
  std::vector<float> weights = filled(c.rows * c.cols, c.filling, seed + 1, 1e10f);
  for (int64_t row = 0; c.filledRows > 0 && row < c.rows; row++)
    if (row * c.filledRows / c.rows == (row + 1) * c.filledRows / c.rows)
      std::fill_n(weights.begin() + row * c.cols, c.cols, 0.0f);
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
void checkBits(const Case& c, uint64_t seed, int schedules = kSchedules) {
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
  // Beside the replay's bound: the terms of the loss, all >= 0, are summed in double precision.
  const double summed = static_cast<double>(c.rows * c.cols) * kRoundoff64;
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
  CHECK_NEAR(found.report.loss, expected.loss, expected.lossBound + 2 * summed * expected.loss, c.name());
}

// The columns of the first segment, whose weights no product has updated.
template <class T>
void checkFirstSegment(const Case& c, const Found<T>& found, const Found<T>& cpu) {
  const ObsRequest request = checkObsCompress(computeType<T>(), c.rows, c.cols, c.options(), &found);
  const int64_t first =
      std::min(c.cols, c.sparsity > 0 ? std::min(request.updateBlock, request.maskBlock) : request.updateBlock);
  for (int64_t r = 0; r < c.rows; r++)
    for (int64_t j = 0; j < first; j++) {
      const size_t i = static_cast<size_t>(r * c.cols + j);
      CHECK_EQUAL(found.w[i], cpu.w[i], c.name(), " in the first segment, at ", r, ",", j);
      CHECK_EQUAL(int(found.mask[i]), int(cpu.mask[i]), c.name(), " in the first segment, at ", r, ",", j);
    }
}

// Several segments: the first is the CPU's; device and CPU each agree with the replay along their own choices, which it
// judges, so that masks differ where scores lie within its bound and nowhere else; the packed rows hold the weights. A
// schedule changes nothing.
template <class T>
void checkSegments(const Case& c, uint64_t seed, int schedules = kSchedules) {
  const Problem<T> p = problem<T>(c, seed);
  std::vector<Found<T>> all;
  underSchedules(schedules, [&] {
    all.push_back(compress(cudaBackend(), p));
    checkSame(all.back(), all.front(), c);
    all.resize(1);
  });
  const Found<T>& found = all.front();
  const Found<T> cpu = compress(cpuBackend(), p);
  checkFirstSegment(c, found, cpu);
  checkReplay(c, p, found);
  checkReplay(c, p, cpu);
  if (c.type == 0) return;
  std::vector<float> decoded(found.w.size());
  cpuBackend().dequantize(decoded.data(), found.packed.data(), c.type, c.rows * c.cols);
  checkSameBits(decoded, std::vector<float>(found.w.begin(), found.w.end()), c.name() + ", packed");
}

// In F32 and in F64; by segments where there are several.
void checkPruning(const Case& c, uint64_t seed) {
  const int schedules = affordableSchedules(0.7 * static_cast<double>(c.rows));
  if (c.cols <= c.updateBlock) {
    checkBits<float>(c, seed, schedules);
    checkBits<double>(c, seed + 1, schedules);
  } else {
    checkSegments<float>(c, seed, schedules);
    checkSegments<double>(c, seed + 1, schedules);
  }
}

}  // namespace

TEST(cudaObsPrunesLikeTheCpu) {
  uint64_t seed = 800;
  for (const int64_t size : kSizes) {
    checkPruning(Case{size, size > 200 ? 16 : 33, 0.5}, seed += 2);
    checkPruning(Case{beside(size), size, 0.7}, seed += 2);
  }
  checkBits<float>(Case{4, 300, 0.5, 0, 0, 300, 1024}, 798, 1);
  checkBits<double>(Case{3, 257, 0.5, 0, 0, 257, 1024}, 799, 1);
}

TEST(cudaObsPrunesPatternsLikeTheCpu) {
  uint64_t seed = 900;
  for (const int64_t size : kSizes) {
    checkPruning(Case{size, 12, 0, 2, 4}, seed += 2);
    checkPruning(Case{beside(size), (size + 3) / 4 * 4, 0, 2, 4}, seed += 2);
  }
  for (const Case& c : {Case{33, 12, 0, 1, 4}, Case{33, 16, 0, 4, 8}, Case{13, 128, 0, 4, 8}, Case{5, 100, 0, 1, 2},
                        Case{9, 85, 0, 3, 5}, Case{6, 128, 0, 100, 128}})
    checkPruning(c, seed += 2);
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
  checkBits<float>(c, 1100);
  checkBits<double>(c, 1101);
}

namespace {

// One block of columns. As many rows have weights as the emulation can afford, `share` of its time; a row of zeros
// takes it less. Schedules get half the time that others have, since this is done for every type at every size; 1000
// rows of types with codebooks are left to the patient.
void checkEncoding(const TypeInfo& type, uint64_t seed, double share, const std::function<void(Case&)>& choose) {
  for (const int64_t size : kSizes) {
    const double row = feedbackTime(type) / share, empty = emptyRowTime(type) * static_cast<double>(size);
    if (!isAffordable(empty)) continue;
    Case c{size, type.blockSize};
    c.updateBlock = c.maskBlock = type.blockSize;
    c.type = type.id;
    c.filledRows = affordableRows(row, size);
    choose(c);
    checkBits<float>(c, seed, affordableSchedules(2 * (row * static_cast<double>(c.filledRows) + empty)));
  }
}

}  // namespace

TEST(cudaObsQuantizesEveryTypeLikeTheCpu) {
  for (const TypeInfo& type : catalogueTypes())
    if (type.encodable && type.blockSize > 1) checkEncoding(type, 1200, 1, [](Case&) {});
}

// Mask and code in one pass, for all types that hold exact zeros.
TEST(cudaObsPrunesAndQuantizesLikeTheCpu) {
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.encodable || type.blockSize == 1 || !type.exactZero) continue;
    checkEncoding(type, 1210, 0.125, [](Case& c) { c.sparsity = 0.5; });
    checkEncoding(type, 1220, 0.125, [](Case& c) {
      c.keepN = 2;
      c.ofM = 4;
    });
    Case c{3, type.blockSize};
    c.updateBlock = type.blockSize;
    c.type = type.id;
    c.keepZeros = true;
    checkBits<float>(c, 1230);
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
    checkSegments<float>(c, seed++, 1);
    checkSegments<double>(c, seed++, 1);
  }
}

TEST(cudaObsQuantizesSeveralSegments) {
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.encodable || type.blockSize == 1) continue;
    Case c{3, type.blockSize < 256 ? 4 * int64_t(type.blockSize) : 512};
    c.updateBlock = type.blockSize;
    c.type = type.id;
    const double time = feedbackTime(type) * static_cast<double>(c.rows * c.cols / type.blockSize);
    checkSegments<float>(c, 1500, affordableSchedules(time));
    if (!type.exactZero) continue;
    c.sparsity = 0.5;
    c.maskBlock = 2 * type.blockSize;
    checkSegments<float>(c, 1510, affordableSchedules(time));
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
