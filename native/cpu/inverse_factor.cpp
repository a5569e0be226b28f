// With J the reversal of order, let J H J = L L^T (Cholesky, L lower). Then
//   H^-1 = J L^-T L^-1 J = (J L^-1 J)^T (J L^-1 J),   and J L^-1 J is upper triangular: it is U.
// Reversing a dense matrix in both orders is reversing its memory, so this takes one Cholesky factorisation and one
// triangular inverse (2/3 n^3 multiply-adds) where Cholesky, inverse and Cholesky again take twice that.
// Both are blocked: panels of kPanel columns by LAPACK, the rest by products that the pool runs tile by tile.
#include "inverse_factor.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "blas.h"
#include "damping.h"
#include "host_memory.h"
#include "tiling.h"

namespace lathe {

namespace {

constexpr int64_t kPanel = 256;
constexpr int64_t kPanelRows = 256;
constexpr int64_t kGreatestTile = 512;
constexpr int64_t kInversePanel = 512;
constexpr int64_t kInverseColumns = 256;
constexpr int64_t kRowTile = 64;

// A pivot that is NaN passes the factorisation unseen.
template <class T>
bool positiveDiagonal(const T* a, int64_t size, int64_t stride) {
  for (int64_t i = 0; i < size; i++)
    if (!(a[i * stride + i] > 0 && std::isfinite(a[i * stride + i]))) return false;
  return true;
}

// A = L L^T for the lower triangle of A [n x n] in place.
template <class T>
bool blockedCholesky(ThreadPool& pool, T* a, int64_t n) {
  for (int64_t first = 0; first < n; first += kPanel) {
    const int64_t size = std::min(kPanel, n - first);
    const int64_t end = first + size;
    T* diagonal = a + first * n + first;
    if (!blas::cholesky(size, diagonal, n) || !positiveDiagonal(diagonal, size, n)) return false;
    T* panel = a + end * n + first;  // [n - end x size], the columns of L below the diagonal block
    const Cut rows = Cut::atMost(n - end, kPanelRows);
    pool.run(rows.count(), [&](int64_t tile, int) {
      blas::solveRightTransposed(rows.size(tile), size, diagonal, n, panel + rows.begin(tile) * n, n);
    });
    T* rest = a + end * n + end;
    const TriangularTiling tiling(n - end, kGreatestTile);
    pool.run(tiling.count(), [&](int64_t tile, int) {
      const auto [i, j] = tiling.at(tile);
      const int64_t row = tiling.cut.begin(i), col = tiling.cut.begin(j);
      if (i == j)
        blas::subtractGram(tiling.cut.size(i), size, panel + row * n, n, rest + row * n + row, n);
      else
        blas::gemm(false, true, tiling.cut.size(i), tiling.cut.size(j), size, T(-1), panel + row * n, n,
                   panel + col * n, n, T(1), rest + row * n + col, n);
    });
  }
  return true;
}

// L <- L^-1 in place, panel of rows by panel of rows: with M the inverse of what lies above,
// M_panel,left = -L_diagonal^-1 (L_panel,left M). Above the diagonal are zeros, and stay.
template <class T>
void blockedInvertLower(ThreadPool& pool, T* l, int64_t n) {
  HostMemory<T> copy("inverseFactor", std::min(kInversePanel, n) * n);
  for (int64_t first = 0; first < n; first += kInversePanel) {
    const int64_t size = std::min(kInversePanel, n - first);
    T* panel = l + first * n;  // [size x first]
    T* diagonal = panel + first;
    for (int64_t r = 0; r < size; r++) std::copy(panel + r * n, panel + r * n + first, copy.data() + r * n);
    const Cut cols = Cut::atMost(first, kInverseColumns);
    pool.run(cols.count(), [&](int64_t tile, int) {
      const int64_t col = cols.begin(tile);
      blas::gemm(false, false, size, cols.size(tile), first - col, T(1), copy.data() + col, n, l + col * n + col, n,
                 T(0), panel + col, n);
      blas::solveLeft(size, cols.size(tile), T(-1), diagonal, n, panel + col, n);
    });
    blas::invertLower(size, diagonal, n);
  }
}

// out = the damped h in reversed order below and on the diagonal, zeros above.
template <class T>
void dampInto(ThreadPool& pool, T* out, const T* h, int64_t n, const std::vector<T>& diagonal, double added,
              double shrinkage) {
  const T keep = static_cast<T>(1 - shrinkage);
  pool.run((n + kRowTile - 1) / kRowTile, [&](int64_t tile, int) {
    for (int64_t i = tile * kRowTile; i < std::min(n, (tile + 1) * kRowTile); i++) {
      T* row = out + (n - 1 - i) * n;
      for (int64_t j = i + 1; j < n; j++) {
        const T value = h[i * n + j];
        if (!std::isfinite(value)) rejectEntry(i, j, value, "a finite value");
        row[n - 1 - j] = keep * value;
      }
      row[n - 1 - i] = diagonal[static_cast<size_t>(i)] + static_cast<T>(added);
      std::fill(row + n - i, row + n, T(0));
    }
  });
}

// Reverses the order of rows and columns in place.
template <class T>
void reverse(ThreadPool& pool, T* a, int64_t n) {
  pool.run((n + 1) / 2, [&](int64_t i, int) {
    T* front = a + i * n;
    T* back = a + (n - 1 - i) * n;
    if (front == back) {
      std::reverse(front, front + n);
      return;
    }
    for (int64_t j = 0; j < n; j++) std::swap(front[j], back[n - 1 - j]);
  });
}

}  // namespace

template <class T>
FactorReport inverseFactor(ThreadPool& pool, T* u, const T* h, int64_t cols, double damping, double shrinkage) {
  FactorReport report;
  const int64_t n = cols;
  std::vector<T> diagonal(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; i++) diagonal[static_cast<size_t>(i)] = h[i * n + i];
  report.deadColumns = mendDiagonal(diagonal);
  HostMemory<T> own;  // h is needed as long as a larger damping may have to be tried
  T* work = u;
  if (u == h) {
    own.require("inverseFactor", n * n);
    work = own.data();
  }
  raiseDamping(report, diagonal, damping, [&](double added) {
    dampInto(pool, work, h, n, diagonal, added, shrinkage);
    return blockedCholesky(pool, work, n);
  });
  blockedInvertLower(pool, work, n);
  reverse(pool, work, n);
  if (work != u) std::memcpy(u, work, static_cast<size_t>(n * n) * sizeof(T));
  return report;
}

template FactorReport inverseFactor(ThreadPool&, float*, const float*, int64_t, double, double);
template FactorReport inverseFactor(ThreadPool&, double*, const double*, int64_t, double, double);

}  // namespace lathe
