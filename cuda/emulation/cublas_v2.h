// The part of cuBLAS that the host side uses, with the toolkit's names and numbers, over OpenBLAS.
//
// Matrices are column-major. Arguments are refused as cuBLAS refuses them: CUBLAS_STATUS_INVALID_VALUE. Beyond that,
// what a matrix spans has to lie in one live allocation of the handle's device, and what is written may not overlap
// what is read where cuBLAS leaves that undefined: the call fails with CUBLAS_STATUS_EXECUTION_FAILED, or, where work
// is deferred, what synchronises does. emulation::lastReport() says what was wrong in either case.
#ifndef LATHE_EMULATION_CUBLAS_V2_H
#define LATHE_EMULATION_CUBLAS_V2_H

#include "cuda_runtime_api.h"
#include "library_types.h"

#define CUBLAS_VERSION 130000

typedef struct cublasContext* cublasHandle_t;

enum cublasStatus_t {
  CUBLAS_STATUS_SUCCESS = 0,
  CUBLAS_STATUS_NOT_INITIALIZED = 1,
  CUBLAS_STATUS_ALLOC_FAILED = 3,
  CUBLAS_STATUS_INVALID_VALUE = 7,
  CUBLAS_STATUS_ARCH_MISMATCH = 8,
  CUBLAS_STATUS_MAPPING_ERROR = 11,
  CUBLAS_STATUS_EXECUTION_FAILED = 13,
  CUBLAS_STATUS_INTERNAL_ERROR = 14,
  CUBLAS_STATUS_NOT_SUPPORTED = 15,
  CUBLAS_STATUS_LICENSE_ERROR = 16,
};
enum cublasFillMode_t { CUBLAS_FILL_MODE_LOWER = 0, CUBLAS_FILL_MODE_UPPER = 1 };
enum cublasDiagType_t { CUBLAS_DIAG_NON_UNIT = 0, CUBLAS_DIAG_UNIT = 1 };
enum cublasSideMode_t { CUBLAS_SIDE_LEFT = 0, CUBLAS_SIDE_RIGHT = 1 };
enum cublasOperation_t { CUBLAS_OP_N = 0, CUBLAS_OP_T = 1, CUBLAS_OP_C = 2 };
enum cublasPointerMode_t { CUBLAS_POINTER_MODE_HOST = 0, CUBLAS_POINTER_MODE_DEVICE = 1 };
enum cublasMath_t {
  CUBLAS_DEFAULT_MATH = 0,
  CUBLAS_PEDANTIC_MATH = 2,
  CUBLAS_TF32_TENSOR_OP_MATH = 3,
  CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION = 16,
};
enum cublasComputeType_t {
  CUBLAS_COMPUTE_32F = 68,
  CUBLAS_COMPUTE_32F_PEDANTIC = 69,
  CUBLAS_COMPUTE_64F = 70,
  CUBLAS_COMPUTE_64F_PEDANTIC = 71,
  CUBLAS_COMPUTE_32F_FAST_16F = 74,
  CUBLAS_COMPUTE_32F_FAST_16BF = 75,
  CUBLAS_COMPUTE_32F_FAST_TF32 = 77,
};
enum cublasGemmAlgo_t { CUBLAS_GEMM_DEFAULT = -1, CUBLAS_GEMM_DEFAULT_TENSOR_OP = 99 };

cublasStatus_t cublasCreate(cublasHandle_t* handle);
cublasStatus_t cublasDestroy(cublasHandle_t handle);
cublasStatus_t cublasGetVersion(cublasHandle_t handle, int* version);
const char* cublasGetStatusName(cublasStatus_t status);
const char* cublasGetStatusString(cublasStatus_t status);
cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream);
cublasStatus_t cublasGetStream(cublasHandle_t handle, cudaStream_t* stream);
cublasStatus_t cublasSetWorkspace(cublasHandle_t handle, void* workspace, size_t bytes);
cublasStatus_t cublasSetPointerMode(cublasHandle_t handle, cublasPointerMode_t mode);
cublasStatus_t cublasGetPointerMode(cublasHandle_t handle, cublasPointerMode_t* mode);
cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode);
cublasStatus_t cublasGetMathMode(cublasHandle_t handle, cublasMath_t* mode);

// The forms for F32 (S) and F64 (D), with sizes of 32 bits and, named _64, of 64 bits. The emulation itself takes sizes
// below 2^31 alone.
#define LATHE_EMULATED_BLAS(letter, T, Int, suffix)                                                                    \
  /* C [m x n] = alpha op(A) [m x k] op(B) [k x n] + beta C */                                                         \
  cublasStatus_t cublas##letter##gemm##suffix(cublasHandle_t handle, cublasOperation_t transa,                         \
                                              cublasOperation_t transb, Int m, Int n, Int k, const T* alpha,           \
                                              const T* a, Int lda, const T* b, Int ldb, const T* beta, T* c, Int ldc); \
  /* The same for `count` triples, `stride` elements apart */                                                          \
  cublasStatus_t cublas##letter##gemmStridedBatched##suffix(                                                           \
      cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, Int m, Int n, Int k, const T* alpha,  \
      const T* a, Int lda, long long strideA, const T* b, Int ldb, long long strideB, const T* beta, T* c, Int ldc,    \
      long long strideC, Int count);                                                                                   \
  /* One triangle of C [n x n] = alpha op(A) [n x k] op(A)^T + beta C */                                               \
  cublasStatus_t cublas##letter##syrk##suffix(cublasHandle_t handle, cublasFillMode_t uplo, cublasOperation_t trans,   \
                                              Int n, Int k, const T* alpha, const T* a, Int lda, const T* beta, T* c,  \
                                              Int ldc);                                                                \
  /* C [m x n] = alpha A B + beta C (left) or alpha B A + beta C (right), A symmetric, stored in one triangle */       \
  cublasStatus_t cublas##letter##symm##suffix(cublasHandle_t handle, cublasSideMode_t side, cublasFillMode_t uplo,     \
                                              Int m, Int n, const T* alpha, const T* a, Int lda, const T* b, Int ldb,  \
                                              const T* beta, T* c, Int ldc);                                           \
  /* B [m x n] <- alpha op(A)^-1 B (left) or alpha B op(A)^-1 (right), A triangular */                                 \
  cublasStatus_t cublas##letter##trsm##suffix(cublasHandle_t handle, cublasSideMode_t side, cublasFillMode_t uplo,     \
                                              cublasOperation_t trans, cublasDiagType_t diag, Int m, Int n,            \
                                              const T* alpha, const T* a, Int lda, T* b, Int ldb);                     \
  /* C [m x n] = alpha op(A) B (left) or alpha B op(A) (right), A triangular; C may be B */                            \
  cublasStatus_t cublas##letter##trmm##suffix(                                                                         \
      cublasHandle_t handle, cublasSideMode_t side, cublasFillMode_t uplo, cublasOperation_t trans,                    \
      cublasDiagType_t diag, Int m, Int n, const T* alpha, const T* a, Int lda, const T* b, Int ldb, T* c, Int ldc);   \
  /* C [m x n] = alpha op(A) + beta op(B); C may be A or B where that one is not transposed */                         \
  cublasStatus_t cublas##letter##geam##suffix(cublasHandle_t handle, cublasOperation_t transa,                         \
                                              cublasOperation_t transb, Int m, Int n, const T* alpha, const T* a,      \
                                              Int lda, const T* beta, const T* b, Int ldb, T* c, Int ldc);             \
  /* C [m x n] = A diag(x) (right) or diag(x) A (left); C may be A */                                                  \
  cublasStatus_t cublas##letter##dgmm##suffix(cublasHandle_t handle, cublasSideMode_t side, Int m, Int n, const T* a,  \
                                              Int lda, const T* x, Int incx, T* c, Int ldc);                           \
  /* y = alpha op(A) x + beta y for A [m x n] */                                                                       \
  cublasStatus_t cublas##letter##gemv##suffix(cublasHandle_t handle, cublasOperation_t trans, Int m, Int n,            \
                                              const T* alpha, const T* a, Int lda, const T* x, Int incx,               \
                                              const T* beta, T* y, Int incy);                                          \
  /* A [m x n] += alpha x y^T */                                                                                       \
  cublasStatus_t cublas##letter##ger##suffix(cublasHandle_t handle, Int m, Int n, const T* alpha, const T* x,          \
                                             Int incx, const T* y, Int incy, T* a, Int lda);                           \
  /* Results go to host memory, after all work of the stream, or to device memory by the pointer mode */               \
  cublasStatus_t cublas##letter##dot##suffix(cublasHandle_t handle, Int n, const T* x, Int incx, const T* y, Int incy, \
                                             T* result);                                                               \
  cublasStatus_t cublas##letter##nrm2##suffix(cublasHandle_t handle, Int n, const T* x, Int incx, T* result);          \
  cublasStatus_t cublas##letter##axpy##suffix(cublasHandle_t handle, Int n, const T* alpha, const T* x, Int incx,      \
                                              T* y, Int incy);                                                         \
  cublasStatus_t cublas##letter##scal##suffix(cublasHandle_t handle, Int n, const T* alpha, T* x, Int incx);

LATHE_EMULATED_BLAS(S, float, int, )
LATHE_EMULATED_BLAS(S, float, int64_t, _64)
LATHE_EMULATED_BLAS(D, double, int, )
LATHE_EMULATED_BLAS(D, double, int64_t, _64)
#undef LATHE_EMULATED_BLAS

// gemm with operands of other types. Here: A and B both F32, BF16 or F16, C F32 or of their type, sums in F32; or all
// F64. Compute types with FAST round F32 operands as the tensor cores do.
#define LATHE_EMULATED_GEMM_EX(Int, suffix)                                                                           \
  cublasStatus_t cublasGemmEx##suffix(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb,      \
                                      Int m, Int n, Int k, const void* alpha, const void* a, cudaDataType aType,      \
                                      Int lda, const void* b, cudaDataType bType, Int ldb, const void* beta, void* c, \
                                      cudaDataType cType, Int ldc, cublasComputeType_t compute,                       \
                                      cublasGemmAlgo_t algorithm);                                                    \
  cublasStatus_t cublasGemmStridedBatchedEx##suffix(                                                                  \
      cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, Int m, Int n, Int k,                 \
      const void* alpha, const void* a, cudaDataType aType, Int lda, long long strideA, const void* b,                \
      cudaDataType bType, Int ldb, long long strideB, const void* beta, void* c, cudaDataType cType, Int ldc,         \
      long long strideC, Int count, cublasComputeType_t compute, cublasGemmAlgo_t algorithm);

LATHE_EMULATED_GEMM_EX(int, )
LATHE_EMULATED_GEMM_EX(int64_t, _64)
#undef LATHE_EMULATED_GEMM_EX

#endif
