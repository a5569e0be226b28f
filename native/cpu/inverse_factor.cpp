// With J the reversal of order, let J H J = L L^T (Cholesky, L lower). Then
//   H^-1 = J L^-T L^-1 J = (J L^-1 J)^T (J L^-1 J),   and J L^-1 J is upper triangular: it is U.
// Reversing a dense matrix in both orders is reversing its memory, so this takes one Cholesky factorisation and one
// triangular inverse (2/3 n^3 multiply-adds) where Cholesky, inverse and Cholesky again take twice that.
// Both are blocked: panels of kPanel columns by LAPACK, the rest by products that the pool runs tile by tile.
#include "inverse_factor.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "blas.h"
#include "host_memory.h"

namespace lathe {

namespace {

constexpr int64_t kPanel = 256;
constexpr int64_t kRowTile = 64;

int64_t panels(int64_t n) { return (n + kPanel - 1) / kPanel; }

int64_t panelSize(int64_t n, int64_t panel) { return std::min(kPanel, n - panel * kPanel); }

// A pivot that is NaN passes the factorisation unseen.
template <class T>
bool positiveDiagonal(const T* a, int64_t size, int64_t stride) {
  for (int64_t i = 0; i < size; i++)
    if (!(a[i * stride + i] > 0 && std::isfinite(a[i * stride + i]))) return false;
  return true;
}

// A = L L^T, lower triangle in place.
template <class T>
bool blockedCholesky(ThreadPool& pool, T* a, int64_t n) {
  const int64_t count = panels(n);
  for (int64_t k = 0; k < count; k++) {
    const int64_t size = panelSize(n, k);
    T* diagonal = a + k * kPanel * n + k * kPanel;
    if (!blas::cholesky(size, diagonal, n) || !positiveDiagonal(diagonal, size, n)) return false;
    const int64_t below = count - k - 1;
    pool.run(below, [&](int64_t i, int) {
      const int64_t row = k + 1 + i;
      blas::solveRightTransposed(panelSize(n, row), size, diagonal, n, a + row * kPanel * n + k * kPanel, n);
    });
    pool.run(below * (below + 1) / 2, [&](int64_t index, int) {
      int64_t i = static_cast<int64_t>((std::sqrt(8.0 * static_cast<double>(index) + 1) - 1) / 2);
      while ((i + 1) * (i + 2) / 2 <= index) i++;
      while (i * (i + 1) / 2 > index) i--;
      const int64_t row = k + 1 + i;
      const int64_t col = k + 1 + index - i * (i + 1) / 2;
      blas::gemm(false, true, panelSize(n, row), panelSize(n, col), size, T(-1), a + row * kPanel * n + k * kPanel, n,
                 a + col * kPanel * n + k * kPanel, n, T(1), a + row * kPanel * n + col * kPanel, n);
    });
  }
  return true;
}

// L <- L^-1, row panel by row panel: M_i,0..i-1 = -L_ii^-1 (L_i,0..i-1 M_0..i-1,0..i-1).
template <class T>
void blockedInvertLower(ThreadPool& pool, T* l, int64_t n) {
  HostMemory<T> row("inverseFactor", kPanel * n);
  for (int64_t i = 0; i < panels(n); i++) {
    const int64_t size = panelSize(n, i);
    T* diagonal = l + i * kPanel * n + i * kPanel;
    T* left = l + i * kPanel * n;
    for (int64_t r = 0; r < size; r++) std::copy(left + r * n, left + r * n + i * kPanel, row.data() + r * n);
    pool.run(i, [&](int64_t j, int) {
      T* target = left + j * kPanel;
      blas::gemm(false, false, size, kPanel, (i - j) * kPanel, T(1), row.data() + j * kPanel, n,
                 l + j * kPanel * n + j * kPanel, n, T(0), target, n);
      blas::solveLeft(size, kPanel, T(-1), diagonal, n, target, n);
    });
    blas::invertLower(size, diagonal, n);
    // What the factorisation left above the diagonal must not enter the products of the panels below.
    for (int64_t r = 0; r < size; r++) std::fill(diagonal + r * n + r + 1, diagonal + r * n + size, T(0));
  }
}

[[noreturn]] void rejectEntry(int64_t i, int64_t j, double value, const char* expected) {
  throw std::runtime_error("inverseFactor: H[" + std::to_string(i) + "," + std::to_string(j) + "] is " +
                           std::to_string(value) + ", expected " + expected);
}

// Diagonal of h [n x n] with that of dead columns set to 1.
template <class T>
std::vector<T> liveDiagonal(const T* h, int64_t n, int64_t* deadColumns) {
  std::vector<T> diagonal(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; i++) {
    const T value = h[i * n + i];
    if (!std::isfinite(value) || value < 0) rejectEntry(i, i, value, "a finite value that is not negative");
    *deadColumns += value == 0;
    diagonal[static_cast<size_t>(i)] = value == 0 ? T(1) : value;
  }
  return diagonal;
}

// out = the damped h in reversed order, all of it below and on the diagonal.
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
    }
  });
}

// Reverses the order of rows and columns of a lower triangular matrix in place: it becomes upper triangular, with
// zeros below whatever was above.
template <class T>
void reverseLower(ThreadPool& pool, T* a, int64_t n) {
  pool.run((n + 1) / 2, [&](int64_t i, int) {
    T* upper = a + i * n;
    T* lower = a + (n - 1 - i) * n;
    if (upper == lower) {
      std::reverse(upper, upper + n);
    } else {
      for (int64_t j = 0; j < n; j++) std::swap(upper[j], lower[n - 1 - j]);
    }
    std::fill(upper, upper + i, T(0));
    std::fill(lower, lower + n - 1 - i, T(0));
  });
}

}  // namespace

template <class T>
FactorReport inverseFactor(ThreadPool& pool, T* u, const T* h, int64_t cols, double damping, double shrinkage) {
  FactorReport report;
  const int64_t n = cols;
  const std::vector<T> diagonal = liveDiagonal(h, n, &report.deadColumns);
  const double mean = std::accumulate(diagonal.begin(), diagonal.end(), 0.0) / static_cast<double>(n);
  HostMemory<T> own;  // h is needed as long as a larger damping may have to be tried
  T* work = u;
  if (u == h) {
    own.require("inverseFactor", n * n);
    work = own.data();
  }
  report.damping = damping;
  for (report.attempts = 1; report.damping <= kGreatestDamping; report.attempts++) {
    dampInto(pool, work, h, n, diagonal, report.damping * mean, shrinkage);
    if (blockedCholesky(pool, work, n)) {
      blockedInvertLower(pool, work, n);
      reverseLower(pool, work, n);
      if (work != u) std::memcpy(u, work, static_cast<size_t>(n * n) * sizeof(T));
      return report;
    }
    report.damping = report.damping == 0 ? 1e-6 : report.damping * 10;
  }
  throw std::runtime_error("inverseFactor: H of " + std::to_string(n) +
                           " columns is not positive definite even with damping " + std::to_string(kGreatestDamping));
}

template FactorReport inverseFactor(ThreadPool&, float*, const float*, int64_t, double, double);
template FactorReport inverseFactor(ThreadPool&, double*, const double*, int64_t, double, double);

}  // namespace lathe
