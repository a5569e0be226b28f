#include <algorithm>
#include <cstring>
#include <limits>

#include "blas.h"
#include "cusolverDn.h"
#include "library_call.h"

extern "C" {
void spotrf_(const char* uplo, const int* n, float* a, const int* lda, int* info);
void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info);
void spotri_(const char* uplo, const int* n, float* a, const int* lda, int* info);
void dpotri_(const char* uplo, const int* n, double* a, const int* lda, int* info);
void spotrs_(const char* uplo, const int* n, const int* nrhs, const float* a, const int* lda, float* b, const int* ldb,
             int* info);
void dpotrs_(const char* uplo, const int* n, const int* nrhs, const double* a, const int* lda, double* b,
             const int* ldb, int* info);
void strtri_(const char* uplo, const char* diag, const int* n, float* a, const int* lda, int* info);
void dtrtri_(const char* uplo, const char* diag, const int* n, double* a, const int* lda, int* info);
}

namespace lathe {
namespace emulation {
namespace {

constexpr auto solverHandle = LibraryHandle::Kind::solver;

void potrf(const char* uplo, int n, float* a, int lda, int* info) { spotrf_(uplo, &n, a, &lda, info); }
void potrf(const char* uplo, int n, double* a, int lda, int* info) { dpotrf_(uplo, &n, a, &lda, info); }
void potri(const char* uplo, int n, float* a, int lda, int* info) { spotri_(uplo, &n, a, &lda, info); }
void potri(const char* uplo, int n, double* a, int lda, int* info) { dpotri_(uplo, &n, a, &lda, info); }
void potrs(const char* uplo, int n, int nrhs, const float* a, int lda, float* b, int ldb, int* info) {
  spotrs_(uplo, &n, &nrhs, a, &lda, b, &ldb, info);
}
void potrs(const char* uplo, int n, int nrhs, const double* a, int lda, double* b, int ldb, int* info) {
  dpotrs_(uplo, &n, &nrhs, a, &lda, b, &ldb, info);
}
void trtri(const char* uplo, const char* diag, int n, float* a, int lda, int* info) {
  strtri_(uplo, diag, &n, a, &lda, info);
}
void trtri(const char* uplo, const char* diag, int n, double* a, int lda, int* info) {
  dtrtri_(uplo, diag, &n, a, &lda, info);
}

const char* lapack(cublasFillMode_t uplo) { return uplo == CUBLAS_FILL_MODE_LOWER ? "L" : "U"; }

cusolverStatus_t solverStatus(Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
      return CUSOLVER_STATUS_SUCCESS;
    case Outcome::notInitialized:
      return CUSOLVER_STATUS_NOT_INITIALIZED;
    case Outcome::invalid:
      return CUSOLVER_STATUS_INVALID_VALUE;
    case Outcome::failed:
      return CUSOLVER_STATUS_EXECUTION_FAILED;
    case Outcome::outOfMemory:
      return CUSOLVER_STATUS_ALLOC_FAILED;
  }
  return CUSOLVER_STATUS_INTERNAL_ERROR;
}

class SolverCall : public LibraryCall {
 public:
  SolverCall(const char* function, cusolverDnHandle_t handle, cublasFillMode_t uplo)
      : LibraryCall(function, handle, solverHandle) {
    require(isOneOf(uplo), "uplo", "one of its enumeration");
  }
  template <class T>
  void square(const T* a, int64_t n, int64_t lda, bool written) {
    size("n", n);
    matrix({"A", a, n, n, lda, sizeof(T), written});
  }
  // Work space of at least `least` elements; what it holds afterwards is nobody's business.
  template <class T>
  void workspace(T* memory, int64_t elements, int64_t least) {
    require(elements >= least, "lwork", "at least what bufferSize says");
    vector("workspace", memory, elements, 1, sizeof(T), true);
  }
  void info(int* devInfo) { vector("devInfo", devInfo, 1, 1, sizeof(int), true); }
};

// Elements of work space: like the real library's, more than none and growing with n.
int64_t workElements(int64_t n) { return 32 * n + 256; }

template <class T>
cusolverStatus_t bufferSize(const char* function, cusolverDnHandle_t handle, cublasFillMode_t uplo, int n, const T* a,
                            int lda, int* lwork) {
  SolverCall call(function, handle, uplo);
  call.square(a, n, lda, false);
  call.require(lwork != nullptr, "lwork", "a pointer");
  call.require(workElements(n) <= std::numeric_limits<int>::max(), "n", "less");
  const Outcome outcome = call.run(true, nullptr);
  if (outcome == Outcome::done) *lwork = static_cast<int>(workElements(n));
  return solverStatus(outcome);
}

// potrf and potri differ in the routine alone.
template <class T>
cusolverStatus_t inPlace(const char* function, cusolverDnHandle_t handle, cublasFillMode_t uplo, int n, T* a, int lda,
                         T* workspace, int lwork, int* devInfo, void (*routine)(const char*, int, T*, int, int*)) {
  SolverCall call(function, handle, uplo);
  call.square(a, n, lda, true);
  call.workspace(workspace, lwork, n == 0 ? 0 : workElements(n));
  call.info(devInfo);
  return solverStatus(call.run(false, [=] {
    std::fill(workspace, workspace + lwork, std::numeric_limits<T>::quiet_NaN());
    *devInfo = 0;
    if (n > 0) routine(lapack(uplo), n, a, lda, devInfo);
  }));
}

template <class T>
cusolverStatus_t solve(const char* function, cusolverDnHandle_t handle, cublasFillMode_t uplo, int n, int nrhs,
                       const T* a, int lda, T* b, int ldb, int* devInfo) {
  SolverCall call(function, handle, uplo);
  call.square(a, n, lda, false);
  call.size("nrhs", nrhs);
  call.matrix({"B", b, n, nrhs, ldb, sizeof(T), true});
  call.info(devInfo);
  return solverStatus(call.run(false, [=] {
    *devInfo = 0;
    if (n > 0 && nrhs > 0) potrs(lapack(uplo), n, nrhs, a, lda, b, ldb, devInfo);
  }));
}

// Bytes of work space on the host: the real library also asks for some of the time.
constexpr size_t hostWorkBytes = 64;

// The work spaces of the forms that are told the type.
struct WorkSpaces {
  void* device;
  size_t deviceBytes;
  void* host;
  size_t hostBytes;
};

size_t bytesOf(cudaDataType type) { return type == CUDA_R_64F ? sizeof(double) : sizeof(float); }

// What the forms that are told the type have in common.
class TypedCall : public SolverCall {
 public:
  TypedCall(const char* function, cusolverDnHandle_t handle, cublasFillMode_t uplo, cudaDataType type, const void* a,
            int64_t n, int64_t lda, bool written)
      : SolverCall(function, handle, uplo), elementBytes_(bytesOf(type)), n_(n) {
    require(type == CUDA_R_32F || type == CUDA_R_64F, "the type", "F32 or F64");
    size("n", n);
    matrix({"A", a, n, n, lda, elementBytes_, written});
  }

  cusolverStatus_t sizes(size_t* deviceBytes, size_t* hostBytes) {
    require(deviceBytes && hostBytes, "a size", "a pointer");
    const Outcome outcome = run(true, nullptr);
    if (outcome == Outcome::done) {
      *deviceBytes = static_cast<size_t>(workElements(n_)) * elementBytes_;
      *hostBytes = hostWorkBytes;
    }
    return solverStatus(outcome);
  }

  cusolverStatus_t perform(const WorkSpaces& work, int* devInfo, const std::function<void()>& routine) {
    const int64_t elements = static_cast<int64_t>(work.deviceBytes / elementBytes_);
    require(elements >= workElements(n_), "the device's work space", "at least what bufferSize says");
    require(work.host && work.hostBytes >= hostWorkBytes, "the host's work space", "at least what bufferSize says");
    vector("the device's work space", work.device, elements, 1, elementBytes_, true);
    info(devInfo);
    return solverStatus(run(false, [=] {
      std::memset(work.device, 0xff, work.deviceBytes);
      std::memset(work.host, 0xff, work.hostBytes);
      *devInfo = 0;
      routine();
    }));
  }

 private:
  const size_t elementBytes_;
  const int64_t n_;
};

}  // namespace
}  // namespace emulation
}  // namespace lathe

using namespace lathe::emulation;

cusolverStatus_t cusolverDnCreate(cusolverDnHandle_t* handle) {
  if (!handle) return CUSOLVER_STATUS_INVALID_VALUE;
  *handle = reinterpret_cast<cusolverDnHandle_t>(createHandle(solverHandle));
  return *handle ? CUSOLVER_STATUS_SUCCESS : CUSOLVER_STATUS_NOT_INITIALIZED;
}

cusolverStatus_t cusolverDnDestroy(cusolverDnHandle_t handle) {
  if (!isHandle(handle, solverHandle)) return CUSOLVER_STATUS_NOT_INITIALIZED;
  destroyHandle(reinterpret_cast<LibraryHandle*>(handle));
  return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t cusolverDnSetStream(cusolverDnHandle_t handle, cudaStream_t stream) {
  if (!isHandle(handle, solverHandle)) return CUSOLVER_STATUS_NOT_INITIALIZED;
  reinterpret_cast<LibraryHandle*>(handle)->stream = stream;
  return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t cusolverDnGetStream(cusolverDnHandle_t handle, cudaStream_t* stream) {
  if (!isHandle(handle, solverHandle)) return CUSOLVER_STATUS_NOT_INITIALIZED;
  if (!stream) return CUSOLVER_STATUS_INVALID_VALUE;
  *stream = reinterpret_cast<LibraryHandle*>(handle)->stream;
  return CUSOLVER_STATUS_SUCCESS;
}

#define LATHE_SOLVER(letter, T)                                                                                        \
  cusolverStatus_t cusolverDn##letter##potrf_bufferSize(cusolverDnHandle_t handle, cublasFillMode_t uplo, int n, T* a, \
                                                        int lda, int* lwork) {                                         \
    return bufferSize("cusolverDn" #letter "potrf_bufferSize", handle, uplo, n, a, lda, lwork);                        \
  }                                                                                                                    \
  cusolverStatus_t cusolverDn##letter##potrf(cusolverDnHandle_t handle, cublasFillMode_t uplo, int n, T* a, int lda,   \
                                             T* workspace, int lwork, int* devInfo) {                                  \
    return inPlace<T>("cusolverDn" #letter "potrf", handle, uplo, n, a, lda, workspace, lwork, devInfo, potrf);        \
  }                                                                                                                    \
  cusolverStatus_t cusolverDn##letter##potri_bufferSize(cusolverDnHandle_t handle, cublasFillMode_t uplo, int n, T* a, \
                                                        int lda, int* lwork) {                                         \
    return bufferSize("cusolverDn" #letter "potri_bufferSize", handle, uplo, n, a, lda, lwork);                        \
  }                                                                                                                    \
  cusolverStatus_t cusolverDn##letter##potri(cusolverDnHandle_t handle, cublasFillMode_t uplo, int n, T* a, int lda,   \
                                             T* workspace, int lwork, int* devInfo) {                                  \
    return inPlace<T>("cusolverDn" #letter "potri", handle, uplo, n, a, lda, workspace, lwork, devInfo, potri);        \
  }                                                                                                                    \
  cusolverStatus_t cusolverDn##letter##potrs(cusolverDnHandle_t handle, cublasFillMode_t uplo, int n, int nrhs,        \
                                             const T* a, int lda, T* b, int ldb, int* devInfo) {                       \
    return solve("cusolverDn" #letter "potrs", handle, uplo, n, nrhs, a, lda, b, ldb, devInfo);                        \
  }

LATHE_SOLVER(S, float)
LATHE_SOLVER(D, double)

// Nothing can be set in them.
struct cusolverDnParams {};

cusolverStatus_t cusolverDnCreateParams(cusolverDnParams_t* params) {
  if (!params) return CUSOLVER_STATUS_INVALID_VALUE;
  *params = new cusolverDnParams;
  return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t cusolverDnDestroyParams(cusolverDnParams_t params) {
  delete params;
  return CUSOLVER_STATUS_SUCCESS;
}

cusolverStatus_t cusolverDnXpotrf_bufferSize(cusolverDnHandle_t handle, cusolverDnParams_t, cublasFillMode_t uplo,
                                             int64_t n, cudaDataType type, const void* a, int64_t lda,
                                             cudaDataType compute, size_t* deviceBytes, size_t* hostBytes) {
  TypedCall call("cusolverDnXpotrf_bufferSize", handle, uplo, type, a, n, lda, false);
  call.require(compute == type, "computeType", "the matrix's");
  return call.sizes(deviceBytes, hostBytes);
}

cusolverStatus_t cusolverDnXpotrf(cusolverDnHandle_t handle, cusolverDnParams_t params, cublasFillMode_t uplo,
                                  int64_t n, cudaDataType type, void* a, int64_t lda, cudaDataType compute,
                                  void* deviceWork, size_t deviceBytes, void* hostWork, size_t hostBytes,
                                  int* devInfo) {
  TypedCall call("cusolverDnXpotrf", handle, uplo, type, a, n, lda, true);
  call.require(compute == type, "computeType", "the matrix's");
  call.require(params != nullptr, "params", "those of cusolverDnCreateParams");
  return call.perform({deviceWork, deviceBytes, hostWork, hostBytes}, devInfo, [=] {
    const int order = narrow(n), leading = narrow(lda);
    if (type == CUDA_R_64F) {
      potrf(lapack(uplo), order, static_cast<double*>(a), leading, devInfo);
    } else {
      potrf(lapack(uplo), order, static_cast<float*>(a), leading, devInfo);
    }
  });
}

cusolverStatus_t cusolverDnXtrtri_bufferSize(cusolverDnHandle_t handle, cublasFillMode_t uplo, cublasDiagType_t diag,
                                             int64_t n, cudaDataType type, void* a, int64_t lda, size_t* deviceBytes,
                                             size_t* hostBytes) {
  TypedCall call("cusolverDnXtrtri_bufferSize", handle, uplo, type, a, n, lda, false);
  call.require(isOneOf(diag), "diag", "one of its enumeration");
  return call.sizes(deviceBytes, hostBytes);
}

cusolverStatus_t cusolverDnXtrtri(cusolverDnHandle_t handle, cublasFillMode_t uplo, cublasDiagType_t diag, int64_t n,
                                  cudaDataType type, void* a, int64_t lda, void* deviceWork, size_t deviceBytes,
                                  void* hostWork, size_t hostBytes, int* devInfo) {
  TypedCall call("cusolverDnXtrtri", handle, uplo, type, a, n, lda, true);
  call.require(isOneOf(diag), "diag", "one of its enumeration");
  return call.perform({deviceWork, deviceBytes, hostWork, hostBytes}, devInfo, [=] {
    const char* unit = diag == CUBLAS_DIAG_UNIT ? "U" : "N";
    const int order = narrow(n), leading = narrow(lda);
    if (type == CUDA_R_64F) {
      trtri(lapack(uplo), unit, order, static_cast<double*>(a), leading, devInfo);
    } else {
      trtri(lapack(uplo), unit, order, static_cast<float*>(a), leading, devInfo);
    }
  });
}
