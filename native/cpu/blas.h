// The few dense products and factorisations that the CPU backend takes from OpenBLAS, row-major and on one thread: the
// backend splits its work itself (thread_pool.h).
#ifndef LATHE_CPU_BLAS_H
#define LATHE_CPU_BLAS_H

#include <cstdint>

namespace lathe {
namespace blas {

// Holds OpenBLAS to one thread for this process; its name for the record of a run, such as "openblas-SkylakeX".
const char* initialize();

// C [m x n] = alpha A B + beta C; A is [m x k] (or its transpose is stored, [k x m]), B is [k x n] (or [n x k]).
// The strides are from one stored row to the next.
void gemm(bool transposeA, bool transposeB, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
          int64_t strideA, const float* b, int64_t strideB, float beta, float* c, int64_t strideC);
void gemm(bool transposeA, bool transposeB, int64_t m, int64_t n, int64_t k, double alpha, const double* a,
          int64_t strideA, const double* b, int64_t strideB, double beta, double* c, int64_t strideC);

// Upper triangle of C [n x n] += A^T A for A [k x n].
void addGram(int64_t n, int64_t k, const float* a, int64_t strideA, float* c, int64_t strideC);

// Lower triangle of C [n x n] -= A A^T for A [n x k].
void subtractGram(int64_t n, int64_t k, const float* a, int64_t strideA, float* c, int64_t strideC);
void subtractGram(int64_t n, int64_t k, const double* a, int64_t strideA, double* c, int64_t strideC);

// B [m x n] <- B L^-T for lower triangular L [n x n].
void solveRightTransposed(int64_t m, int64_t n, const float* l, int64_t strideL, float* b, int64_t strideB);
void solveRightTransposed(int64_t m, int64_t n, const double* l, int64_t strideL, double* b, int64_t strideB);

// B [m x n] <- alpha L^-1 B for lower triangular L [m x m].
void solveLeft(int64_t m, int64_t n, float alpha, const float* l, int64_t strideL, float* b, int64_t strideB);
void solveLeft(int64_t m, int64_t n, double alpha, const double* l, int64_t strideL, double* b, int64_t strideB);

// A = L L^T in place (lower triangle); false where A is not positive definite.
bool cholesky(int64_t n, float* a, int64_t stride);
bool cholesky(int64_t n, double* a, int64_t stride);

// L <- L^-1 in place for lower triangular L.
void invertLower(int64_t n, float* l, int64_t stride);
void invertLower(int64_t n, double* l, int64_t stride);

}  // namespace blas
}  // namespace lathe

#endif
