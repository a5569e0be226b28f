// refitScales against the same steps in double precision.
//
// Given the values that the backend stored for the blocks before one, the step at this block has a best c and a gain
// that are known; the backend's c has to gain as much, but for the rounding of the scale to F16 and for the rounding
// errors of the products that it is made of.
#include <algorithm>
#include <cmath>

#include "backends.h"
#include "dense.h"

using namespace lathe;
using namespace lathe::test;

namespace {

struct Problem {
  TypeInfo type;
  int64_t rows, cols;
  double shrinkage;
  std::vector<uint8_t> packed;
  std::vector<float> w, target, h;

  std::string name() const {
    return text("refitScales of ", rows, " x ", cols, " in ", type.name, ", shrinkage ", shrinkage);
  }
};

struct Found {
  std::vector<uint8_t> packed;
  std::vector<float> w;
  double gain;
};

std::vector<float> decoded(const TypeInfo& type, const std::vector<uint8_t>& packed, int64_t count) {
  std::vector<float> w(static_cast<size_t>(count));
  backends().front()->dequantize(w.data(), packed.data(), type.id, count);
  return w;
}

// What is encoded is nine tenths of the target, so that there is something to gain.
Problem problem(const TypeInfo& type, int64_t rows, int64_t blocks, double shrinkage, Filling filling, uint64_t seed) {
  Problem p;
  p.type = type;
  p.rows = rows;
  p.cols = blocks * type.blockSize;
  p.shrinkage = shrinkage;
  p.target = filled(rows * p.cols, filling, seed, 1e3f);
  p.h = rounded<float>(correlatedHessian(p.cols, 64, seed + 1));
  std::vector<float> less = p.target;
  for (float& value : less) value *= 0.9f;
  p.packed.resize(static_cast<size_t>(rows * blocks * type.blockBytes));
  backends().front()->quantize(p.packed.data(), less.data(), nullptr, type.id, rows, p.cols, type.exactZero);
  p.w = decoded(type, p.packed, rows * p.cols);
  return p;
}

Found refit(const Problem& p) {
  Found found;
  const std::vector<double> all = runEverywhere<double>(p.name(), [&](Backend& backend) {
    Guarded<uint8_t> packed(p.packed);
    Guarded<float> w(p.w);
    found.gain = backend.refitScales(packed.data(), w.data(), p.type.id, p.target.data(), p.h.data(), p.rows, p.cols,
                                     p.shrinkage);
    found.packed = packed.values(p.name());
    found.w = w.values(p.name());
    std::vector<double> results(found.w.begin(), found.w.end());
    results.insert(results.end(), found.packed.begin(), found.packed.end());
    results.push_back(found.gain);
    return results;
  });
  return found;
}

// H' and |H'| of a pair of columns.
double shrunk(const Problem& p, int64_t i, int64_t j) {
  return p.h[i * p.cols + j] * (i == j ? 1.0 : 1.0 - p.shrinkage);
}

struct Step {
  double a = 0, b = 0;            // the quadratic that the step makes least
  double aBound = 0, bBound = 0;  // what rounding may change of either
  double change = 0;              // the backend's c
  double scale = 0;               // greatest |w| of the block
};

// The step at the block of columns from `first` in a row: earlier blocks as the backend stored them, later ones as they
// were.
Step stepAt(const Problem& p, const Found& found, int64_t row, int64_t first) {
  const int64_t width = p.type.blockSize;
  const double gamma = 2.0 * static_cast<double>(p.cols + 8) * kRoundoff32;
  Step s;
  double along = 0, square = 0;
  for (int64_t j = first; j < first + width; j++) {
    double gradient = 0, gradientSize = 0, product = 0, productSize = 0;
    for (int64_t i = 0; i < p.cols; i++) {
      const int64_t at = row * p.cols + i;
      const double e = static_cast<double>(p.target[at]) - (i < first ? found.w[at] : p.w[at]), h = shrunk(p, i, j);
      gradient += e * h;
      gradientSize += std::fabs(e * h);
      if (i < first || i >= first + width) continue;
      product += p.w[at] * h;
      productSize += std::fabs(p.w[at] * h);
    }
    const int64_t at = row * p.cols + j;
    const double w = p.w[at];
    s.a += w * product;
    s.b += w * gradient;
    s.aBound += gamma * std::fabs(w) * productSize;
    s.bBound += gamma * std::fabs(w) * gradientSize;
    along += w * found.w[at];
    square += w * w;
    s.scale = std::max(s.scale, std::fabs(w));
  }
  s.change = square > 0 ? along / square - 1 : 0;
  return s;
}

// How far d may be from what it should be, relative to it. d of the block is at least its greatest value over the
// greatest product of code and run scale of any type, below 2^13 (Q6_K: 32 * 127); F16 numbers are 2^-24 apart at
// least. With a minimum of -k d, d has as many bits less as the odd part of k <= 31 has: 5.
double halfSpacing(const Problem& p, const Step& s) {
  const double spacing = std::max(0x1p-11, 0x1p-25 / (s.scale * 0x1p-13));
  return std::string(p.type.name).find("_1") == 2 ? 32 * spacing : spacing;
}

// Fails where a step gains less than it should; adds what all steps gain, and what that may be off by.
void checkSteps(const Problem& p, const Found& found, double& gain, double& bound) {
  for (int64_t row = 0; row < p.rows; row++)
    for (int64_t first = 0; first < p.cols; first += p.type.blockSize) {
      const Step s = stepAt(p, found, row, first);
      if (!(s.a > s.aBound)) continue;
      const double best = std::max(s.b / s.a, -1.0), c = s.change;  // a scale keeps its sign
      const double judged = 2 * std::fabs(c) * s.bBound + c * c * s.aBound;
      const double missed =
          (s.bBound + std::fabs(best) * s.aBound) / (s.a - s.aBound) + (1 + std::fabs(best)) * halfSpacing(p, s);
      const double gained = c * (2 * s.b - c * s.a);
      CHECK(gained >= -judged, p.name(), ": row ", row, ", column ", first, ": the error grows by ", -gained);
      CHECK(gained >= best * (2 * s.b - best * s.a) - s.a * missed * missed - judged, p.name(), ": row ", row,
            ", column ", first, ": c is ", c, ", expected ", best);
      gain += gained;
      bound += judged;
    }
}

double errorOf(const Problem& p, const std::vector<float>& w) {
  double sum = 0;
  for (int64_t row = 0; row < p.rows; row++)
    for (int64_t i = 0; i < p.cols; i++)
      for (int64_t j = 0; j < p.cols; j++)
        sum += (static_cast<double>(p.target[row * p.cols + i]) - w[row * p.cols + i]) * shrunk(p, i, j) *
               (static_cast<double>(p.target[row * p.cols + j]) - w[row * p.cols + j]);
  return sum;
}

void check(const Problem& p, bool gains) {
  const Found found = refit(p);
  const std::vector<float> values = decoded(p.type, found.packed, p.rows * p.cols);
  for (size_t i = 0; i < values.size(); i++) {
    CHECK(values[i] == found.w[i], p.name(), ": packed and w differ at ", i, ", ", values[i], " and ", found.w[i]);
    if (p.type.exactZero) CHECK((p.w[i] == 0) <= (found.w[i] == 0), p.name(), ": a zero at ", i, " is ", found.w[i]);
  }
  double gain = 0, bound = 0;
  checkSteps(p, found, gain, bound);
  const double before = errorOf(p, p.w), after = errorOf(p, found.w);
  // A minimum has a rounding to F16 of its own, of which c knows nothing.
  const double slack = bound + 0x1p-10 * before;
  CHECK_NEAR(found.gain, before - after, slack, p.name(), ": what it says of the error, ", before, " before");
  if (gains) CHECK(after < before, p.name(), ": ", after, " after ", before);
}

}  // namespace

TEST(refittedScalesMakeTheErrorLeast) {
  uint64_t seed = 900;
  int types = 0;
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.rescalable) continue;
    types++;
    for (const double shrinkage : {0.0, 0.3, 1.0})
      check(problem(type, 5, 3, shrinkage, Filling::kRandom, seed++), true);
    check(problem(type, 1, 1, 0.05, Filling::kRandom, seed++), true);
    for (const Filling filling : kFillings) check(problem(type, 2, 2, 0.05, filling, seed++), false);
  }
  CHECK(types >= 20, "types whose scales can be refitted: ", types);
}

TEST(refittedScalesInManyRows) {
  // Tiles of rows: more than one, and one that is not full.
  for (const char* name : {"Q4_0", "IQ2_XXS"})
    for (const TypeInfo& type : catalogueTypes())
      if (std::string(type.name) == name) check(problem(type, 131, 2, 0.05, Filling::kRandom, 990), true);
}

TEST(refittedScalesLeaveWhatIsBestAlone) {
  // Where decoded values are the target, there is no error and no bit may change.
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.rescalable) continue;
    Problem p = problem(type, 3, 2, 0.05, Filling::kRandom, 995);
    p.target = p.w;
    const Found found = refit(p);
    CHECK(found.packed == p.packed && found.gain == 0, p.name(), ": changed, with a gain of ", found.gain);
  }
}

TEST(refitRefusesWhatItCannotDo) {
  Backend& backend = *backends().back();
  std::vector<float> w(512), h(256 * 256);
  std::vector<uint8_t> packed(4096);
  const auto run = [&](const char* name, int64_t cols, double shrinkage) {
    for (const TypeInfo& type : catalogueTypes())
      if (std::string(type.name) == name)
        backend.refitScales(packed.data(), w.data(), type.id, w.data(), h.data(), 2, cols, shrinkage);
  };
  for (const char* name : {"F32", "F16", "MXFP4", "NVFP4", "Q8_K"})
    CHECK_THROWS(run(name, 256, 0), "refitScales", text(name, " has no F16 scales"));
  CHECK_THROWS(run("Q4_K", 128, 0), "refitScales", "128");
  CHECK_THROWS(run("Q4_K", 256, 1.5), "refitScales", "shrinkage 1.5");
  CHECK_THROWS(run("Q4_K", 256, double(NAN)), "refitScales", "shrinkage");
}
