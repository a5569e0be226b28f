// gemm with operands of other types than its sums.
#include <algorithm>
#include <cmath>
#include <vector>

#include "blas.h"
#include "cuda_bf16.h"
#include "cuda_fp16.h"
#include "library_call.h"

// --- The 16-bit types ------------------------------------------------------------------------------------------------

__nv_bfloat16 __float2bfloat16(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  if (std::isnan(value)) return __nv_bfloat16(__nv_bfloat16_raw{0x7fff});  // the device's one NaN
  bits += 0x7fff + (bits >> 16 & 1);
  return __nv_bfloat16(__nv_bfloat16_raw{static_cast<uint16_t>(bits >> 16)});
}

float __bfloat162float(__nv_bfloat16 value) {
  const uint32_t bits = static_cast<uint32_t>(value.bits) << 16;
  float result;
  __builtin_memcpy(&result, &bits, sizeof result);
  return result;
}

__half __float2half(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  const uint16_t sign = static_cast<uint16_t>(bits >> 16 & 0x8000);
  const float magnitude = std::fabs(value);
  uint16_t half;
  if (std::isnan(value)) return __half(__half_raw{0x7fff});  // the device's one NaN
  if (magnitude >= 65520.0f) {
    half = 0x7c00;
  } else if (magnitude < 0x1p-14f) {
    half = static_cast<uint16_t>(std::nearbyint(magnitude * 0x1p24f));  // in units of the smallest
  } else {
    uint32_t rounded = bits & 0x7fffffff;
    rounded += 0xfff + (rounded >> 13 & 1);
    half = static_cast<uint16_t>((rounded >> 13) - (112 << 10));
  }
  return __half(__half_raw{static_cast<uint16_t>(sign | half)});
}

float __half2float(__half value) {
  const uint32_t exponent = value.bits >> 10 & 0x1f, mantissa = value.bits & 0x3ff;
  float magnitude;
  if (exponent == 0) {
    magnitude = static_cast<float>(mantissa) * 0x1p-24f;
  } else {
    const uint32_t bits = (exponent == 31 ? 0xffu : exponent + 112) << 23 | mantissa << 13;
    __builtin_memcpy(&magnitude, &bits, sizeof magnitude);
  }
  return value.bits & 0x8000 ? -magnitude : magnitude;
}

namespace lathe {
namespace emulation {
namespace {

size_t bytesOf(cudaDataType type) {
  return type == CUDA_R_64F ? 8 : type == CUDA_R_32F ? 4 : type == CUDA_R_16F || type == CUDA_R_16BF ? 2 : 0;
}

float read(const void* memory, cudaDataType type, int64_t index) {
  switch (type) {
    case CUDA_R_16F:
      return __half2float(static_cast<const __half*>(memory)[index]);
    case CUDA_R_16BF:
      return __bfloat162float(static_cast<const __nv_bfloat16*>(memory)[index]);
    default:
      return static_cast<const float*>(memory)[index];
  }
}

void write(void* memory, cudaDataType type, int64_t index, float value) {
  switch (type) {
    case CUDA_R_16F:
      static_cast<__half*>(memory)[index] = __float2half(value);
      break;
    case CUDA_R_16BF:
      static_cast<__nv_bfloat16*>(memory)[index] = __float2bfloat16(value);
      break;
    default:
      static_cast<float*>(memory)[index] = value;
  }
}

// The 10 bits of mantissa that tensor cores take from an F32 operand: to nearest, ties away from zero.
float toTf32(float value) {
  if (!std::isfinite(value)) return value;
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  bits = (bits + 0x1000) & ~0x1fffu;
  __builtin_memcpy(&value, &bits, sizeof bits);
  return value;
}

float rounded(float value, cublasComputeType_t compute) {
  switch (compute) {
    case CUBLAS_COMPUTE_32F_FAST_16F:
      return __half2float(__float2half(value));
    case CUBLAS_COMPUTE_32F_FAST_16BF:
      return __bfloat162float(__float2bfloat16(value));
    case CUBLAS_COMPUTE_32F_FAST_TF32:
      return toTf32(value);
    default:
      return value;
  }
}

// A dense F32 copy [rows x cols] of a matrix.
std::vector<float> widened(const void* memory, cudaDataType type, int64_t rows, int64_t cols, int64_t leading,
                           cublasComputeType_t compute) {
  std::vector<float> dense(static_cast<size_t>(rows * cols));
  for (int64_t j = 0; j < cols; ++j) {
    for (int64_t i = 0; i < rows; ++i) {
      const float value = read(memory, type, i + j * leading);
      dense[static_cast<size_t>(i + j * rows)] = type == CUDA_R_32F ? rounded(value, compute) : value;
    }
  }
  return dense;
}

struct Product {
  cublasOperation_t transa, transb;
  int64_t m, n, k;
  const void* a;
  cudaDataType aType;
  int64_t lda;
  const void* b;
  cudaDataType bType;
  int64_t ldb;
  void* c;
  cudaDataType cType;
  int64_t ldc;
  cublasComputeType_t compute;
};

void multiply(const Product& p, float alpha, float beta) {
  const bool rowsA = p.transa == CUBLAS_OP_N, rowsB = p.transb == CUBLAS_OP_N;
  const int64_t heightA = rowsA ? p.m : p.k, heightB = rowsB ? p.k : p.n;
  const std::vector<float> a = widened(p.a, p.aType, heightA, rowsA ? p.k : p.m, p.lda, p.compute);
  const std::vector<float> b = widened(p.b, p.bType, heightB, rowsB ? p.n : p.k, p.ldb, p.compute);
  std::vector<float> c(static_cast<size_t>(p.m) * static_cast<size_t>(p.n), 0.0f);
  if (beta != 0) c = widened(p.c, p.cType, p.m, p.n, p.ldc, CUBLAS_COMPUTE_32F);
  gemm(p.transa, p.transb, p.m, p.n, p.k, alpha, a.data(), std::max<int64_t>(heightA, 1), b.data(),
       std::max<int64_t>(heightB, 1), beta, c.data(), p.m);
  for (int64_t j = 0; j < p.n; ++j) {
    for (int64_t i = 0; i < p.m; ++i) write(p.c, p.cType, i + j * p.ldc, c[static_cast<size_t>(i + j * p.m)]);
  }
}

bool isSupported(cudaDataType a, cudaDataType b, cudaDataType c, cublasComputeType_t compute) {
  switch (compute) {
    case CUBLAS_COMPUTE_64F:
    case CUBLAS_COMPUTE_64F_PEDANTIC:
      return a == CUDA_R_64F && b == CUDA_R_64F && c == CUDA_R_64F;
    case CUBLAS_COMPUTE_32F:
    case CUBLAS_COMPUTE_32F_PEDANTIC:
      return a == b && (a == CUDA_R_32F || a == CUDA_R_16F || a == CUDA_R_16BF) && (c == CUDA_R_32F || c == a);
    case CUBLAS_COMPUTE_32F_FAST_16F:
    case CUBLAS_COMPUTE_32F_FAST_16BF:
    case CUBLAS_COMPUTE_32F_FAST_TF32:
      return a == CUDA_R_32F && b == CUDA_R_32F && c == CUDA_R_32F;
  }
  return false;
}

const void* shifted(const void* memory, int64_t bytes) { return static_cast<const char*>(memory) + bytes; }

// Everything of the call but F64, whose forms are those of cublasDgemm.
cublasStatus_t gemmOfTypes(const char* function, cublasHandle_t handle, const Product& p, const float* alpha,
                           const float* beta, long long strideA, long long strideB, long long strideC, int64_t count) {
  LibraryCall call(function, handle, LibraryHandle::Kind::blas);
  call.require(isOneOf(p.transa), "transa", "one of its enumeration");
  call.require(isOneOf(p.transb), "transb", "one of its enumeration");
  call.size("m", p.m);
  call.size("n", p.n);
  call.size("k", p.k);
  call.size("batchCount", count);
  const bool rowsA = p.transa == CUBLAS_OP_N, rowsB = p.transb == CUBLAS_OP_N;
  const size_t bytesA = bytesOf(p.aType), bytesB = bytesOf(p.bType), bytesC = bytesOf(p.cType);
  call.matrix({"A", p.a, rowsA ? p.m : p.k, rowsA ? p.k : p.m, p.lda, bytesA, false, count, strideA});
  call.matrix({"B", p.b, rowsB ? p.k : p.n, rowsB ? p.n : p.k, p.ldb, bytesB, false, count, strideB});
  call.matrix({"C", p.c, p.m, p.n, p.ldc, bytesC, true, count, strideC});
  const auto alphaValue = call.scalar("alpha", alpha), betaValue = call.scalar("beta", beta);
  const Outcome outcome = call.run(p.m == 0 || p.n == 0 || count == 0, [=] {
    for (int64_t i = 0; i < count; ++i) {
      Product one = p;
      one.a = shifted(p.a, i * strideA * static_cast<int64_t>(bytesA));
      one.b = shifted(p.b, i * strideB * static_cast<int64_t>(bytesB));
      one.c = const_cast<void*>(shifted(p.c, i * strideC * static_cast<int64_t>(bytesC)));
      multiply(one, alphaValue(), betaValue());
    }
  });
  return statusOf(outcome);
}

}  // namespace
}  // namespace emulation
}  // namespace lathe

using namespace lathe::emulation;

#define LATHE_GEMM_EX(Int, suffix)                                                                                    \
  cublasStatus_t cublasGemmStridedBatchedEx##suffix(                                                                  \
      cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb, Int m, Int n, Int k,                 \
      const void* alpha, const void* a, cudaDataType aType, Int lda, long long strideA, const void* b,                \
      cudaDataType bType, Int ldb, long long strideB, const void* beta, void* c, cudaDataType cType, Int ldc,         \
      long long strideC, Int count, cublasComputeType_t compute, cublasGemmAlgo_t) {                                  \
    if (!isSupported(aType, bType, cType, compute)) return CUBLAS_STATUS_NOT_SUPPORTED;                               \
    if (aType == CUDA_R_64F) {                                                                                        \
      return cublasDgemmStridedBatched_64(handle, transa, transb, m, n, k, static_cast<const double*>(alpha),         \
                                          static_cast<const double*>(a), lda, strideA, static_cast<const double*>(b), \
                                          ldb, strideB, static_cast<const double*>(beta), static_cast<double*>(c),    \
                                          ldc, strideC, count);                                                       \
    }                                                                                                                 \
    return gemmOfTypes("cublasGemmStridedBatchedEx" #suffix, handle,                                                  \
                       {transa, transb, m, n, k, a, aType, lda, b, bType, ldb, c, cType, ldc, compute},               \
                       static_cast<const float*>(alpha), static_cast<const float*>(beta), strideA, strideB, strideC,  \
                       count);                                                                                        \
  }                                                                                                                   \
                                                                                                                      \
  cublasStatus_t cublasGemmEx##suffix(cublasHandle_t handle, cublasOperation_t transa, cublasOperation_t transb,      \
                                      Int m, Int n, Int k, const void* alpha, const void* a, cudaDataType aType,      \
                                      Int lda, const void* b, cudaDataType bType, Int ldb, const void* beta, void* c, \
                                      cudaDataType cType, Int ldc, cublasComputeType_t compute, cublasGemmAlgo_t) {   \
    if (!isSupported(aType, bType, cType, compute)) return CUBLAS_STATUS_NOT_SUPPORTED;                               \
    if (aType == CUDA_R_64F) {                                                                                        \
      return cublasDgemm_64(handle, transa, transb, m, n, k, static_cast<const double*>(alpha),                       \
                            static_cast<const double*>(a), lda, static_cast<const double*>(b), ldb,                   \
                            static_cast<const double*>(beta), static_cast<double*>(c), ldc);                          \
    }                                                                                                                 \
    return gemmOfTypes("cublasGemmEx" #suffix, handle,                                                                \
                       {transa, transb, m, n, k, a, aType, lda, b, bType, ldb, c, cType, ldc, compute},               \
                       static_cast<const float*>(alpha), static_cast<const float*>(beta), 0, 0, 0, 1);                \
  }

LATHE_GEMM_EX(int, )
LATHE_GEMM_EX(int64_t, _64)
