// cuBLAS and cuSOLVER for row-major matrices. Both libraries are column-major: they see the transpose of each matrix,
// so factors change places and a lower triangle is an upper one. Strides are values from a row to the next.
//
// Products of F32 are computed in F32 throughout, not in TF32.
#ifndef LATHE_CUDA_LIBRARIES_H
#define LATHE_CUDA_LIBRARIES_H

#include <cstdint>
#include <string>

#include "device_memory.h"
#include "status.h"

namespace lathe {
namespace cuda {

class Libraries {
 public:
  Libraries(const Operation& operation, cudaStream_t stream);
  ~Libraries();
  Libraries(const Libraries&) = delete;
  Libraries& operator=(const Libraries&) = delete;

  // "cublas-13.1.0"
  std::string version(const Operation& operation) const;

  // C [m x n] = alpha op(A) op(B) + beta C; op(A) is [m x k], op(B) [k x n], op transposes where asked to.
  void gemm(const Operation& operation, bool transposeA, bool transposeB, int64_t m, int64_t n, int64_t k, float alpha,
            const float* a, int64_t strideA, const float* b, int64_t strideB, float beta, float* c, int64_t strideC);
  void gemm(const Operation& operation, bool transposeA, bool transposeB, int64_t m, int64_t n, int64_t k, double alpha,
            const double* a, int64_t strideA, const double* b, int64_t strideB, double beta, double* c,
            int64_t strideC);

  // The upper triangle of C [n x n] += A^T A; A [k x n].
  void addGram(const Operation& operation, int64_t n, int64_t k, const float* a, int64_t strideA, float* c,
               int64_t strideC);

  // The lower triangle of A [n x n], A = L L^T, becomes L, in F32 or F64; false where A is not positive definite.
  template <class T>
  bool cholesky(const Operation& operation, DeviceMemory& memory, int64_t n, T* a);

  // Lower triangular L [n x n] becomes its inverse.
  template <class T>
  void invertLower(const Operation& operation, DeviceMemory& memory, int64_t n, T* l);

 private:
  // What a factorisation leaves in *info, once it is done.
  int wait(const Operation& operation, const int* info);

  cudaStream_t stream_;
  cublasHandle_t blas_ = nullptr;
  cusolverDnHandle_t solver_ = nullptr;
  cusolverDnParams_t parameters_ = nullptr;
};

}  // namespace cuda
}  // namespace lathe

#endif
