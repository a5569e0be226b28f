// Hessians, their inverse factors and quadratic forms against loops in double precision.
#include <algorithm>
#include <cmath>
#include <limits>

#include "backends.h"
#include "dense.h"
#include "references.h"

using namespace lathe;
using namespace lathe::test;

namespace {

struct Factored {
  std::vector<double> u;
  FactorReport report;
};

// inverseFactor in T on every backend; `inPlace` lets u be h.
template <class T>
Factored factor(const std::string& where, const Matrix& h, int64_t n, double damping, double shrinkage, bool inPlace) {
  const std::vector<T> input = rounded<T>(h);
  Factored result;
  const std::vector<T> u = runEverywhere<T>(where, [&](Backend& backend) {
    Guarded<T> in(input), out(n * n);
    T* target = inPlace ? in.data() : out.data();
    const FactorReport report =
        backend.inverseFactor(target, in.data(), sizeof(T) == 4 ? kF32 : kF64, n, damping, shrinkage);
    if (backend.threads() > 1) {
      CHECK_EQUAL(report.damping, result.report.damping, where);
      CHECK_EQUAL(report.attempts, result.report.attempts, where);
    }
    result.report = report;
    if (!inPlace) CHECK(in.values(where) == input, where, ": h was written to");
    return inPlace ? in.values(where) : out.values(where);
  });
  result.u.assign(u.begin(), u.end());
  return result;
}

template <class T>
void checkInverse(const std::string& where, const Matrix& u, const Matrix& damped, int64_t n) {
  InverseReference(damped, n).check(u, sizeof(T) == 4 ? kRoundoff32 : kRoundoff64, where);
}

}  // namespace

TEST(hessianSumsProducts) {
  for (const int64_t cols : {1, 13, 31, 33, 127, 129, 300})
    for (const Filling filling : kFillings) {
      const std::vector<int64_t> batches = {1, 33, 513};
      int64_t tokens = 0;
      for (const int64_t batch : batches) tokens += batch;
      const std::vector<float> x = filled(tokens * cols, filling, 21, 1e15f);
      const std::string where = text("Hessian of ", cols, " columns, ", nameOf(filling));
      const std::vector<float> h = runEverywhere<float>(where, [&](Backend& backend) {
        Guarded<float> out(cols * cols);
        backend.clear(out.data(), cols * cols * static_cast<int64_t>(sizeof(float)));
        int64_t first = 0;
        for (const int64_t batch : batches) {
          backend.accumulateHessian(out.data(), x.data() + first * cols, batch, cols);
          first += batch;
        }
        backend.finishHessian(out.data(), tokens, cols);
        return out.values(where);
      });
      checkReference(h, hessianReference(x, tokens, cols), where);
      for (int64_t i = 0; i < cols; i++)
        for (int64_t j = 0; j < i; j++) CHECK_EQUAL(h[i * cols + j], h[j * cols + i], where);
    }
}

TEST(inverseFactorInverts) {
  for (const int64_t n : {1, 13, 31, 32, 33, 127, 128, 129, 257})
    for (const double shrinkage : {0.0, 0.05}) {
      const std::string where = text("inverseFactor of ", n, " columns, shrinkage ", shrinkage);
      const Matrix h = correlatedHessian(n, n + 20, 22);
      const Factored wide = factor<double>(where + " in F64", h, n, 0.01, shrinkage, n % 2 == 0);
      CHECK_EQUAL(wide.report.attempts, 1, where);
      CHECK_EQUAL(wide.report.damping, 0.01, where);
      CHECK_EQUAL(wide.report.deadColumns, int64_t(0), where);
      checkInverse<double>(where + " in F64", wide.u, regularized(h, n, 0.01, shrinkage), n);
      const Factored narrow = factor<float>(where + " in F32", h, n, 0.01, shrinkage, n % 2 == 1);
      checkInverse<float>(where + " in F32", narrow.u, regularized(h, n, 0.01, shrinkage), n);
    }
}

TEST(inverseFactorTakesDeadColumns) {
  const int64_t n = 133;
  const std::vector<int64_t> dead = {0, 64, 132};
  const Matrix h = correlatedHessian(n, 200, 23, dead);
  const Factored result = factor<double>("dead columns", h, n, 0.01, 0, false);
  CHECK_EQUAL(result.report.deadColumns, int64_t(3));
  const Matrix damped = regularized(h, n, 0.01, 0);
  checkInverse<double>("dead columns", result.u, damped, n);
  // A column that nothing is correlated with stands alone: U_jj = 1 / sqrt(h_jj), zeros beside it.
  for (const int64_t j : dead) {
    CHECK_NEAR(result.u[j * n + j], 1 / std::sqrt(damped[j * n + j]), 1e-15);
    for (int64_t k = j + 1; k < n; k++) CHECK_EQUAL(result.u[j * n + k], 0.0, "dead column ", j);
  }
}

TEST(dampingGrowsUntilTheMatrixIsPositive) {
  // Eigenvalues 1 + a and 1 - a with a = 1.5, so -0.5 is the lowest: mean(diag) = 1 asks for a lambda above 0.5.
  const int64_t n = 300;
  Matrix h(static_cast<size_t>(n * n));
  for (int64_t i = 0; i < n; i++) h[i * n + i] = 1;
  h[(n - 2) * n + n - 1] = h[(n - 1) * n + n - 2] = 1.5;
  for (const bool inPlace : {false, true}) {
    const Factored result = factor<float>("an indefinite matrix", h, n, 0.01, 0, inPlace);
    CHECK_NEAR(result.report.damping, 1.0, 1e-12);
    CHECK_EQUAL(result.report.attempts, 3);
    checkInverse<float>("an indefinite matrix", result.u, regularized(h, n, result.report.damping, 0), n);
  }
  // Shrinking the off-diagonal below 1 makes it positive definite without.
  CHECK_EQUAL(factor<double>("shrunk", h, n, 0, 0.5, false).report.attempts, 1);
  const Factored fromNothing = factor<double>("without damping", h, n, 0, 0, false);
  CHECK_NEAR(fromNothing.report.damping, 1.0, 1e-9);
  CHECK_EQUAL(fromNothing.report.attempts, 8);
}

TEST(inverseFactorRefusesWhatItCannotFactor) {
  for (const auto& backend : backends()) {
    const int64_t n = 40;
    std::vector<float> h(static_cast<size_t>(n * n)), u(h.size());
    for (int64_t i = 0; i < n; i++) h[i * n + i] = 1;
    const auto run = [&](double damping) { backend->inverseFactor(u.data(), h.data(), kF32, n, damping, 0); };
    CHECK_THROWS(run(-1), "inverseFactor", "damping -1");
    CHECK_THROWS(run(1e4), "inverseFactor", "damping 10000");
    CHECK_THROWS(run(NAN), "inverseFactor", "damping nan");
    h[5 * n + 7] = h[7 * n + 5] = std::nanf("");
    CHECK_THROWS(run(0.01), "inverseFactor", "H[5,7] is nan");
    h[5 * n + 7] = h[7 * n + 5] = 0;
    h[9 * n + 9] = -1;
    CHECK_THROWS(run(0.01), "inverseFactor", "H[9,9] is -1");
    h[9 * n + 9] = std::numeric_limits<float>::infinity();
    CHECK_THROWS(run(0.01), "inverseFactor", "H[9,9] is inf");
    h[9 * n + 9] = 1;
    h[5 * n + 7] = h[7 * n + 5] = 1e30f;
    CHECK_THROWS(run(0.01), "inverseFactor", "40 columns is not positive definite even with damping 1000");
    CHECK_THROWS(backend->inverseFactor(u.data(), h.data(), 1, n, 0.01, 0), "inverseFactor", "type 1");
    CHECK_THROWS(backend->inverseFactor(u.data(), h.data(), kF32, 0, 0.01, 0), "inverseFactor", "0 x 0");
  }
}

TEST(quadraticFormMeasuresOutputs) {
  for (const int64_t cols : {1, 13, 128, 129, 300}) {
    const int64_t rows = cols == 300 ? 257 : 31;
    const Matrix h = correlatedHessian(cols, 64, 24);
    const std::vector<float> narrow = rounded<float>(h), w = randomValues(rows * cols, 25);
    const std::vector<double> form = runEverywhere<double>("quadraticForm", [&](Backend& backend) {
      return std::vector<double>{backend.quadraticForm(w.data(), narrow.data(), rows, cols)};
    });
    checkReference(form, quadraticFormReference(w, narrow, rows, cols), text("quadraticForm of ", cols, " columns"));
  }
}

TEST(productsAddUpOverTokens) {
  struct Sizes {
    int64_t tokens, aCols, bCols;
  };
  for (const Sizes& s : {Sizes{1, 1, 1}, {33, 13, 129}, {2050, 31, 17}, {5, 300, 520}}) {
    const std::vector<float> a = randomValues(s.tokens * s.aCols, 31), b = randomValues(s.tokens * s.bCols, 32);
    const std::vector<float> begin = randomValues(s.aCols * s.bCols, 33);
    const std::string where = text("product of ", s.tokens, " tokens, ", s.aCols, " x ", s.bCols);
    const std::vector<float> c = runEverywhere<float>(where, [&](Backend& backend) {
      Guarded<float> out(begin);
      backend.accumulateProduct(out.data(), a.data(), b.data(), s.tokens, s.aCols, s.bCols);
      return out.values(where);
    });
    checkReference(c, productReference(begin, a, b, s.tokens, s.aCols, s.bCols), where);
  }
}

TEST(applyInverseMultipliesByBothFactors) {
  for (const int64_t cols : {1, 13, 128, 300}) {
    const int64_t rows = cols == 300 ? 257 : 31;
    const Matrix u = inverseFactorOf(regularized(correlatedHessian(cols, 64, 34), cols, 0.01, 0.1), cols);
    const std::vector<float> narrow = rounded<float>(u), w = randomValues(rows * cols, 35);
    const std::string where = text("applyInverse with ", cols, " columns");
    const std::vector<float> result = runEverywhere<float>(where, [&](Backend& backend) {
      Guarded<float> out(w);
      backend.applyInverse(out.data(), narrow.data(), rows, cols);
      return out.values(where);
    });
    checkReference(result, applyInverseReference(w, narrow, rows, cols), where);
  }
}
