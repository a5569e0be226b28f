// The part of cuSOLVER that the host side uses, with the toolkit's names and numbers, over OpenBLAS's LAPACK. Arguments
// are checked as in cublas_v2.h. Matrices are column-major; sizes of work spaces are in elements; *devInfo (device
// memory) takes LAPACK's info.
#ifndef LATHE_EMULATION_CUSOLVERDN_H
#define LATHE_EMULATION_CUSOLVERDN_H

#include "cublas_v2.h"

typedef struct cusolverDnContext* cusolverDnHandle_t;

enum cusolverStatus_t {
  CUSOLVER_STATUS_SUCCESS = 0,
  CUSOLVER_STATUS_NOT_INITIALIZED = 1,
  CUSOLVER_STATUS_ALLOC_FAILED = 2,
  CUSOLVER_STATUS_INVALID_VALUE = 3,
  CUSOLVER_STATUS_ARCH_MISMATCH = 4,
  CUSOLVER_STATUS_EXECUTION_FAILED = 6,
  CUSOLVER_STATUS_INTERNAL_ERROR = 7,
  CUSOLVER_STATUS_NOT_SUPPORTED = 9,
};

cusolverStatus_t cusolverDnCreate(cusolverDnHandle_t* handle);
cusolverStatus_t cusolverDnDestroy(cusolverDnHandle_t handle);
cusolverStatus_t cusolverDnSetStream(cusolverDnHandle_t handle, cudaStream_t stream);
cusolverStatus_t cusolverDnGetStream(cusolverDnHandle_t handle, cudaStream_t* stream);

#define LATHE_EMULATED_SOLVER(letter, T)                                                                               \
  /* A [n x n], one triangle of a positive definite matrix, becomes its Cholesky factor */                             \
  cusolverStatus_t cusolverDn##letter##potrf_bufferSize(cusolverDnHandle_t handle, cublasFillMode_t uplo, int n, T* a, \
                                                        int lda, int* lwork);                                          \
  cusolverStatus_t cusolverDn##letter##potrf(cusolverDnHandle_t handle, cublasFillMode_t uplo, int n, T* a, int lda,   \
                                             T* workspace, int lwork, int* devInfo);                                   \
  /* A factor becomes one triangle of the inverse of what it is the factor of */                                       \
  cusolverStatus_t cusolverDn##letter##potri_bufferSize(cusolverDnHandle_t handle, cublasFillMode_t uplo, int n, T* a, \
                                                        int lda, int* lwork);                                          \
  cusolverStatus_t cusolverDn##letter##potri(cusolverDnHandle_t handle, cublasFillMode_t uplo, int n, T* a, int lda,   \
                                             T* workspace, int lwork, int* devInfo);                                   \
  /* B [n x nrhs] <- X with (what A is the factor of) X = B */                                                         \
  cusolverStatus_t cusolverDn##letter##potrs(cusolverDnHandle_t handle, cublasFillMode_t uplo, int n, int nrhs,        \
                                             const T* a, int lda, T* b, int ldb, int* devInfo);

LATHE_EMULATED_SOLVER(S, float)
LATHE_EMULATED_SOLVER(D, double)
#undef LATHE_EMULATED_SOLVER

// The forms that are told the type: F32 or F64. Sizes of work spaces are in bytes, on the device and on the host.
typedef struct cusolverDnParams* cusolverDnParams_t;
cusolverStatus_t cusolverDnCreateParams(cusolverDnParams_t* params);
cusolverStatus_t cusolverDnDestroyParams(cusolverDnParams_t params);
cusolverStatus_t cusolverDnXpotrf_bufferSize(cusolverDnHandle_t handle, cusolverDnParams_t params,
                                             cublasFillMode_t uplo, int64_t n, cudaDataType type, const void* a,
                                             int64_t lda, cudaDataType compute, size_t* deviceBytes, size_t* hostBytes);
cusolverStatus_t cusolverDnXpotrf(cusolverDnHandle_t handle, cusolverDnParams_t params, cublasFillMode_t uplo,
                                  int64_t n, cudaDataType type, void* a, int64_t lda, cudaDataType compute,
                                  void* deviceWork, size_t deviceBytes, void* hostWork, size_t hostBytes, int* devInfo);
// The inverse of a triangular matrix A [n x n], in place.
cusolverStatus_t cusolverDnXtrtri_bufferSize(cusolverDnHandle_t handle, cublasFillMode_t uplo, cublasDiagType_t diag,
                                             int64_t n, cudaDataType type, void* a, int64_t lda, size_t* deviceBytes,
                                             size_t* hostBytes);
cusolverStatus_t cusolverDnXtrtri(cusolverDnHandle_t handle, cublasFillMode_t uplo, cublasDiagType_t diag, int64_t n,
                                  cudaDataType type, void* a, int64_t lda, void* deviceWork, size_t deviceBytes,
                                  void* hostWork, size_t hostBytes, int* devInfo);

#endif
