#include "blas.h"

#include <cblas.h>

#include <limits>
#include <mutex>
#include <stdexcept>
#include <string>

// LAPACK sees a row-major matrix as its transpose: our lower triangle is its upper one.
extern "C" {
void spotrf_(const char* uplo, const int* n, float* a, const int* lda, int* info);
void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info);
void strtri_(const char* uplo, const char* diag, const int* n, float* a, const int* lda, int* info);
void dtrtri_(const char* uplo, const char* diag, const int* n, double* a, const int* lda, int* info);
}

namespace lathe {
namespace blas {

namespace {

int narrow(int64_t value) {
  if (value < 0 || value > std::numeric_limits<int>::max())
    throw std::invalid_argument("a product with a side of " + std::to_string(value) + ", more than OpenBLAS takes");
  return static_cast<int>(value);
}

CBLAS_TRANSPOSE stored(bool transposed) { return transposed ? CblasTrans : CblasNoTrans; }

}  // namespace

const char* initialize() {
  static std::once_flag once;
  static std::string name;
  std::call_once(once, [] {
    openblas_set_num_threads(1);
    name = std::string("openblas-") + openblas_get_corename();
  });
  return name.c_str();
}

void gemm(bool transposeA, bool transposeB, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
          int64_t strideA, const float* b, int64_t strideB, float beta, float* c, int64_t strideC) {
  cblas_sgemm(CblasRowMajor, stored(transposeA), stored(transposeB), narrow(m), narrow(n), narrow(k), alpha, a,
              narrow(strideA), b, narrow(strideB), beta, c, narrow(strideC));
}

void gemm(bool transposeA, bool transposeB, int64_t m, int64_t n, int64_t k, double alpha, const double* a,
          int64_t strideA, const double* b, int64_t strideB, double beta, double* c, int64_t strideC) {
  cblas_dgemm(CblasRowMajor, stored(transposeA), stored(transposeB), narrow(m), narrow(n), narrow(k), alpha, a,
              narrow(strideA), b, narrow(strideB), beta, c, narrow(strideC));
}

void addGram(int64_t n, int64_t k, const float* a, int64_t strideA, float* c, int64_t strideC) {
  cblas_ssyrk(CblasRowMajor, CblasUpper, CblasTrans, narrow(n), narrow(k), 1.0f, a, narrow(strideA), 1.0f, c,
              narrow(strideC));
}

void subtractGram(int64_t n, int64_t k, const float* a, int64_t strideA, float* c, int64_t strideC) {
  cblas_ssyrk(CblasRowMajor, CblasLower, CblasNoTrans, narrow(n), narrow(k), -1.0f, a, narrow(strideA), 1.0f, c,
              narrow(strideC));
}

void subtractGram(int64_t n, int64_t k, const double* a, int64_t strideA, double* c, int64_t strideC) {
  cblas_dsyrk(CblasRowMajor, CblasLower, CblasNoTrans, narrow(n), narrow(k), -1.0, a, narrow(strideA), 1.0, c,
              narrow(strideC));
}

void solveRightTransposed(int64_t m, int64_t n, const float* l, int64_t strideL, float* b, int64_t strideB) {
  cblas_strsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, narrow(m), narrow(n), 1.0f, l,
              narrow(strideL), b, narrow(strideB));
}

void solveRightTransposed(int64_t m, int64_t n, const double* l, int64_t strideL, double* b, int64_t strideB) {
  cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, narrow(m), narrow(n), 1.0, l,
              narrow(strideL), b, narrow(strideB));
}

void solveLeft(int64_t m, int64_t n, float alpha, const float* l, int64_t strideL, float* b, int64_t strideB) {
  cblas_strsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, narrow(m), narrow(n), alpha, l,
              narrow(strideL), b, narrow(strideB));
}

void solveLeft(int64_t m, int64_t n, double alpha, const double* l, int64_t strideL, double* b, int64_t strideB) {
  cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, narrow(m), narrow(n), alpha, l,
              narrow(strideL), b, narrow(strideB));
}

bool cholesky(int64_t n, float* a, int64_t stride) {
  const int size = narrow(n), leading = narrow(stride);
  int info = 0;
  spotrf_("U", &size, a, &leading, &info);
  return info == 0;
}

bool cholesky(int64_t n, double* a, int64_t stride) {
  const int size = narrow(n), leading = narrow(stride);
  int info = 0;
  dpotrf_("U", &size, a, &leading, &info);
  return info == 0;
}

void invertLower(int64_t n, float* l, int64_t stride) {
  const int size = narrow(n), leading = narrow(stride);
  int info = 0;
  strtri_("U", "N", &size, l, &leading, &info);
}

void invertLower(int64_t n, double* l, int64_t stride) {
  const int size = narrow(n), leading = narrow(stride);
  int info = 0;
  dtrtri_("U", "N", &size, l, &leading, &info);
}

}  // namespace blas
}  // namespace lathe
