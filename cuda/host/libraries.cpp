#include "libraries.h"

#include <algorithm>
#include <vector>

namespace lathe {
namespace cuda {

namespace {

cublasOperation_t stored(bool transposed) { return transposed ? CUBLAS_OP_T : CUBLAS_OP_N; }

template <class T>
constexpr cudaDataType typeOf();
template <>
constexpr cudaDataType typeOf<float>() {
  return CUDA_R_32F;
}
template <>
constexpr cudaDataType typeOf<double>() {
  return CUDA_R_64F;
}

}  // namespace

Libraries::Libraries(const Operation& operation, cudaStream_t stream) : stream_(stream) {
  CHECKED(operation, cublasCreate(&blas_));
  CHECKED(operation, cublasSetStream(blas_, stream));
  CHECKED(operation, cusolverDnCreate(&solver_));
  CHECKED(operation, cusolverDnSetStream(solver_, stream));
  CHECKED(operation, cusolverDnCreateParams(&parameters_));
}

Libraries::~Libraries() {
  if (parameters_ != nullptr) cusolverDnDestroyParams(parameters_);
  if (solver_ != nullptr) cusolverDnDestroy(solver_);
  if (blas_ != nullptr) cublasDestroy(blas_);
}

std::string Libraries::version(const Operation& operation) const {
  int version = 0;
  CHECKED(operation, cublasGetVersion(blas_, &version));
  return "cublas-" + std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

void Libraries::gemm(const Operation& operation, bool transposeA, bool transposeB, int64_t m, int64_t n, int64_t k,
                     float alpha, const float* a, int64_t strideA, const float* b, int64_t strideB, float beta,
                     float* c, int64_t strideC) {
  if (m == 0 || n == 0) return;
  CHECKED(operation, cublasSgemm_64(blas_, stored(transposeB), stored(transposeA), n, m, k, &alpha, b, strideB, a,
                                    strideA, &beta, c, strideC));
}

void Libraries::gemm(const Operation& operation, bool transposeA, bool transposeB, int64_t m, int64_t n, int64_t k,
                     double alpha, const double* a, int64_t strideA, const double* b, int64_t strideB, double beta,
                     double* c, int64_t strideC) {
  if (m == 0 || n == 0) return;
  CHECKED(operation, cublasDgemm_64(blas_, stored(transposeB), stored(transposeA), n, m, k, &alpha, b, strideB, a,
                                    strideA, &beta, c, strideC));
}

void Libraries::addGram(const Operation& operation, int64_t n, int64_t k, const float* a, int64_t strideA, float* c,
                        int64_t strideC) {
  const float one = 1;
  CHECKED(operation,
          cublasSsyrk_64(blas_, CUBLAS_FILL_MODE_LOWER, CUBLAS_OP_N, n, k, &one, a, strideA, &one, c, strideC));
}

template <class T>
bool Libraries::cholesky(const Operation& operation, DeviceMemory& memory, int64_t n, T* a) {
  size_t deviceBytes = 0, hostBytes = 0;
  CHECKED(operation, cusolverDnXpotrf_bufferSize(solver_, parameters_, CUBLAS_FILL_MODE_UPPER, n, typeOf<T>(), a, n,
                                                 typeOf<T>(), &deviceBytes, &hostBytes));
  Scratch<uint8_t> work(memory, operation, static_cast<int64_t>(deviceBytes));
  Scratch<int> info(memory, operation, 1);
  std::vector<uint8_t> hostWork(std::max<size_t>(hostBytes, 1));
  CHECKED(operation, cusolverDnXpotrf(solver_, parameters_, CUBLAS_FILL_MODE_UPPER, n, typeOf<T>(), a, n, typeOf<T>(),
                                      work.data(), deviceBytes, hostWork.data(), hostBytes, info.data()));
  return wait(operation, info.data()) == 0;
}

template <class T>
void Libraries::invertLower(const Operation& operation, DeviceMemory& memory, int64_t n, T* l) {
  size_t deviceBytes = 0, hostBytes = 0;
  CHECKED(operation, cusolverDnXtrtri_bufferSize(solver_, CUBLAS_FILL_MODE_UPPER, CUBLAS_DIAG_NON_UNIT, n, typeOf<T>(),
                                                 l, n, &deviceBytes, &hostBytes));
  Scratch<uint8_t> work(memory, operation, static_cast<int64_t>(deviceBytes));
  Scratch<int> info(memory, operation, 1);
  std::vector<uint8_t> hostWork(std::max<size_t>(hostBytes, 1));
  CHECKED(operation, cusolverDnXtrtri(solver_, CUBLAS_FILL_MODE_UPPER, CUBLAS_DIAG_NON_UNIT, n, typeOf<T>(), l, n,
                                      work.data(), deviceBytes, hostWork.data(), hostBytes, info.data()));
  const int singular = wait(operation, info.data());
  if (singular != 0) operation.fail("cusolverDnXtrtri finds column " + std::to_string(singular) + " singular");
}

int Libraries::wait(const Operation& operation, const int* info) {
  int value = 0;
  CHECKED(operation, cudaMemcpyAsync(&value, info, sizeof value, cudaMemcpyDeviceToHost, stream_));
  CHECKED(operation, cudaStreamSynchronize(stream_));
  if (value < 0) operation.fail("argument " + std::to_string(-value) + " of cuSOLVER is wrong");
  return value;
}

template bool Libraries::cholesky(const Operation&, DeviceMemory&, int64_t, float*);
template bool Libraries::cholesky(const Operation&, DeviceMemory&, int64_t, double*);
template void Libraries::invertLower(const Operation&, DeviceMemory&, int64_t, float*);
template void Libraries::invertLower(const Operation&, DeviceMemory&, int64_t, double*);

}  // namespace cuda
}  // namespace lathe
