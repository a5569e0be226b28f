// Hessian accumulation and the quadratic form that output errors are measured with.
#include <algorithm>
#include <string>
#include <vector>

#include "blas.h"
#include "cpu_backend.h"
#include "inverse_factor.h"

namespace lathe {

namespace {

constexpr int64_t kTile = 256;
constexpr int64_t kTokenSlice = 512;  // tokens whose sum is formed before it is added to the total

int64_t tiles(int64_t size) { return (size + kTile - 1) / kTile; }

}  // namespace

void CpuBackend::accumulateHessian(float* h, const float* x, int64_t tokens, int64_t cols) {
  requireMatrix("accumulateHessian", tokens, cols);
  requireMatrix("accumulateHessian", cols, cols);
  const int64_t n = tiles(cols);
  pool_.run(n * n, [&](int64_t index, int) {
    const int64_t i = index / n * kTile;
    const int64_t j = index % n * kTile;
    if (j < i) return;
    for (int64_t token = 0; token < tokens; token += kTokenSlice)
      blas::gemm(true, false, std::min(kTile, cols - i), std::min(kTile, cols - j),
                 std::min(kTokenSlice, tokens - token), 1.0f, x + token * cols + i, cols, x + token * cols + j, cols,
                 1.0f, h + i * cols + j, cols);
  });
}

void CpuBackend::finishHessian(float* h, int64_t tokens, int64_t cols) {
  requireMatrix("finishHessian", cols, cols);
  if (tokens <= 0) reject("finishHessian", std::to_string(tokens) + " tokens");
  const float scale = static_cast<float>(2.0 / static_cast<double>(tokens));
  const int64_t n = tiles(cols);
  pool_.run(n * n, [&](int64_t index, int) {
    const int64_t i0 = index / n * kTile;
    const int64_t j0 = index % n * kTile;
    if (j0 < i0) return;
    for (int64_t i = i0; i < std::min(cols, i0 + kTile); i++)
      for (int64_t j = std::max(i, j0); j < std::min(cols, j0 + kTile); j++) {
        const float value = h[i * cols + j] * scale;
        h[i * cols + j] = value;
        h[j * cols + i] = value;
      }
  });
}

FactorReport CpuBackend::inverseFactor(void* u, const void* h, int type, int64_t cols, double damping,
                                       double shrinkage) {
  requireMatrix("inverseFactor", cols, cols);
  if (!(damping >= 0 && damping <= kGreatestDamping) || !(shrinkage >= 0 && shrinkage <= 1))
    reject("inverseFactor", "damping " + std::to_string(damping) + " and shrinkage " + std::to_string(shrinkage) +
                                ", expected 0 to " + std::to_string(kGreatestDamping) + " and 0 to 1");
  if (type == kF32)
    return lathe::inverseFactor(pool_, static_cast<float*>(u), static_cast<const float*>(h), cols, damping, shrinkage);
  if (type == kF64)
    return lathe::inverseFactor(pool_, static_cast<double*>(u), static_cast<const double*>(h), cols, damping,
                                shrinkage);
  reject("inverseFactor", "type " + std::to_string(type) + ", expected F32 or F64");
}

double CpuBackend::quadraticForm(const float* w, const float* h, int64_t rows, int64_t cols) {
  requireMatrix("quadraticForm", rows, cols);
  requireMatrix("quadraticForm", cols, cols);
  if (rows == 0) reject("quadraticForm", "no rows");
  constexpr int64_t kRows = 128;
  std::vector<double> sums(static_cast<size_t>((rows + kRows - 1) / kRows));
  pool_.run(static_cast<int64_t>(sums.size()), [&](int64_t tile, int worker) {
    const int64_t row = tile * kRows;
    const int64_t count = std::min(kRows, rows - row);
    float* product = scratch("quadraticForm", worker, kRows * cols);
    blas::gemm(false, false, count, cols, cols, 1.0f, w + row * cols, cols, h, cols, 0.0f, product, cols);
    sums[static_cast<size_t>(tile)] = kernels_.dotF64(product, w + row * cols, count * cols);
  });
  double sum = 0;
  for (double part : sums) sum += part;
  return sum / static_cast<double>(rows);
}

}  // namespace lathe
