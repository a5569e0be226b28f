// Hessian accumulation and the quadratic form that output errors are measured with.
#include <algorithm>
#include <string>
#include <vector>

#include "blas.h"
#include "cpu_backend.h"
#include "inverse_factor.h"
#include "tiling.h"

namespace lathe {

namespace {

constexpr int64_t kGreatestTile = 512;
constexpr int64_t kTokenSlice = 2048;  // tokens whose sum is formed before it is added to the total
constexpr int64_t kMirrorBlock = 16;   // its rows stay in the cache while they are read down the columns

}  // namespace

void CpuBackend::accumulateHessian(float* h, const float* x, int64_t tokens, int64_t cols) {
  checkAccumulateHessian(tokens, cols);
  const TriangularTiling tiling(cols, kGreatestTile);
  pool_.run(tiling.count(), [&](int64_t tile, int) {
    const auto [i, j] = tiling.at(tile);
    const int64_t row = tiling.cut.begin(j), col = tiling.cut.begin(i);
    for (int64_t token = 0; token < tokens; token += kTokenSlice) {
      const int64_t count = std::min(kTokenSlice, tokens - token);
      const float* slice = x + token * cols;
      if (i == j)
        blas::addGram(tiling.cut.size(i), count, slice + row, cols, h + row * cols + row, cols);
      else
        blas::gemm(true, false, tiling.cut.size(j), tiling.cut.size(i), count, 1.0f, slice + row, cols, slice + col,
                   cols, 1.0f, h + row * cols + col, cols);
    }
  });
}

namespace {

// h <- h * scale in the rows and columns of two blocks of the upper triangle, and its mirror image below.
void scaleAndMirror(float* h, int64_t cols, float scale, int64_t row, int64_t col) {
  const int64_t lastRow = std::min(cols, row + kMirrorBlock), lastCol = std::min(cols, col + kMirrorBlock);
  for (int64_t i = row; i < lastRow; i++)
    for (int64_t j = std::max(i, col); j < lastCol; j++) h[i * cols + j] *= scale;
  for (int64_t j = col; j < lastCol; j++)
    for (int64_t i = row; i < std::min(j, lastRow); i++) h[j * cols + i] = h[i * cols + j];
}

}  // namespace

void CpuBackend::finishHessian(float* h, int64_t tokens, int64_t cols) {
  checkFinishHessian(tokens, cols);
  const float scale = static_cast<float>(2.0 / static_cast<double>(tokens));
  pool_.run((cols + kMirrorBlock - 1) / kMirrorBlock, [&](int64_t block, int) {
    const int64_t row = block * kMirrorBlock;
    for (int64_t col = row; col < cols; col += kMirrorBlock) scaleAndMirror(h, cols, scale, row, col);
  });
}

FactorReport CpuBackend::inverseFactor(void* u, const void* h, int type, int64_t cols, double damping,
                                       double shrinkage) {
  checkInverseFactor(type, cols, damping, shrinkage);
  if (type == kF32)
    return lathe::inverseFactor(pool_, static_cast<float*>(u), static_cast<const float*>(h), cols, damping, shrinkage);
  return lathe::inverseFactor(pool_, static_cast<double*>(u), static_cast<const double*>(h), cols, damping, shrinkage);
}

void CpuBackend::accumulateProduct(float* c, const float* a, const float* b, int64_t tokens, int64_t aCols,
                                   int64_t bCols) {
  checkAccumulateProduct(tokens, aCols, bCols);
  const Tiling tiling(aCols, bCols, kGreatestTile, kGreatestTile);
  pool_.run(tiling.count(), [&](int64_t tile, int) {
    const int64_t i = tiling.row(tile), j = tiling.col(tile);
    const int64_t row = tiling.rows.begin(i), col = tiling.cols.begin(j);
    for (int64_t token = 0; token < tokens; token += kTokenSlice)
      blas::gemm(true, false, tiling.rows.size(i), tiling.cols.size(j), std::min(kTokenSlice, tokens - token), 1.0f,
                 a + token * aCols + row, aCols, b + token * bCols + col, bCols, 1.0f, c + row * bCols + col, bCols);
  });
}

void CpuBackend::applyInverse(float* w, const float* u, int64_t rows, int64_t cols) {
  checkApplyInverse(rows, cols);
  constexpr int64_t kRows = 128;
  pool_.run((rows + kRows - 1) / kRows, [&](int64_t tile, int worker) {
    const int64_t row = tile * kRows;
    const int64_t count = std::min(kRows, rows - row);
    float* product = scratch("applyInverse", worker, kRows * cols);
    blas::gemm(false, true, count, cols, cols, 1.0f, w + row * cols, cols, u, cols, 0.0f, product, cols);
    blas::gemm(false, false, count, cols, cols, 1.0f, product, cols, u, cols, 0.0f, w + row * cols, cols);
  });
}

double CpuBackend::quadraticForm(const float* w, const float* h, int64_t rows, int64_t cols) {
  checkQuadraticForm(rows, cols);
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
