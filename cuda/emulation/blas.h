// OpenBLAS's column-major routines for either type under one name.
#ifndef LATHE_EMULATION_BLAS_H
#define LATHE_EMULATION_BLAS_H

#include "cblas.h"
#include "cublas_v2.h"

namespace lathe {
namespace emulation {

inline bool isOneOf(cublasOperation_t o) { return o == CUBLAS_OP_N || o == CUBLAS_OP_T || o == CUBLAS_OP_C; }
inline bool isOneOf(cublasFillMode_t f) { return f == CUBLAS_FILL_MODE_LOWER || f == CUBLAS_FILL_MODE_UPPER; }
inline bool isOneOf(cublasSideMode_t s) { return s == CUBLAS_SIDE_LEFT || s == CUBLAS_SIDE_RIGHT; }
inline bool isOneOf(cublasDiagType_t d) { return d == CUBLAS_DIAG_NON_UNIT || d == CUBLAS_DIAG_UNIT; }

inline CBLAS_TRANSPOSE cblas(cublasOperation_t operation) {
  return operation == CUBLAS_OP_N ? CblasNoTrans : CblasTrans;  // of real numbers
}
inline CBLAS_UPLO cblas(cublasFillMode_t uplo) { return uplo == CUBLAS_FILL_MODE_LOWER ? CblasLower : CblasUpper; }
inline CBLAS_SIDE cblas(cublasSideMode_t side) { return side == CUBLAS_SIDE_LEFT ? CblasLeft : CblasRight; }
inline CBLAS_DIAG cblas(cublasDiagType_t diag) { return diag == CUBLAS_DIAG_UNIT ? CblasUnit : CblasNonUnit; }

#define LATHE_OPENBLAS(letter, T)                                                                                      \
  inline void gemm(cublasOperation_t transa, cublasOperation_t transb, int m, int n, int k, T alpha, const T* a,       \
                   int lda, const T* b, int ldb, T beta, T* c, int ldc) {                                              \
    cblas_##letter##gemm(CblasColMajor, cblas(transa), cblas(transb), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);   \
  }                                                                                                                    \
  inline void syrk(cublasFillMode_t uplo, cublasOperation_t trans, int n, int k, T alpha, const T* a, int lda, T beta, \
                   T* c, int ldc) {                                                                                    \
    cblas_##letter##syrk(CblasColMajor, cblas(uplo), cblas(trans), n, k, alpha, a, lda, beta, c, ldc);                 \
  }                                                                                                                    \
  inline void symm(cublasSideMode_t side, cublasFillMode_t uplo, int m, int n, T alpha, const T* a, int lda,           \
                   const T* b, int ldb, T beta, T* c, int ldc) {                                                       \
    cblas_##letter##symm(CblasColMajor, cblas(side), cblas(uplo), m, n, alpha, a, lda, b, ldb, beta, c, ldc);          \
  }                                                                                                                    \
  inline void trsm(cublasSideMode_t side, cublasFillMode_t uplo, cublasOperation_t trans, cublasDiagType_t diag,       \
                   int m, int n, T alpha, const T* a, int lda, T* b, int ldb) {                                        \
    cblas_##letter##trsm(CblasColMajor, cblas(side), cblas(uplo), cblas(trans), cblas(diag), m, n, alpha, a, lda, b,   \
                         ldb);                                                                                         \
  }                                                                                                                    \
  inline void trmm(cublasSideMode_t side, cublasFillMode_t uplo, cublasOperation_t trans, cublasDiagType_t diag,       \
                   int m, int n, T alpha, const T* a, int lda, T* b, int ldb) {                                        \
    cblas_##letter##trmm(CblasColMajor, cblas(side), cblas(uplo), cblas(trans), cblas(diag), m, n, alpha, a, lda, b,   \
                         ldb);                                                                                         \
  }                                                                                                                    \
  inline void gemv(cublasOperation_t trans, int m, int n, T alpha, const T* a, int lda, const T* x, int incx, T beta,  \
                   T* y, int incy) {                                                                                   \
    cblas_##letter##gemv(CblasColMajor, cblas(trans), m, n, alpha, a, lda, x, incx, beta, y, incy);                    \
  }                                                                                                                    \
  inline void ger(int m, int n, T alpha, const T* x, int incx, const T* y, int incy, T* a, int lda) {                  \
    cblas_##letter##ger(CblasColMajor, m, n, alpha, x, incx, y, incy, a, lda);                                         \
  }                                                                                                                    \
  inline T dot(int n, const T* x, int incx, const T* y, int incy) { return cblas_##letter##dot(n, x, incx, y, incy); } \
  inline T nrm2(int n, const T* x, int incx) { return cblas_##letter##nrm2(n, x, incx); }                              \
  inline void axpy(int n, T alpha, const T* x, int incx, T* y, int incy) {                                             \
    cblas_##letter##axpy(n, alpha, x, incx, y, incy);                                                                  \
  }                                                                                                                    \
  inline void scal(int n, T alpha, T* x, int incx) { cblas_##letter##scal(n, alpha, x, incx); }

LATHE_OPENBLAS(s, float)
LATHE_OPENBLAS(d, double)
#undef LATHE_OPENBLAS

}  // namespace emulation
}  // namespace lathe

#endif
