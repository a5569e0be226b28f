// Small dense matrices in double precision, by the definitions: what the backend's blocked code is held to.
#ifndef LATHE_TEST_DENSE_H
#define LATHE_TEST_DENSE_H

#include <cstdint>
#include <vector>

namespace lathe {
namespace test {

using Matrix = std::vector<double>;  // [n x n], row-major

// 2 X^T X / tokens for x [tokens x cols].
Matrix hessianOf(const std::vector<float>& x, int64_t tokens, int64_t cols);

// H of random inputs with correlated columns of unlike sizes; the columns in `dead` carry nothing.
Matrix correlatedHessian(int64_t cols, int64_t tokens, uint64_t seed, const std::vector<int64_t>& dead = {});

// backend.h: dead columns get 1, the off-diagonal shrinks, lambda * mean(diag) is added.
Matrix regularized(const Matrix& h, int64_t n, double damping, double shrinkage);

// Lower triangular L with a = L L^T, column by column; empty where a is not positive definite.
Matrix choleskyOf(const Matrix& a, int64_t n);

// Upper triangular U with a^-1 = U^T U: the inverse of the upper R with a = R R^T.
Matrix inverseFactorOf(const Matrix& a, int64_t n);

Matrix transposed(const Matrix& a, int64_t n);
Matrix product(const Matrix& a, const Matrix& b, int64_t n);
Matrix magnitudes(const Matrix& a);

template <class T>
std::vector<T> rounded(const Matrix& a) {
  return std::vector<T>(a.begin(), a.end());
}

}  // namespace test
}  // namespace lathe

#endif
