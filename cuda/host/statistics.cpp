// Second-order statistics of CudaBackend.
#include <algorithm>
#include <optional>
#include <vector>

#include "arguments.h"
#include "cuda_backend.h"
#include "damping.h"
#include "kernels.h"

namespace lathe {
namespace cuda {

namespace {

constexpr int64_t kTokenSlice = 2048;  // tokens whose sum is formed before it is added to the total

}  // namespace

void CudaBackend::accumulateHessian(float* h, const float* x, int64_t tokens, int64_t cols) {
  checkAccumulateHessian(tokens, cols);
  const Operation operation = begin("accumulateHessian", {{"tokens", tokens}, {"cols", cols}});
  require(operation, "h", h, cols * cols);
  require(operation, "x", x, tokens * cols);
  for (int64_t token = 0; token < tokens; token += kTokenSlice)
    libraries_.addGram(operation, cols, std::min(kTokenSlice, tokens - token), x + token * cols, cols, h, cols);
}

void CudaBackend::finishHessian(float* h, int64_t tokens, int64_t cols) {
  checkFinishHessian(tokens, cols);
  const Operation operation = begin("finishHessian", {{"tokens", tokens}, {"cols", cols}});
  require(operation, "h", h, cols * cols);
  queue(operation, kernels::scaleAndMirror, h, cols, static_cast<float>(2.0 / static_cast<double>(tokens)));
}

template <class T>
FactorReport CudaBackend::inverseFactorOf(const Operation& operation, T* u, const T* h, int64_t n, double damping,
                                          double shrinkage) {
  require(operation, "u", u, n * n);
  require(operation, "h", h, n * n);
  Scratch<T> diagonal(memory_, operation, n);
  std::vector<T> hostDiagonal(static_cast<size_t>(n));
  queue(operation, kernels::gatherDiagonal<T>, diagonal.data(), h, n);
  receive(operation, hostDiagonal.data(), diagonal, n);
  FactorReport report;
  report.deadColumns = mendDiagonal(hostDiagonal);
  send(operation, diagonal, hostDiagonal.data(), n);

  std::optional<Scratch<T>> own;  // h is needed as long as a larger damping may have to be tried
  if (u == h) own.emplace(memory_, operation, n * n);
  T* work = own ? own->data() : u;
  Scratch<unsigned long long> nonFinite(memory_, operation, 1);
  Scratch<int32_t> unfit(memory_, operation, 1);
  raiseDamping(report, hostDiagonal, damping, [&](double added) {
    CHECKED(operation, cudaMemsetAsync(nonFinite.data(), 0xff, sizeof(unsigned long long), compute_));
    queue(operation, kernels::damp<T>, work, nonFinite.data(), h, diagonal.data(), n, static_cast<T>(1 - shrinkage),
          static_cast<T>(added));
    unsigned long long at = 0;
    receive(operation, &at, nonFinite, 1);
    if (at != kernels::kNoIndex) {
      const int64_t i = static_cast<int64_t>(at) / n, j = static_cast<int64_t>(at) % n;
      T value = 0;
      transfers_.download(operation, &value, h + at, sizeof value);
      rejectEntry(i, j, value, "a finite value");
    }
    if (!libraries_.cholesky(operation, memory_, n, work)) return false;
    // A pivot that is NaN can pass the factorisation unseen.
    int32_t found = 0;
    CHECKED(operation, cudaMemsetAsync(unfit.data(), 0, sizeof found, compute_));
    queue(operation, kernels::diagonalIsUnfit<T>, unfit.data(), work, n);
    receive(operation, &found, unfit, 1);
    return found == 0;
  });
  libraries_.invertLower(operation, memory_, n, work);
  queue(operation, kernels::reverse<T>, u, work, n);
  return report;
}

FactorReport CudaBackend::inverseFactor(void* u, const void* h, int type, int64_t cols, double damping,
                                        double shrinkage) {
  checkInverseFactor(type, cols, damping, shrinkage);
  const Operation operation = begin("inverseFactor", {{"cols", cols}, {"type", type}});
  if (type == kF32)
    return inverseFactorOf(operation, static_cast<float*>(u), static_cast<const float*>(h), cols, damping, shrinkage);
  return inverseFactorOf(operation, static_cast<double*>(u), static_cast<const double*>(h), cols, damping, shrinkage);
}

void CudaBackend::accumulateProduct(float* c, const float* a, const float* b, int64_t tokens, int64_t aCols,
                                    int64_t bCols) {
  checkAccumulateProduct(tokens, aCols, bCols);
  const Operation operation = begin("accumulateProduct", {{"tokens", tokens}, {"cols", aCols}, {"by", bCols}});
  require(operation, "c", c, aCols * bCols);
  require(operation, "a", a, tokens * aCols);
  require(operation, "b", b, tokens * bCols);
  for (int64_t token = 0; token < tokens; token += kTokenSlice)
    libraries_.gemm(operation, true, false, aCols, bCols, std::min(kTokenSlice, tokens - token), 1.0f,
                    a + token * aCols, aCols, b + token * bCols, bCols, 1.0f, c, bCols);
}

void CudaBackend::applyInverse(float* w, const float* u, int64_t rows, int64_t cols) {
  checkApplyInverse(rows, cols);
  const Operation operation = begin("applyInverse", {{"rows", rows}, {"cols", cols}});
  require(operation, "w", w, rows * cols);
  require(operation, "u", u, cols * cols);
  BatchScratch<float> product(memory_, operation, rows, cols);
  for (int64_t first = 0; first < rows; first += product.size()) {
    const int64_t count = std::min(product.size(), rows - first);
    float* part = w + first * cols;
    libraries_.gemm(operation, false, true, count, cols, cols, 1.0f, part, cols, u, cols, 0.0f, product.data(), cols);
    libraries_.gemm(operation, false, false, count, cols, cols, 1.0f, product.data(), cols, u, cols, 0.0f, part, cols);
  }
}

double CudaBackend::quadraticForm(const float* w, const float* h, int64_t rows, int64_t cols) {
  checkQuadraticForm(rows, cols);
  const Operation operation = begin("quadraticForm", {{"rows", rows}, {"cols", cols}});
  require(operation, "w", w, rows * cols);
  require(operation, "h", h, cols * cols);
  BatchScratch<float> product(memory_, operation, rows, cols);
  Scratch<double> partial(memory_, operation, kernels::kDotParts);
  std::vector<double> parts(kernels::kDotParts);
  double sum = 0;
  for (int64_t first = 0; first < rows; first += product.size()) {
    const int64_t count = std::min(product.size(), rows - first);
    libraries_.gemm(operation, false, false, count, cols, cols, 1.0f, w + first * cols, cols, h, cols, 0.0f,
                    product.data(), cols);
    queue(operation, kernels::dot, partial.data(), product.data(), w + first * cols, count * cols);
    receive(operation, parts.data(), partial, kernels::kDotParts);
    for (const double part : parts) sum += part;
  }
  return sum / static_cast<double>(rows);
}

}  // namespace cuda
}  // namespace lathe
