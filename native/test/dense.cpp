#include "dense.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "backends.h"

namespace lathe {
namespace test {

Matrix hessianOf(const std::vector<float>& x, int64_t tokens, int64_t cols) {
  Matrix h(static_cast<size_t>(cols * cols));
  for (int64_t t = 0; t < tokens; t++)
    for (int64_t i = 0; i < cols; i++)
      for (int64_t j = 0; j < cols; j++)
        h[i * cols + j] += 2.0 * x[t * cols + i] * x[t * cols + j] / static_cast<double>(tokens);
  return h;
}

Matrix correlatedHessian(int64_t cols, int64_t tokens, uint64_t seed, const std::vector<int64_t>& dead) {
  std::vector<float> x = randomValues(tokens * cols, seed);
  Random random(seed + 1);
  for (int64_t j = 0; j < cols; j++) {
    const float scale = std::exp(random.uniform());
    for (int64_t t = 0; t < tokens; t++) {
      if (j > 0) x[t * cols + j] += 0.75f * x[t * cols + j - 1];
      x[t * cols + j] *= scale;
    }
  }
  for (const int64_t j : dead)
    for (int64_t t = 0; t < tokens; t++) x[t * cols + j] = 0;
  return hessianOf(x, tokens, cols);
}

Matrix regularized(const Matrix& h, int64_t n, double damping, double shrinkage) {
  Matrix result = h;
  double sum = 0;
  for (int64_t i = 0; i < n; i++) {
    if (result[i * n + i] == 0) result[i * n + i] = 1;
    sum += result[i * n + i];
  }
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++)
      if (i == j)
        result[i * n + j] += damping * sum / static_cast<double>(n);
      else
        result[i * n + j] *= 1 - shrinkage;
  return result;
}

Matrix choleskyOf(const Matrix& a, int64_t n) {
  Matrix l(a.size());
  for (int64_t j = 0; j < n; j++) {
    double pivot = a[j * n + j];
    for (int64_t k = 0; k < j; k++) pivot -= l[j * n + k] * l[j * n + k];
    if (!(pivot > 0)) return {};
    l[j * n + j] = std::sqrt(pivot);
    for (int64_t i = j + 1; i < n; i++) {
      double sum = a[i * n + j];
      for (int64_t k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
      l[i * n + j] = sum / l[j * n + j];
    }
  }
  return l;
}

Matrix inverseFactorOf(const Matrix& a, int64_t n) {
  Matrix reversed = a;
  std::reverse(reversed.begin(), reversed.end());
  const Matrix l = choleskyOf(reversed, n);
  Matrix inverse(a.size());
  for (int64_t i = 0; i < n; i++) {
    double* row = inverse.data() + i * n;
    row[i] = 1;
    for (int64_t k = 0; k < i; k++)
      for (int64_t j = 0; j <= k; j++) row[j] -= l[i * n + k] * inverse[k * n + j];
    for (int64_t j = 0; j <= i; j++) row[j] /= l[i * n + i];
  }
  std::reverse(inverse.begin(), inverse.end());
  return inverse;
}

Matrix transposed(const Matrix& a, int64_t n) {
  Matrix result(a.size());
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) result[j * n + i] = a[i * n + j];
  return result;
}

Matrix product(const Matrix& a, const Matrix& b, int64_t n) {
  Matrix result(a.size());
  for (int64_t i = 0; i < n; i++)
    for (int64_t k = 0; k < n; k++) {
      const double factor = a[i * n + k];
      if (factor == 0) continue;
      for (int64_t j = 0; j < n; j++) result[i * n + j] += factor * b[k * n + j];
    }
  return result;
}

Matrix magnitudes(const Matrix& a) {
  Matrix result = a;
  for (double& value : result) value = std::fabs(value);
  return result;
}

}  // namespace test
}  // namespace lathe
