// OpenBLAS's column-major routines for either type under one name.
#ifndef LATHE_EMULATION_BLAS_H
#define LATHE_EMULATION_BLAS_H

#include <cstdint>

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

// Sizes that LibraryCall has checked.
inline int narrow(int64_t size) { return static_cast<int>(size); }

#define LATHE_OPENBLAS(letter, T)                                                                                      \
  inline void gemm(cublasOperation_t transa, cublasOperation_t transb, int64_t m, int64_t n, int64_t k, T alpha,       \
                   const T* a, int64_t lda, const T* b, int64_t ldb, T beta, T* c, int64_t ldc) {                      \
    cblas_##letter##gemm(CblasColMajor, cblas(transa), cblas(transb), narrow(m), narrow(n), narrow(k), alpha, a,       \
                         narrow(lda), b, narrow(ldb), beta, c, narrow(ldc));                                           \
  }                                                                                                                    \
  inline void syrk(cublasFillMode_t uplo, cublasOperation_t trans, int64_t n, int64_t k, T alpha, const T* a,          \
                   int64_t lda, T beta, T* c, int64_t ldc) {                                                           \
    cblas_##letter##syrk(CblasColMajor, cblas(uplo), cblas(trans), narrow(n), narrow(k), alpha, a, narrow(lda), beta,  \
                         c, narrow(ldc));                                                                              \
  }                                                                                                                    \
  inline void symm(cublasSideMode_t side, cublasFillMode_t uplo, int64_t m, int64_t n, T alpha, const T* a,            \
                   int64_t lda, const T* b, int64_t ldb, T beta, T* c, int64_t ldc) {                                  \
    cblas_##letter##symm(CblasColMajor, cblas(side), cblas(uplo), narrow(m), narrow(n), alpha, a, narrow(lda), b,      \
                         narrow(ldb), beta, c, narrow(ldc));                                                           \
  }                                                                                                                    \
  inline void trsm(cublasSideMode_t side, cublasFillMode_t uplo, cublasOperation_t trans, cublasDiagType_t diag,       \
                   int64_t m, int64_t n, T alpha, const T* a, int64_t lda, T* b, int64_t ldb) {                        \
    cblas_##letter##trsm(CblasColMajor, cblas(side), cblas(uplo), cblas(trans), cblas(diag), narrow(m), narrow(n),     \
                         alpha, a, narrow(lda), b, narrow(ldb));                                                       \
  }                                                                                                                    \
  inline void trmm(cublasSideMode_t side, cublasFillMode_t uplo, cublasOperation_t trans, cublasDiagType_t diag,       \
                   int64_t m, int64_t n, T alpha, const T* a, int64_t lda, T* b, int64_t ldb) {                        \
    cblas_##letter##trmm(CblasColMajor, cblas(side), cblas(uplo), cblas(trans), cblas(diag), narrow(m), narrow(n),     \
                         alpha, a, narrow(lda), b, narrow(ldb));                                                       \
  }                                                                                                                    \
  inline void gemv(cublasOperation_t trans, int64_t m, int64_t n, T alpha, const T* a, int64_t lda, const T* x,        \
                   int64_t incx, T beta, T* y, int64_t incy) {                                                         \
    cblas_##letter##gemv(CblasColMajor, cblas(trans), narrow(m), narrow(n), alpha, a, narrow(lda), x, narrow(incx),    \
                         beta, y, narrow(incy));                                                                       \
  }                                                                                                                    \
  inline void ger(int64_t m, int64_t n, T alpha, const T* x, int64_t incx, const T* y, int64_t incy, T* a,             \
                  int64_t lda) {                                                                                       \
    cblas_##letter##ger(CblasColMajor, narrow(m), narrow(n), alpha, x, narrow(incx), y, narrow(incy), a, narrow(lda)); \
  }                                                                                                                    \
  inline T dot(int64_t n, const T* x, int64_t incx, const T* y, int64_t incy) {                                        \
    return cblas_##letter##dot(narrow(n), x, narrow(incx), y, narrow(incy));                                           \
  }                                                                                                                    \
  inline T nrm2(int64_t n, const T* x, int64_t incx) { return cblas_##letter##nrm2(narrow(n), x, narrow(incx)); }      \
  inline void axpy(int64_t n, T alpha, const T* x, int64_t incx, T* y, int64_t incy) {                                 \
    cblas_##letter##axpy(narrow(n), alpha, x, narrow(incx), y, narrow(incy));                                          \
  }                                                                                                                    \
  inline void scal(int64_t n, T alpha, T* x, int64_t incx) { cblas_##letter##scal(narrow(n), alpha, x, narrow(incx)); }

LATHE_OPENBLAS(s, float)
LATHE_OPENBLAS(d, double)
#undef LATHE_OPENBLAS

}  // namespace emulation
}  // namespace lathe

#endif
