#include <algorithm>
#include <cstring>

#include "blas.h"
#include "cublas_v2.h"
#include "library_call.h"

namespace lathe {
namespace emulation {

cublasStatus_t statusOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
      return CUBLAS_STATUS_SUCCESS;
    case Outcome::notInitialized:
      return CUBLAS_STATUS_NOT_INITIALIZED;
    case Outcome::invalid:
      return CUBLAS_STATUS_INVALID_VALUE;
    case Outcome::failed:
      return CUBLAS_STATUS_EXECUTION_FAILED;
    case Outcome::outOfMemory:
      return CUBLAS_STATUS_ALLOC_FAILED;
  }
  return CUBLAS_STATUS_INTERNAL_ERROR;
}

namespace {

constexpr auto blasHandle = LibraryHandle::Kind::blas;

// What most calls begin with and all end with.
class BlasCall : public LibraryCall {
 public:
  BlasCall(const char* function, cublasHandle_t handle) : LibraryCall(function, handle, blasHandle) {}

  template <class Option>
  void option(const char* name, Option value) {
    require(isOneOf(value), name, "one of its enumeration");
  }
  // A matrix of T, of these sizes before op().
  template <class T>
  void operand(const char* name, const T* memory, int64_t rows, int64_t cols, int64_t leading, bool written = false) {
    matrix({name, memory, rows, cols, leading, sizeof(T), written});
  }
  template <class T>
  void operand(const char* name, const T* memory, cublasOperation_t op, int64_t rows, int64_t cols, int64_t leading) {
    operand(name, memory, op == CUBLAS_OP_N ? rows : cols, op == CUBLAS_OP_N ? cols : rows, leading);
  }
  template <class T>
  void elements(const char* name, const T* memory, int64_t count, int64_t increment, bool written = false) {
    vector(name, memory, count, increment, sizeof(T), written);
  }
  cublasStatus_t finish(bool nothing, std::function<void()> work, bool wait = false) {
    return statusOf(run(nothing, std::move(work), wait));
  }
};

template <class T>
cublasStatus_t gemmBatch(const char* function, cublasHandle_t handle, cublasOperation_t transa,
                         cublasOperation_t transb, int64_t m, int64_t n, int64_t k, const T* alpha, const T* a,
                         int64_t lda, long long strideA, const T* b, int64_t ldb, long long strideB, const T* beta,
                         T* c, int64_t ldc, long long strideC, int64_t count) {
  BlasCall call(function, handle);
  call.option("transa", transa);
  call.option("transb", transb);
  call.size("m", m);
  call.size("n", n);
  call.size("k", k);
  call.size("batchCount", count);
  const bool rowsA = transa == CUBLAS_OP_N, rowsB = transb == CUBLAS_OP_N;
  call.matrix({"A", a, rowsA ? m : k, rowsA ? k : m, lda, sizeof(T), false, count, strideA});
  call.matrix({"B", b, rowsB ? k : n, rowsB ? n : k, ldb, sizeof(T), false, count, strideB});
  call.matrix({"C", c, m, n, ldc, sizeof(T), true, count, strideC});
  const auto alphaValue = call.scalar("alpha", alpha), betaValue = call.scalar("beta", beta);
  return call.finish(m == 0 || n == 0 || count == 0, [=] {
    for (int64_t i = 0; i < count; ++i) {
      gemm(transa, transb, m, n, k, alphaValue(), a + i * strideA, lda, b + i * strideB, ldb, betaValue(),
           c + i * strideC, ldc);
    }
  });
}

template <class T>
cublasStatus_t rankUpdate(const char* function, cublasHandle_t handle, cublasFillMode_t uplo, cublasOperation_t trans,
                          int64_t n, int64_t k, const T* alpha, const T* a, int64_t lda, const T* beta, T* c,
                          int64_t ldc) {
  BlasCall call(function, handle);
  call.option("uplo", uplo);
  call.option("trans", trans);
  call.size("n", n);
  call.size("k", k);
  call.operand("A", a, trans, n, k, lda);
  call.operand("C", c, n, n, ldc, true);
  const auto alphaValue = call.scalar("alpha", alpha), betaValue = call.scalar("beta", beta);
  return call.finish(n == 0, [=] { syrk(uplo, trans, n, k, alphaValue(), a, lda, betaValue(), c, ldc); });
}

template <class T>
cublasStatus_t symmetricProduct(const char* function, cublasHandle_t handle, cublasSideMode_t side,
                                cublasFillMode_t uplo, int64_t m, int64_t n, const T* alpha, const T* a, int64_t lda,
                                const T* b, int64_t ldb, const T* beta, T* c, int64_t ldc) {
  BlasCall call(function, handle);
  call.option("side", side);
  call.option("uplo", uplo);
  call.size("m", m);
  call.size("n", n);
  const int64_t order = side == CUBLAS_SIDE_LEFT ? m : n;
  call.operand("A", a, order, order, lda);
  call.operand("B", b, m, n, ldb);
  call.operand("C", c, m, n, ldc, true);
  const auto alphaValue = call.scalar("alpha", alpha), betaValue = call.scalar("beta", beta);
  return call.finish(m == 0 || n == 0,
                     [=] { symm(side, uplo, m, n, alphaValue(), a, lda, b, ldb, betaValue(), c, ldc); });
}

// Columns of m elements from one matrix to another.
template <class T>
void copyMatrix(int64_t m, int64_t n, const T* from, int64_t ldfrom, T* to, int64_t ldto) {
  if (from == to && ldfrom == ldto) return;
  for (int64_t j = 0; j < n; ++j) {
    std::memmove(to + static_cast<int64_t>(j) * ldto, from + static_cast<int64_t>(j) * ldfrom, sizeof(T) * m);
  }
}

template <class T>
cublasStatus_t triangularSolve(const char* function, cublasHandle_t handle, cublasSideMode_t side,
                               cublasFillMode_t uplo, cublasOperation_t trans, cublasDiagType_t diag, int64_t m,
                               int64_t n, const T* alpha, const T* a, int64_t lda, T* b, int64_t ldb) {
  BlasCall call(function, handle);
  call.option("side", side);
  call.option("uplo", uplo);
  call.option("trans", trans);
  call.option("diag", diag);
  call.size("m", m);
  call.size("n", n);
  const int64_t order = side == CUBLAS_SIDE_LEFT ? m : n;
  call.operand("A", a, order, order, lda);
  call.operand("B", b, m, n, ldb, true);
  const auto alphaValue = call.scalar("alpha", alpha);
  return call.finish(m == 0 || n == 0, [=] { trsm(side, uplo, trans, diag, m, n, alphaValue(), a, lda, b, ldb); });
}

template <class T>
cublasStatus_t triangularProduct(const char* function, cublasHandle_t handle, cublasSideMode_t side,
                                 cublasFillMode_t uplo, cublasOperation_t trans, cublasDiagType_t diag, int64_t m,
                                 int64_t n, const T* alpha, const T* a, int64_t lda, const T* b, int64_t ldb, T* c,
                                 int64_t ldc) {
  BlasCall call(function, handle);
  call.option("side", side);
  call.option("uplo", uplo);
  call.option("trans", trans);
  call.option("diag", diag);
  call.size("m", m);
  call.size("n", n);
  const int64_t order = side == CUBLAS_SIDE_LEFT ? m : n;
  call.operand("A", a, order, order, lda);
  call.operand("B", b, m, n, ldb);
  call.operand("C", c, m, n, ldc, true);
  if (c == b && ldc == ldb) call.inPlace();
  const auto alphaValue = call.scalar("alpha", alpha);
  return call.finish(m == 0 || n == 0, [=] {
    copyMatrix(m, n, b, ldb, c, ldc);
    trmm(side, uplo, trans, diag, m, n, alphaValue(), a, lda, c, ldc);
  });
}

template <class T>
cublasStatus_t sum(const char* function, cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb,
                   int64_t m, int64_t n, const T* alpha, const T* a, int64_t lda, const T* beta, const T* b,
                   int64_t ldb, T* c, int64_t ldc) {
  BlasCall call(function, handle);
  call.option("transa", transa);
  call.option("transb", transb);
  call.size("m", m);
  call.size("n", n);
  const auto alphaValue = call.scalar("alpha", alpha), betaValue = call.scalar("beta", beta);
  // An operand whose factor is 0 on the host may be null.
  const bool host = call.handle().pointerMode == CUBLAS_POINTER_MODE_HOST && call.valid();
  if (!(host && *alpha == 0)) call.operand("A", a, transa, m, n, lda);
  if (!(host && *beta == 0)) call.operand("B", b, transb, m, n, ldb);
  call.operand("C", c, m, n, ldc, true);
  if ((c == a && transa == CUBLAS_OP_N && lda == ldc) || (c == b && transb == CUBLAS_OP_N && ldb == ldc)) {
    call.inPlace();
  }
  return call.finish(m == 0 || n == 0, [=] {
    const T factorA = alphaValue(), factorB = betaValue();
    const auto at = [](const T* x, cublasOperation_t op, int ld, int64_t i, int64_t j) {
      return op == CUBLAS_OP_N ? x[i + j * ld] : x[j + i * ld];
    };
    for (int64_t j = 0; j < n; ++j) {
      for (int64_t i = 0; i < m; ++i) {
        T value = 0;
        if (factorA != 0) value += factorA * at(a, transa, lda, i, j);
        if (factorB != 0) value += factorB * at(b, transb, ldb, i, j);
        c[i + static_cast<int64_t>(j) * ldc] = value;
      }
    }
  });
}

// Element i of a vector that BLAS is told by its start and increment.
template <class T>
T& element(T* x, int64_t n, int64_t increment, int64_t i) {
  const int64_t from = increment < 0 ? static_cast<int64_t>(1 - n) * increment : 0;
  return x[from + static_cast<int64_t>(i) * increment];
}

template <class T>
cublasStatus_t diagonalProduct(const char* function, cublasHandle_t handle, cublasSideMode_t side, int64_t m, int64_t n,
                               const T* a, int64_t lda, const T* x, int64_t incx, T* c, int64_t ldc) {
  BlasCall call(function, handle);
  call.option("mode", side);
  call.size("m", m);
  call.size("n", n);
  const int64_t order = side == CUBLAS_SIDE_LEFT ? m : n;
  call.operand("A", a, m, n, lda);
  call.elements("x", x, order, incx);
  call.operand("C", c, m, n, ldc, true);
  if (c == a && ldc == lda) call.inPlace();
  return call.finish(m == 0 || n == 0, [=] {
    for (int64_t j = 0; j < n; ++j) {
      for (int64_t i = 0; i < m; ++i) {
        c[i + static_cast<int64_t>(j) * ldc] =
            a[i + static_cast<int64_t>(j) * lda] * element(x, order, incx, side == CUBLAS_SIDE_LEFT ? i : j);
      }
    }
  });
}

template <class T>
cublasStatus_t matrixVector(const char* function, cublasHandle_t handle, cublasOperation_t trans, int64_t m, int64_t n,
                            const T* alpha, const T* a, int64_t lda, const T* x, int64_t incx, const T* beta, T* y,
                            int64_t incy) {
  BlasCall call(function, handle);
  call.option("trans", trans);
  call.size("m", m);
  call.size("n", n);
  call.operand("A", a, m, n, lda);
  call.elements("x", x, trans == CUBLAS_OP_N ? n : m, incx);
  call.elements("y", y, trans == CUBLAS_OP_N ? m : n, incy, true);
  const auto alphaValue = call.scalar("alpha", alpha), betaValue = call.scalar("beta", beta);
  return call.finish(m == 0 || n == 0, [=] { gemv(trans, m, n, alphaValue(), a, lda, x, incx, betaValue(), y, incy); });
}

template <class T>
cublasStatus_t outerProduct(const char* function, cublasHandle_t handle, int64_t m, int64_t n, const T* alpha,
                            const T* x, int64_t incx, const T* y, int64_t incy, T* a, int64_t lda) {
  BlasCall call(function, handle);
  call.size("m", m);
  call.size("n", n);
  call.elements("x", x, m, incx);
  call.elements("y", y, n, incy);
  call.operand("A", a, m, n, lda, true);
  const auto alphaValue = call.scalar("alpha", alpha);
  return call.finish(m == 0 || n == 0, [=] { ger(m, n, alphaValue(), x, incx, y, incy, a, lda); });
}

// Gives the call's one number to where it belongs.
template <class T>
cublasStatus_t finishResult(BlasCall& call, T* result, std::function<T()> work) {
  const bool onHost = call.handle().pointerMode == CUBLAS_POINTER_MODE_HOST;
  if (!onHost) {
    call.elements("result", result, 1, 1, true);
  } else {
    call.scalar("result", result);
  }
  return call.finish(
      false, [=] { *result = work(); }, onHost);
}

template <class T>
cublasStatus_t dotProduct(const char* function, cublasHandle_t handle, int64_t n, const T* x, int64_t incx, const T* y,
                          int64_t incy, T* result) {
  BlasCall call(function, handle);
  call.elements("x", x, n, incx);
  call.elements("y", y, n, incy);
  return finishResult<T>(call, result, [=]() -> T { return n <= 0 ? 0 : dot(n, x, incx, y, incy); });
}

template <class T>
cublasStatus_t norm(const char* function, cublasHandle_t handle, int64_t n, const T* x, int64_t incx, T* result) {
  BlasCall call(function, handle);
  call.elements("x", x, n, incx);
  return finishResult<T>(call, result, [=]() -> T { return n <= 0 ? 0 : nrm2(n, x, incx); });
}

template <class T>
cublasStatus_t addScaled(const char* function, cublasHandle_t handle, int64_t n, const T* alpha, const T* x,
                         int64_t incx, T* y, int64_t incy) {
  BlasCall call(function, handle);
  call.elements("x", x, n, incx);
  call.elements("y", y, n, incy, true);
  const auto alphaValue = call.scalar("alpha", alpha);
  return call.finish(n <= 0, [=] { axpy(n, alphaValue(), x, incx, y, incy); });
}

template <class T>
cublasStatus_t scale(const char* function, cublasHandle_t handle, int64_t n, const T* alpha, T* x, int64_t incx) {
  BlasCall call(function, handle);
  call.elements("x", x, n, incx, true);
  const auto alphaValue = call.scalar("alpha", alpha);
  return call.finish(n <= 0, [=] { scal(n, alphaValue(), x, incx); });
}

// change(handle) where the handle is open and the value one of its enumeration.
template <class Change>
cublasStatus_t setting(cublasHandle_t handle, bool valid, Change change) {
  if (!isHandle(handle, blasHandle)) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (!valid) return CUBLAS_STATUS_INVALID_VALUE;
  change(*reinterpret_cast<LibraryHandle*>(handle));
  return CUBLAS_STATUS_SUCCESS;
}

struct Named {
  cublasStatus_t status;
  const char *name, *text;
};

const Named& named(cublasStatus_t status) {
  static const Named all[] = {
      {CUBLAS_STATUS_SUCCESS, "CUBLAS_STATUS_SUCCESS", "success"},
      {CUBLAS_STATUS_NOT_INITIALIZED, "CUBLAS_STATUS_NOT_INITIALIZED", "the library was not initialized"},
      {CUBLAS_STATUS_ALLOC_FAILED, "CUBLAS_STATUS_ALLOC_FAILED", "the resource allocation failed"},
      {CUBLAS_STATUS_INVALID_VALUE, "CUBLAS_STATUS_INVALID_VALUE", "an invalid value was used as an argument"},
      {CUBLAS_STATUS_ARCH_MISMATCH, "CUBLAS_STATUS_ARCH_MISMATCH", "the device architecture is not supported"},
      {CUBLAS_STATUS_MAPPING_ERROR, "CUBLAS_STATUS_MAPPING_ERROR", "an access to GPU memory space failed"},
      {CUBLAS_STATUS_EXECUTION_FAILED, "CUBLAS_STATUS_EXECUTION_FAILED", "the function failed to launch on the GPU"},
      {CUBLAS_STATUS_INTERNAL_ERROR, "CUBLAS_STATUS_INTERNAL_ERROR", "an internal operation failed"},
      {CUBLAS_STATUS_NOT_SUPPORTED, "CUBLAS_STATUS_NOT_SUPPORTED", "the functionality requested is not supported"},
      {CUBLAS_STATUS_LICENSE_ERROR, "CUBLAS_STATUS_LICENSE_ERROR", "the functionality requested needs a license"},
  };
  static const Named unknown{CUBLAS_STATUS_INTERNAL_ERROR, "unknown cublasStatus_t", "unknown cublasStatus_t"};
  for (const Named& one : all) {
    if (one.status == status) return one;
  }
  return unknown;
}

}  // namespace
}  // namespace emulation
}  // namespace lathe

using namespace lathe::emulation;

cublasStatus_t cublasCreate(cublasHandle_t* handle) {
  if (!handle) return CUBLAS_STATUS_INVALID_VALUE;
  *handle = reinterpret_cast<cublasHandle_t>(createHandle(blasHandle));
  return *handle ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_INITIALIZED;
}

cublasStatus_t cublasDestroy(cublasHandle_t handle) {
  if (!isHandle(handle, blasHandle)) return CUBLAS_STATUS_NOT_INITIALIZED;
  destroyHandle(reinterpret_cast<LibraryHandle*>(handle));
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasGetVersion(cublasHandle_t, int* version) {
  if (!version) return CUBLAS_STATUS_INVALID_VALUE;
  *version = CUBLAS_VERSION;
  return CUBLAS_STATUS_SUCCESS;
}

const char* cublasGetStatusName(cublasStatus_t status) { return named(status).name; }

const char* cublasGetStatusString(cublasStatus_t status) { return named(status).text; }

cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream) {
  return setting(handle, true, [&](LibraryHandle& h) { h.stream = stream; });
}

cublasStatus_t cublasGetStream(cublasHandle_t handle, cudaStream_t* stream) {
  return setting(handle, stream != nullptr, [&](LibraryHandle& h) { *stream = h.stream; });
}

cublasStatus_t cublasSetWorkspace(cublasHandle_t handle, void* workspace, size_t bytes) {
  const bool aligned = reinterpret_cast<uintptr_t>(workspace) % 256 == 0;
  return setting(handle, aligned && (workspace || bytes == 0), [](LibraryHandle&) {});
}

cublasStatus_t cublasSetPointerMode(cublasHandle_t handle, cublasPointerMode_t mode) {
  const bool valid = mode == CUBLAS_POINTER_MODE_HOST || mode == CUBLAS_POINTER_MODE_DEVICE;
  return setting(handle, valid, [&](LibraryHandle& h) { h.pointerMode = mode; });
}

cublasStatus_t cublasGetPointerMode(cublasHandle_t handle, cublasPointerMode_t* mode) {
  return setting(handle, mode != nullptr, [&](LibraryHandle& h) { *mode = h.pointerMode; });
}

cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
  const int base = mode & ~CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION;
  const bool valid = base == CUBLAS_DEFAULT_MATH || base == CUBLAS_PEDANTIC_MATH || base == CUBLAS_TF32_TENSOR_OP_MATH;
  return setting(handle, valid, [&](LibraryHandle& h) { h.mathMode = mode; });
}

cublasStatus_t cublasGetMathMode(cublasHandle_t handle, cublasMath_t* mode) {
  return setting(handle, mode != nullptr, [&](LibraryHandle& h) { *mode = h.mathMode; });
}

#define LATHE_BLAS(letter, T, Int, suffix)                                                                             \
  cublasStatus_t cublas##letter##gemm##suffix(                                                                         \
      cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, Int m, Int n, Int k, const T* alpha,  \
      const T* a, Int lda, const T* b, Int ldb, const T* beta, T* c, Int ldc) {                                        \
    return gemmBatch("cublas" #letter "gemm" #suffix, handle, transa, transb, m, n, k, alpha, a, lda, 0, b, ldb, 0,    \
                     beta, c, ldc, 0, 1);                                                                              \
  }                                                                                                                    \
  cublasStatus_t cublas##letter##gemmStridedBatched##suffix(                                                           \
      cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, Int m, Int n, Int k, const T* alpha,  \
      const T* a, Int lda, long long strideA, const T* b, Int ldb, long long strideB, const T* beta, T* c, Int ldc,    \
      long long strideC, Int count) {                                                                                  \
    return gemmBatch("cublas" #letter "gemmStridedBatched" #suffix, handle, transa, transb, m, n, k, alpha, a, lda,    \
                     strideA, b, ldb, strideB, beta, c, ldc, strideC, count);                                          \
  }                                                                                                                    \
  cublasStatus_t cublas##letter##syrk##suffix(cublasHandle_t handle, cublasFillMode_t uplo, cublasOperation_t trans,   \
                                              Int n, Int k, const T* alpha, const T* a, Int lda, const T* beta, T* c,  \
                                              Int ldc) {                                                               \
    return rankUpdate("cublas" #letter "syrk" #suffix, handle, uplo, trans, n, k, alpha, a, lda, beta, c, ldc);        \
  }                                                                                                                    \
  cublasStatus_t cublas##letter##symm##suffix(cublasHandle_t handle, cublasSideMode_t side, cublasFillMode_t uplo,     \
                                              Int m, Int n, const T* alpha, const T* a, Int lda, const T* b, Int ldb,  \
                                              const T* beta, T* c, Int ldc) {                                          \
    return symmetricProduct("cublas" #letter "symm" #suffix, handle, side, uplo, m, n, alpha, a, lda, b, ldb, beta, c, \
                            ldc);                                                                                      \
  }                                                                                                                    \
  cublasStatus_t cublas##letter##trsm##suffix(cublasHandle_t handle, cublasSideMode_t side, cublasFillMode_t uplo,     \
                                              cublasOperation_t trans, cublasDiagType_t diag, Int m, Int n,            \
                                              const T* alpha, const T* a, Int lda, T* b, Int ldb) {                    \
    return triangularSolve("cublas" #letter "trsm" #suffix, handle, side, uplo, trans, diag, m, n, alpha, a, lda, b,   \
                           ldb);                                                                                       \
  }                                                                                                                    \
  cublasStatus_t cublas##letter##trmm##suffix(                                                                         \
      cublasHandle_t handle, cublasSideMode_t side, cublasFillMode_t uplo, cublasOperation_t trans,                    \
      cublasDiagType_t diag, Int m, Int n, const T* alpha, const T* a, Int lda, const T* b, Int ldb, T* c, Int ldc) {  \
    return triangularProduct("cublas" #letter "trmm" #suffix, handle, side, uplo, trans, diag, m, n, alpha, a, lda, b, \
                             ldb, c, ldc);                                                                             \
  }                                                                                                                    \
  cublasStatus_t cublas##letter##geam##suffix(cublasHandle_t handle, cublasOperation_t transa,                         \
                                              cublasOperation_t transb, Int m, Int n, const T* alpha, const T* a,      \
                                              Int lda, const T* beta, const T* b, Int ldb, T* c, Int ldc) {            \
    return sum("cublas" #letter "geam" #suffix, handle, transa, transb, m, n, alpha, a, lda, beta, b, ldb, c, ldc);    \
  }                                                                                                                    \
  cublasStatus_t cublas##letter##dgmm##suffix(cublasHandle_t handle, cublasSideMode_t side, Int m, Int n, const T* a,  \
                                              Int lda, const T* x, Int incx, T* c, Int ldc) {                          \
    return diagonalProduct("cublas" #letter "dgmm" #suffix, handle, side, m, n, a, lda, x, incx, c, ldc);              \
  }                                                                                                                    \
  cublasStatus_t cublas##letter##gemv##suffix(cublasHandle_t handle, cublasOperation_t trans, Int m, Int n,            \
                                              const T* alpha, const T* a, Int lda, const T* x, Int incx,               \
                                              const T* beta, T* y, Int incy) {                                         \
    return matrixVector("cublas" #letter "gemv" #suffix, handle, trans, m, n, alpha, a, lda, x, incx, beta, y, incy);  \
  }                                                                                                                    \
  cublasStatus_t cublas##letter##ger##suffix(cublasHandle_t handle, Int m, Int n, const T* alpha, const T* x,          \
                                             Int incx, const T* y, Int incy, T* a, Int lda) {                          \
    return outerProduct("cublas" #letter "ger" #suffix, handle, m, n, alpha, x, incx, y, incy, a, lda);                \
  }                                                                                                                    \
  cublasStatus_t cublas##letter##dot##suffix(cublasHandle_t handle, Int n, const T* x, Int incx, const T* y, Int incy, \
                                             T* result) {                                                              \
    return dotProduct("cublas" #letter "dot" #suffix, handle, n, x, incx, y, incy, result);                            \
  }                                                                                                                    \
  cublasStatus_t cublas##letter##nrm2##suffix(cublasHandle_t handle, Int n, const T* x, Int incx, T* result) {         \
    return norm("cublas" #letter "nrm2" #suffix, handle, n, x, incx, result);                                          \
  }                                                                                                                    \
  cublasStatus_t cublas##letter##axpy##suffix(cublasHandle_t handle, Int n, const T* alpha, const T* x, Int incx,      \
                                              T* y, Int incy) {                                                        \
    return addScaled("cublas" #letter "axpy" #suffix, handle, n, alpha, x, incx, y, incy);                             \
  }                                                                                                                    \
  cublasStatus_t cublas##letter##scal##suffix(cublasHandle_t handle, Int n, const T* alpha, T* x, Int incx) {          \
    return scale("cublas" #letter "scal" #suffix, handle, n, alpha, x, incx);                                          \
  }

LATHE_BLAS(S, float, int, )
LATHE_BLAS(S, float, int64_t, _64)
LATHE_BLAS(D, double, int, )
LATHE_BLAS(D, double, int64_t, _64)
