// Second-order statistics on the device and on the CPU, at all sizes and under all schedules.
#include <cmath>

#include "comparison.h"
#include "dense.h"

using namespace lathe;
using namespace lathe::test;

namespace {

// In three batches, which are added up.
void compareHessian(int64_t tokens, int64_t cols) {
  const std::vector<float> x = randomValues(tokens * cols, 831);
  const int64_t cuts[] = {0, tokens / 7, tokens / 2, tokens};
  checkNearCpu<float>(
      [&](Backend& backend) {
        Held<float> in(backend, x), h(backend, std::vector<float>(static_cast<size_t>(cols * cols)));
        for (int i = 0; i < 3; i++)
          backend.accumulateHessian(h.data(), in.data() + cuts[i] * cols, cuts[i + 1] - cuts[i], cols);
        backend.finishHessian(h.data(), tokens, cols);
        return h.values();
      },
      hessianReference(x, tokens, cols), text("Hessian of ", tokens, " x ", cols));
}

template <class T>
Operation<T> inverseFactor(const Matrix& h, int64_t n, double damping, double shrinkage) {
  return [=](Backend& backend) {
    Held<T> in(backend, rounded<T>(h)), u(backend, n * n);
    const FactorReport report =
        backend.inverseFactor(u.data(), in.data(), sizeof(T) == 4 ? kF32 : kF64, n, damping, shrinkage);
    std::vector<T> result = u.values();
    result.push_back(static_cast<T>(report.damping));
    result.push_back(static_cast<T>(report.attempts));
    result.push_back(static_cast<T>(report.deadColumns));
    return result;
  };
}

// The reports are the same; CPU and device each give a U with U^T U H' = I within the bound of references.h.
template <class T>
void compareInverseFactor(const InverseReference& exact, const Matrix& h, double shrinkage, int schedules) {
  const int64_t n = exact.n;
  const std::string where = text("inverseFactor of ", n, " columns, shrinkage ", shrinkage, ", ", sizeof(T), " bytes");
  const Operation<T> operation = inverseFactor<T>(h, n, 0.01, shrinkage);
  std::vector<T> cpu = operation(cpuBackend()), device = onDevice(operation, where, schedules);
  for (int i = 0; i < 3; i++) {
    CHECK_EQUAL(device.back(), cpu.back(), where, ", report");
    device.pop_back();
    cpu.pop_back();
  }
  const double roundoff = sizeof(T) == 4 ? kRoundoff32 : kRoundoff64;
  exact.check({cpu.begin(), cpu.end()}, roundoff, where + " on the CPU");
  exact.check({device.begin(), device.end()}, roundoff, where + " on the device");
}

void compareProduct(int64_t tokens, int64_t aCols, int64_t bCols) {
  const std::vector<float> a = randomValues(tokens * aCols, 835), b = randomValues(tokens * bCols, 836);
  const std::vector<float> begin = randomValues(aCols * bCols, 837);
  checkNearCpu<float>(
      [&](Backend& backend) {
        Held<float> left(backend, a), right(backend, b), c(backend, begin);
        backend.accumulateProduct(c.data(), left.data(), right.data(), tokens, aCols, bCols);
        return c.values();
      },
      productReference(begin, a, b, tokens, aCols, bCols),
      text("accumulateProduct of ", tokens, " tokens, ", aCols, " x ", bCols));
}

void compareApplyInverse(int64_t rows, int64_t cols) {
  // Any upper triangle: what it is the factor of does not matter here.
  std::vector<float> u = randomValues(cols * cols, 838);
  for (int64_t i = 0; i < cols; i++)
    for (int64_t j = 0; j < i; j++) u[i * cols + j] = 0;
  const std::vector<float> w = randomValues(rows * cols, 839);
  checkNearCpu<float>(
      [&](Backend& backend) {
        Held<float> weights(backend, w), factor(backend, u);
        backend.applyInverse(weights.data(), factor.data(), rows, cols);
        return weights.values();
      },
      applyInverseReference(w, u, rows, cols), text("applyInverse of ", rows, " x ", cols));
}

void compareQuadraticForm(int64_t rows, int64_t cols, int schedules) {
  const std::vector<float> h = rounded<float>(correlatedHessian(cols, 20, 832)), w = randomValues(rows * cols, 833);
  checkNearCpu<double>(
      [&](Backend& backend) {
        Held<float> weights(backend, w), hessian(backend, h);
        return std::vector<double>{backend.quadraticForm(weights.data(), hessian.data(), rows, cols)};
      },
      quadraticFormReference(w, h, rows, cols), text("quadraticForm of ", rows, " x ", cols), schedules);
}

}  // namespace

TEST(cudaSumsHessiansLikeTheCpu) {
  for (const int64_t size : kSizes) {
    compareHessian(size, beside(size));
    compareHessian(beside(size) + 8, size);
  }
}

TEST(cudaMultipliesActivationsLikeTheCpu) {
  for (const int64_t size : kSizes) {
    compareProduct(size, 5, 7);
    compareProduct(9, size, beside(size));
    compareProduct(9, beside(size), size);
  }
}

TEST(cudaAppliesInversesLikeTheCpu) {
  for (const int64_t size : kSizes) {
    compareApplyInverse(size, beside(size));
    compareApplyInverse(beside(size), size);
  }
}

TEST(cudaFactorsLikeTheCpu) {
  for (const int64_t size : kSizes) {
    const double shrinkage = size % 2 ? 0.05 : 0;
    const std::vector<int64_t> dead = size > 30 ? std::vector<int64_t>{3, size - 1} : std::vector<int64_t>();
    const Matrix h = correlatedHessian(size, size > 200 ? 60 : size + 20, 834, dead);
    const InverseReference exact(regularized(h, size, 0.01, shrinkage), size);
    compareInverseFactor<float>(exact, h, shrinkage, kSchedules);
    compareInverseFactor<double>(exact, h, shrinkage, size > 200 ? 1 : kSchedules);
  }
}

TEST(cudaMeasuresOutputsLikeTheCpu) {
  for (const int64_t size : kSizes) {
    compareQuadraticForm(size, beside(size), kSchedules);
    compareQuadraticForm(beside(size), size, 1);  // the kernel sees their product alone
  }
}
