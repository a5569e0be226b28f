// cuBLAS and cuSOLVER of the emulation against loops, and what they refuse.
//
// Bounds: a sum of k products in precision u, in any order, is within k u sum |a b| of the exact one (k u << 1); the
// loops here sum in F64, so k + 2 covers both sides of an F32 result and its own rounding.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "check.h"
#include "cublas_v2.h"
#include "cuda_bf16.h"
#include "cuda_fp16.h"
#include "cusolverDn.h"
#include "emulation_fixture.h"

using namespace lathe::test;

namespace {

// Repeatable values in (-1, 1).
template <class T>
std::vector<T> values(size_t n, uint32_t seed) {
  std::vector<T> v(n);
  for (T& x : v) {
    seed = seed * 1664525u + 1013904223u;
    x = static_cast<T>(static_cast<int32_t>(seed) / 2147483648.0);
  }
  return v;
}

struct Handle {
  Handle() {
    CHECK_EQUAL(cublasCreate(&blas), CUBLAS_STATUS_SUCCESS);
    CHECK_EQUAL(cusolverDnCreate(&solver), CUSOLVER_STATUS_SUCCESS);
  }
  ~Handle() {
    cublasDestroy(blas);
    cusolverDnDestroy(solver);
  }
  cublasHandle_t blas = nullptr;
  cusolverDnHandle_t solver = nullptr;
};

// Element (i, j) of op(x), x with leading dimension ld.
template <class T>
double at(const std::vector<T>& x, cublasOperation_t op, int ld, int i, int j) {
  return static_cast<double>(op == CUBLAS_OP_N ? x[i + static_cast<size_t>(j) * ld]
                                               : x[j + static_cast<size_t>(i) * ld]);
}

// The forms of one type under one name.
template <class T>
struct Blas;
#define BLAS(letter, T)                                                     \
  template <>                                                               \
  struct Blas<T> {                                                          \
    static constexpr auto gemm = cublas##letter##gemm;                      \
    static constexpr auto batched = cublas##letter##gemmStridedBatched;     \
    static constexpr auto wide = cublas##letter##gemm_64;                   \
    static constexpr auto syrk = cublas##letter##syrk;                      \
    static constexpr auto symm = cublas##letter##symm;                      \
    static constexpr auto trsm = cublas##letter##trsm;                      \
    static constexpr auto trmm = cublas##letter##trmm;                      \
    static constexpr auto geam = cublas##letter##geam;                      \
    static constexpr auto dgmm = cublas##letter##dgmm;                      \
    static constexpr auto gemv = cublas##letter##gemv;                      \
    static constexpr auto ger = cublas##letter##ger;                        \
    static constexpr auto dot = cublas##letter##dot;                        \
    static constexpr auto nrm2 = cublas##letter##nrm2;                      \
    static constexpr auto axpy = cublas##letter##axpy;                      \
    static constexpr auto scal = cublas##letter##scal;                      \
    static constexpr auto potrfSize = cusolverDn##letter##potrf_bufferSize; \
    static constexpr auto potrf = cusolverDn##letter##potrf;                \
    static constexpr auto potriSize = cusolverDn##letter##potri_bufferSize; \
    static constexpr auto potri = cusolverDn##letter##potri;                \
    static constexpr auto potrs = cusolverDn##letter##potrs;                \
  };
BLAS(S, float)
BLAS(D, double)
#undef BLAS

constexpr cublasOperation_t operations[] = {CUBLAS_OP_N, CUBLAS_OP_T};
constexpr cublasFillMode_t triangles[] = {CUBLAS_FILL_MODE_LOWER, CUBLAS_FILL_MODE_UPPER};
constexpr cublasSideMode_t sides[] = {CUBLAS_SIDE_LEFT, CUBLAS_SIDE_RIGHT};

bool inTriangle(cublasFillMode_t uplo, int i, int j) { return uplo == CUBLAS_FILL_MODE_LOWER ? i >= j : i <= j; }

template <class T>
double unit() {
  return std::numeric_limits<T>::epsilon();
}

template <class T>
void testGemm() {
  Handle handle;
  const int m = 7, n = 5, k = 33, pad = 3, count = 2;
  const T alpha = static_cast<T>(1.5), beta = static_cast<T>(-0.5);
  for (cublasOperation_t opA : operations) {
    for (cublasOperation_t opB : operations) {
      const int lda = (opA == CUBLAS_OP_N ? m : k) + pad, ldb = (opB == CUBLAS_OP_N ? k : n) + pad, ldc = m + pad;
      const int strideA = lda * k, strideB = ldb * k, strideC = ldc * n;
      const auto a = values<T>(count * strideA, 1), b = values<T>(count * strideB, 2),
                 c = values<T>(count * strideC, 3);
      DeviceArray<T> da(a), db(b), dc(c);
      CHECK_EQUAL(Blas<T>::batched(handle.blas, opA, opB, m, n, k, &alpha, da.data(), lda, strideA, db.data(), ldb,
                                   strideB, &beta, dc.data(), ldc, strideC, count),
                  CUBLAS_STATUS_SUCCESS, lathe::emulation::lastReport());
      const std::vector<T> found = dc.host();
      for (int batch = 0; batch < count; ++batch) {
        const std::vector<T> ai(a.begin() + batch * strideA, a.end()), bi(b.begin() + batch * strideB, b.end());
        for (int j = 0; j < n; ++j) {
          for (int i = 0; i < ldc; ++i) {
            const size_t place = static_cast<size_t>(batch * strideC + i + j * ldc);
            double sum = 0, size = 0;
            for (int l = 0; l < k && i < m; ++l) {
              const double product = at(ai, opA, lda, i, l) * at(bi, opB, ldb, l, j);
              sum += product;
              size += std::fabs(product);
            }
            const double expected = i < m ? alpha * sum + beta * c[place] : c[place];
            CHECK_NEAR(found[place], expected, (k + 4) * unit<T>() * (1.5 * size + 1), i, " ", j);
          }
        }
      }
      // One of them by the plain form and by that of 64 bits: the very same.
      for (bool wide : {false, true}) {
        dc = c;
        const cublasStatus_t status = wide ? Blas<T>::wide(handle.blas, opA, opB, m, n, k, &alpha, da.data(), lda,
                                                           db.data(), ldb, &beta, dc.data(), ldc)
                                           : Blas<T>::gemm(handle.blas, opA, opB, m, n, k, &alpha, da.data(), lda,
                                                           db.data(), ldb, &beta, dc.data(), ldc);
        CHECK_EQUAL(status, CUBLAS_STATUS_SUCCESS);
        const std::vector<T> one = dc.host();
        CHECK(std::equal(one.begin(), one.begin() + strideC, found.begin()));
      }
    }
  }
}

template <class T>
void testSymmetric() {
  Handle handle;
  const int n = 6, k = 9, m = 4, ld = 11;
  const T alpha = 2, beta = static_cast<T>(0.25);
  const auto a = values<T>(ld * ld, 4), b = values<T>(ld * ld, 5), c = values<T>(ld * ld, 6);
  DeviceArray<T> da(a), db(b), dc(c);
  for (cublasFillMode_t uplo : triangles) {
    for (cublasOperation_t op : operations) {
      dc = c;
      CHECK_EQUAL(Blas<T>::syrk(handle.blas, uplo, op, n, k, &alpha, da.data(), ld, &beta, dc.data(), ld),
                  CUBLAS_STATUS_SUCCESS, lathe::emulation::lastReport());
      const std::vector<T> found = dc.host();
      for (int j = 0; j < n; ++j) {
        for (int i = 0; i < n; ++i) {
          double sum = 0;
          for (int l = 0; l < k; ++l) sum += at(a, op, ld, i, l) * at(a, op, ld, j, l);
          const double before = c[i + j * ld];
          const double expected = inTriangle(uplo, i, j) ? 2 * sum + 0.25 * before : before;
          CHECK_NEAR(found[i + j * ld], expected, (k + 4) * unit<T>() * 2 * (k + 1));
        }
      }
    }
    for (cublasSideMode_t side : sides) {
      dc = c;
      CHECK_EQUAL(
          Blas<T>::symm(handle.blas, side, uplo, m, n, &alpha, da.data(), ld, db.data(), ld, &beta, dc.data(), ld),
          CUBLAS_STATUS_SUCCESS, lathe::emulation::lastReport());
      const std::vector<T> found = dc.host();
      const auto symmetric = [&](int i, int j) {
        return static_cast<double>(inTriangle(uplo, i, j) ? a[i + j * ld] : a[j + i * ld]);
      };
      for (int j = 0; j < n; ++j) {
        for (int i = 0; i < m; ++i) {
          double sum = 0;
          const bool left = side == CUBLAS_SIDE_LEFT;
          for (int l = 0; l < (left ? m : n); ++l) {
            sum += left ? symmetric(i, l) * b[l + j * ld] : b[i + l * ld] * symmetric(l, j);
          }
          CHECK_NEAR(found[i + j * ld], 2 * sum + 0.25 * c[i + j * ld], (n + 4) * unit<T>() * 2 * (n + 1));
        }
      }
    }
  }
}

// trmm multiplies by op(A); trsm brings back what was there.
template <class T>
void testTriangular() {
  Handle handle;
  const int m = 5, n = 7, ld = 8;
  const T two = 2, half = static_cast<T>(0.5);
  auto a = values<T>(ld * ld, 7);
  for (int i = 0; i < ld; ++i) a[i + i * ld] = 3;  // far from singular
  const auto b = values<T>(ld * n, 8);
  DeviceArray<T> da(a), db(b), dc(b.size());
  for (cublasSideMode_t side : sides) {
    for (cublasFillMode_t uplo : triangles) {
      for (cublasOperation_t op : operations) {
        for (cublasDiagType_t diag : {CUBLAS_DIAG_NON_UNIT, CUBLAS_DIAG_UNIT}) {
          const bool left = side == CUBLAS_SIDE_LEFT;
          CHECK_EQUAL(
              Blas<T>::trmm(handle.blas, side, uplo, op, diag, m, n, &two, da.data(), ld, db.data(), ld, dc.data(), ld),
              CUBLAS_STATUS_SUCCESS, lathe::emulation::lastReport());
          const std::vector<T> product = dc.host();
          const auto triangular = [&](int i, int j) -> double {
            if (op == CUBLAS_OP_T) std::swap(i, j);
            if (i == j) return diag == CUBLAS_DIAG_UNIT ? 1 : a[i + j * ld];
            return inTriangle(uplo, i, j) ? static_cast<double>(a[i + j * ld]) : 0;
          };
          for (int j = 0; j < n; ++j) {
            for (int i = 0; i < m; ++i) {
              double sum = 0;
              for (int l = 0; l < (left ? m : n); ++l) {
                sum += left ? triangular(i, l) * b[l + j * ld] : b[i + l * ld] * triangular(l, j);
              }
              CHECK_NEAR(product[i + j * ld], 2 * sum, (n + 4) * unit<T>() * 2 * (n + 3));
            }
          }
          CHECK_EQUAL(Blas<T>::trsm(handle.blas, side, uplo, op, diag, m, n, &half, da.data(), ld, dc.data(), ld),
                      CUBLAS_STATUS_SUCCESS, lathe::emulation::lastReport());
          const std::vector<T> solved = dc.host();
          // With a unit diagonal and entries below 1, the inverse's entries stay below 2^6.
          for (int j = 0; j < n; ++j) {
            for (int i = 0; i < m; ++i) {
              CHECK_NEAR(solved[i + j * ld], b[i + j * ld], 64 * 64 * 8 * unit<T>());
            }
          }
        }
      }
    }
  }
}

template <class T>
void testVectorsAndSums() {
  Handle handle;
  const int m = 6, n = 4, ld = 9;
  const T alpha = static_cast<T>(1.25), beta = static_cast<T>(0.5), none = 0;
  const auto a = values<T>(ld * ld, 9), b = values<T>(ld * ld, 10), x = values<T>(ld * 2, 11),
             y = values<T>(ld * 2, 12);
  DeviceArray<T> da(a), db(b), dc(a.size()), dx(x), dy(y);
  const double bound = 16 * unit<T>() * 8;
  CHECK_EQUAL(Blas<T>::geam(handle.blas, CUBLAS_OP_T, CUBLAS_OP_N, m, n, &alpha, da.data(), ld, &beta, db.data(), ld,
                            dc.data(), ld),
              CUBLAS_STATUS_SUCCESS, lathe::emulation::lastReport());
  std::vector<T> found = dc.host();
  for (int j = 0; j < n; ++j) {
    for (int i = 0; i < m; ++i) CHECK_NEAR(found[i + j * ld], 1.25 * a[j + i * ld] + 0.5 * b[i + j * ld], bound);
  }
  // A transposition, whose other operand may be null.
  CHECK_EQUAL(Blas<T>::geam(handle.blas, CUBLAS_OP_T, CUBLAS_OP_N, m, n, &alpha, da.data(), ld, &none, nullptr, m,
                            dc.data(), ld),
              CUBLAS_STATUS_SUCCESS, lathe::emulation::lastReport());
  CHECK_NEAR(dc.host()[1 + 2 * ld], 1.25 * a[2 + ld], bound);
  CHECK_EQUAL(Blas<T>::dgmm(handle.blas, CUBLAS_SIDE_RIGHT, m, n, da.data(), ld, dx.data(), 2, dc.data(), ld),
              CUBLAS_STATUS_SUCCESS, lathe::emulation::lastReport());
  found = dc.host();
  for (int j = 0; j < n; ++j) {
    for (int i = 0; i < m; ++i) CHECK_EQUAL(found[i + j * ld], a[i + j * ld] * x[2 * j]);
  }
  CHECK_EQUAL(Blas<T>::gemv(handle.blas, CUBLAS_OP_T, m, n, &alpha, da.data(), ld, dx.data(), 2, &beta, dy.data(), 1),
              CUBLAS_STATUS_SUCCESS, lathe::emulation::lastReport());
  found = dy.host();
  for (int j = 0; j < n; ++j) {
    double sum = 0;
    for (int i = 0; i < m; ++i) sum += static_cast<double>(a[i + j * ld]) * x[2 * i];
    CHECK_NEAR(found[j], 1.25 * sum + 0.5 * y[j], bound);
  }
  dy = y;
  CHECK_EQUAL(Blas<T>::ger(handle.blas, m, n, &alpha, dx.data(), 1, dy.data(), 2, da.data(), ld),
              CUBLAS_STATUS_SUCCESS);
  CHECK_NEAR(da.host()[3 + 2 * ld], a[3 + 2 * ld] + 1.25 * x[3] * y[4], bound);
  T result = 0;
  CHECK_EQUAL(Blas<T>::dot(handle.blas, m, dx.data(), 1, dy.data(), 2, &result), CUBLAS_STATUS_SUCCESS);
  double sum = 0;
  for (int i = 0; i < m; ++i) sum += static_cast<double>(x[i]) * y[2 * i];
  CHECK_NEAR(result, sum, bound);
  CHECK_EQUAL(cublasSetPointerMode(handle.blas, CUBLAS_POINTER_MODE_DEVICE), CUBLAS_STATUS_SUCCESS);
  DeviceArray<T> onDevice(1);
  CHECK_EQUAL(Blas<T>::nrm2(handle.blas, m, dx.data(), 1, onDevice.data()), CUBLAS_STATUS_SUCCESS);
  sum = 0;
  for (int i = 0; i < m; ++i) sum += static_cast<double>(x[i]) * x[i];
  CHECK_NEAR(onDevice.host()[0], std::sqrt(sum), bound);
  CHECK_EQUAL(Blas<T>::axpy(handle.blas, m, onDevice.data(), dx.data(), 1, dy.data(), 1), CUBLAS_STATUS_SUCCESS);
  CHECK_NEAR(dy.host()[4], y[4] + std::sqrt(sum) * x[4], bound);
  CHECK_EQUAL(Blas<T>::scal(handle.blas, m, onDevice.data(), dx.data(), 1), CUBLAS_STATUS_SUCCESS);
  CHECK_NEAR(dx.host()[5], std::sqrt(sum) * x[5], bound);
}

// A positive definite matrix [n x n] with condition below 100, both triangles.
template <class T>
std::vector<T> positiveDefinite(int n) {
  const auto x = values<T>(static_cast<size_t>(n) * n, 13);
  std::vector<T> h(static_cast<size_t>(n) * n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      double sum = i == j ? n / 4.0 : 0;
      for (int l = 0; l < n; ++l) sum += static_cast<double>(x[i + l * n]) * x[j + l * n];
      h[i + j * n] = static_cast<T>(sum);
    }
  }
  return h;
}

template <class T>
void testSolver() {
  Handle handle;
  const int n = 20, nrhs = 3;
  const std::vector<T> h = positiveDefinite<T>(n), b = values<T>(n * nrhs, 14);
  DeviceArray<T> a(h), x(b);
  DeviceArray<int> info(1);
  for (cublasFillMode_t uplo : triangles) {
    a = h;
    x = b;
    int lwork = 0;
    CHECK_EQUAL(Blas<T>::potrfSize(handle.solver, uplo, n, a.data(), n, &lwork), CUSOLVER_STATUS_SUCCESS);
    DeviceArray<T> work(static_cast<size_t>(lwork));
    CHECK_EQUAL(Blas<T>::potrf(handle.solver, uplo, n, a.data(), n, work.data(), lwork, info.data()),
                CUSOLVER_STATUS_SUCCESS, lathe::emulation::lastReport());
    CHECK_EQUAL(info.host()[0], 0);
    CHECK_EQUAL(Blas<T>::potrs(handle.solver, uplo, n, nrhs, a.data(), n, x.data(), n, info.data()),
                CUSOLVER_STATUS_SUCCESS, lathe::emulation::lastReport());
    const std::vector<T> solution = x.host();
    // Cholesky is backward stable: (H + E) x = b with |E| <= 3 n^2 u |H|; |H| below 2 n, |x| below 4 |b| / n.
    for (int c = 0; c < nrhs; ++c) {
      for (int i = 0; i < n; ++i) {
        double sum = 0;
        for (int j = 0; j < n; ++j) sum += static_cast<double>(h[i + j * n]) * solution[j + c * n];
        CHECK_NEAR(sum, b[i + c * n], 24.0 * n * n * unit<T>());
      }
    }
    CHECK_EQUAL(Blas<T>::potriSize(handle.solver, uplo, n, a.data(), n, &lwork), CUSOLVER_STATUS_SUCCESS);
    DeviceArray<T> more(static_cast<size_t>(lwork));
    CHECK_EQUAL(Blas<T>::potri(handle.solver, uplo, n, a.data(), n, more.data(), lwork, info.data()),
                CUSOLVER_STATUS_SUCCESS, lathe::emulation::lastReport());
    const std::vector<T> inverse = a.host();
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) {
        double sum = 0;
        for (int l = 0; l < n; ++l) {
          const double element = inTriangle(uplo, i, l) ? inverse[i + l * n] : inverse[l + i * n];
          sum += element * h[l + j * n];
        }
        CHECK_NEAR(sum, i == j, 48.0 * n * n * unit<T>());
      }
    }
  }
  std::vector<T> indefinite = h;
  indefinite[4 + 4 * n] = -1;
  a = indefinite;
  int lwork = 0;
  Blas<T>::potrfSize(handle.solver, CUBLAS_FILL_MODE_UPPER, n, a.data(), n, &lwork);
  DeviceArray<T> work(static_cast<size_t>(lwork));
  CHECK_EQUAL(Blas<T>::potrf(handle.solver, CUBLAS_FILL_MODE_UPPER, n, a.data(), n, work.data(), lwork, info.data()),
              CUSOLVER_STATUS_SUCCESS);
  CHECK_EQUAL(info.host()[0], 5);  // the leading minor of order 5
}

// The forms that are told the type give what LAPACK's definition of them says.
template <class T>
void testTypedSolver(cudaDataType type) {
  Handle handle;
  const int n = 17;
  const std::vector<T> h = positiveDefinite<T>(n);
  DeviceArray<T> a(h);
  DeviceArray<int> info(1);
  cusolverDnParams_t params = nullptr;
  CHECK_EQUAL(cusolverDnCreateParams(&params), CUSOLVER_STATUS_SUCCESS);
  size_t deviceBytes = 0, hostBytes = 0;
  CHECK_EQUAL(cusolverDnXpotrf_bufferSize(handle.solver, params, CUBLAS_FILL_MODE_UPPER, n, type, a.data(), n, type,
                                          &deviceBytes, &hostBytes),
              CUSOLVER_STATUS_SUCCESS);
  DeviceArray<char> work(deviceBytes);
  std::vector<char> hostWork(hostBytes);
  CHECK_EQUAL(cusolverDnXpotrf(handle.solver, params, CUBLAS_FILL_MODE_UPPER, n, type, a.data(), n, type, work.data(),
                               deviceBytes, hostWork.data(), hostBytes, info.data()),
              CUSOLVER_STATUS_SUCCESS, lathe::emulation::lastReport());
  const std::vector<T> factor = a.host();
  CHECK_EQUAL(cusolverDnXtrtri_bufferSize(handle.solver, CUBLAS_FILL_MODE_UPPER, CUBLAS_DIAG_NON_UNIT, n, type,
                                          a.data(), n, &deviceBytes, &hostBytes),
              CUSOLVER_STATUS_SUCCESS);
  DeviceArray<char> more(deviceBytes);
  hostWork.resize(hostBytes);
  CHECK_EQUAL(cusolverDnXtrtri(handle.solver, CUBLAS_FILL_MODE_UPPER, CUBLAS_DIAG_NON_UNIT, n, type, a.data(), n,
                               more.data(), deviceBytes, hostWork.data(), hostBytes, info.data()),
              CUSOLVER_STATUS_SUCCESS, lathe::emulation::lastReport());
  const std::vector<T> inverse = a.host();
  for (int i = 0; i < n; ++i) {
    for (int j = i; j < n; ++j) {
      double square = 0, product = 0;
      for (int l = 0; l <= i; ++l) square += static_cast<double>(factor[l + i * n]) * factor[l + j * n];
      for (int l = i; l <= j; ++l) product += static_cast<double>(inverse[i + l * n]) * factor[l + j * n];
      CHECK_NEAR(square, h[i + j * n], (n + 2) * unit<T>() * 2 * n);
      CHECK_NEAR(product, i == j, 48.0 * n * unit<T>());
    }
  }
  CHECK_EQUAL(cusolverDnXtrtri(handle.solver, CUBLAS_FILL_MODE_UPPER, CUBLAS_DIAG_NON_UNIT, n, type, a.data(), n,
                               more.data(), deviceBytes / 2, hostWork.data(), hostBytes, info.data()),
              CUSOLVER_STATUS_INVALID_VALUE);
  cusolverDnDestroyParams(params);
}

}  // namespace

TEST(productsOfMatrices) {
  testGemm<float>();
  testGemm<double>();
}
TEST(productsWithSymmetricMatrices) {
  testSymmetric<float>();
  testSymmetric<double>();
}
TEST(productsWithTriangularMatrices) {
  testTriangular<float>();
  testTriangular<double>();
}
TEST(vectorsAndSumsOfMatrices) {
  testVectorsAndSums<float>();
  testVectorsAndSums<double>();
}
TEST(choleskyFactors) {
  testSolver<float>();
  testSolver<double>();
  testTypedSolver<float>(CUDA_R_32F);
  testTypedSolver<double>(CUDA_R_64F);
}

// Products of rounded operands are exact in F32 (8 or 11 bits each), so only the sum rounds.
TEST(productsOfNarrowTypes) {
  Handle handle;
  const int m = 4, n = 3, k = 40;
  const auto wideA = values<float>(m * k, 15), wideB = values<float>(k * n, 16);
  const float alpha = 1, beta = 0;
  const auto product = [&](const std::vector<float>& a, const std::vector<float>& b, const std::vector<float>& found,
                           double unitOfResult) {
    for (int j = 0; j < n; ++j) {
      for (int i = 0; i < m; ++i) {
        double sum = 0, size = 0;
        for (int l = 0; l < k; ++l) {
          sum += static_cast<double>(a[i + l * m]) * b[l + j * k];
          size += std::fabs(static_cast<double>(a[i + l * m]) * b[l + j * k]);
        }
        CHECK_NEAR(found[i + j * m], sum, (k + 2) * unit<float>() * size + unitOfResult * std::fabs(sum));
      }
    }
  };
  std::vector<__nv_bfloat16> a16, b16;
  std::vector<float> a, b;
  for (float x : wideA) a16.push_back(__float2bfloat16(x)), a.push_back(__bfloat162float(a16.back()));
  for (float x : wideB) b16.push_back(__float2bfloat16(x)), b.push_back(__bfloat162float(b16.back()));
  DeviceArray<__nv_bfloat16> da(a16), db(b16), narrow(m * n);
  DeviceArray<float> c(m * n);
  CHECK_EQUAL(cublasGemmEx(handle.blas, CUBLAS_OP_N, CUBLAS_OP_N, m, n, k, &alpha, da.data(), CUDA_R_16BF, m, db.data(),
                           CUDA_R_16BF, k, &beta, c.data(), CUDA_R_32F, m, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
              CUBLAS_STATUS_SUCCESS, lathe::emulation::lastReport());
  product(a, b, c.host(), 0);
  CHECK_EQUAL(
      cublasGemmEx_64(handle.blas, CUBLAS_OP_N, CUBLAS_OP_N, m, n, k, &alpha, da.data(), CUDA_R_16BF, m, db.data(),
                      CUDA_R_16BF, k, &beta, narrow.data(), CUDA_R_16BF, m, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
      CUBLAS_STATUS_SUCCESS, lathe::emulation::lastReport());
  std::vector<float> rounded;
  for (__nv_bfloat16 x : narrow.host()) rounded.push_back(__bfloat162float(x));
  product(a, b, rounded, 1.0 / 256);
  // The tensor cores' rounding of F32 operands: to BF16 the same, to TF32 within 2^-11 of each.
  DeviceArray<float> fa(wideA), fb(wideB);
  CHECK_EQUAL(
      cublasGemmEx(handle.blas, CUBLAS_OP_N, CUBLAS_OP_N, m, n, k, &alpha, fa.data(), CUDA_R_32F, m, fb.data(),
                   CUDA_R_32F, k, &beta, c.data(), CUDA_R_32F, m, CUBLAS_COMPUTE_32F_FAST_16BF, CUBLAS_GEMM_DEFAULT),
      CUBLAS_STATUS_SUCCESS);
  product(a, b, c.host(), 0);
  CHECK_EQUAL(cublasGemmEx(handle.blas, CUBLAS_OP_N, CUBLAS_OP_N, m, n, k, &alpha, fa.data(), CUDA_R_32F, m, fb.data(),
                           CUDA_R_32F, k, &beta, c.data(), CUDA_R_32F, m, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
              CUBLAS_STATUS_SUCCESS);
  product(wideA, wideB, c.host(), 0);
  CHECK_EQUAL(cublasGemmEx(handle.blas, CUBLAS_OP_N, CUBLAS_OP_N, m, n, k, &alpha, da.data(), CUDA_R_16BF, m, fb.data(),
                           CUDA_R_32F, k, &beta, c.data(), CUDA_R_32F, m, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
              CUBLAS_STATUS_NOT_SUPPORTED);
}

TEST(halfPrecisionConversions) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const __half half = __ushort_as_half(static_cast<unsigned short>(bits));
    const float value = __half2float(half);
    const int exponent = static_cast<int>(bits >> 10 & 0x1f), mantissa = static_cast<int>(bits & 0x3ff);
    const double magnitude = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
    if (exponent == 31) {
      CHECK(mantissa ? std::isnan(value) : std::isinf(value));
    } else {
      CHECK_EQUAL(value, bits & 0x8000 ? -magnitude : magnitude, bits);
    }
    if (!std::isnan(value)) CHECK_EQUAL(__half_as_ushort(__float2half(value)), bits);
  }
  CHECK_EQUAL(__half_as_ushort(__float2half(1 + 0x1p-11f)), 0x3c00);  // tie, to even
  CHECK_EQUAL(__half_as_ushort(__float2half(1 + 0x3p-11f)), 0x3c02);  // tie, to even
  CHECK_EQUAL(__half_as_ushort(__float2half(65519.9f)), 0x7bff);      // the greatest
  CHECK_EQUAL(__half_as_ushort(__float2half(65520.0f)), 0x7c00);      // infinity
  CHECK_EQUAL(__half_as_ushort(__float2half(0x1p-25f)), 0);           // tie, to even
  CHECK_EQUAL(__half_as_ushort(__float2half(0x1.8p-25f)), 1);
  CHECK_EQUAL(__bfloat16_as_ushort(__float2bfloat16(1 + 0x1p-8f)), 0x3f80);  // tie, to even
  CHECK_EQUAL(__bfloat16_as_ushort(__float2bfloat16(1 + 0x3p-8f)), 0x3f82);
  CHECK_EQUAL(__bfloat16_as_ushort(__float2bfloat16(-INFINITY)), 0xff80);
}

TEST(argumentsThatLibrariesRefuse) {
  Handle handle;
  DeviceArray<float> a(100), b(100), c(100);
  const float one = 1;
  const auto gemm = [&](cublasHandle_t h, int op, int m, int n, int k, const float* alpha, int lda, int ldb, int ldc) {
    return cublasSgemm(h, static_cast<cublasOperation_t>(op), CUBLAS_OP_N, m, n, k, alpha, a.data(), lda, b.data(), ldb,
                       &one, c.data(), ldc);
  };
  const auto report = [] { return lathe::emulation::lastReport(); };
  CHECK_EQUAL(gemm(handle.blas, 0, 4, 5, 6, &one, 4, 6, 4), CUBLAS_STATUS_SUCCESS);
  CHECK_EQUAL(gemm(nullptr, 0, 4, 5, 6, &one, 4, 6, 4), CUBLAS_STATUS_NOT_INITIALIZED);
  CHECK_EQUAL(gemm(reinterpret_cast<cublasHandle_t>(handle.solver), 0, 4, 5, 6, &one, 4, 6, 4),
              CUBLAS_STATUS_NOT_INITIALIZED);
  CHECK_EQUAL(gemm(handle.blas, 7, 4, 5, 6, &one, 4, 6, 4), CUBLAS_STATUS_INVALID_VALUE);
  CHECK_EQUAL(gemm(handle.blas, 0, -1, 5, 6, &one, 4, 6, 4), CUBLAS_STATUS_INVALID_VALUE);
  mustSay(report(), {"cublasSgemm", "m is -1"});
  CHECK_EQUAL(gemm(handle.blas, 0, 4, 5, 6, nullptr, 4, 6, 4), CUBLAS_STATUS_INVALID_VALUE);
  CHECK_EQUAL(gemm(handle.blas, 0, 4, 5, 6, a.data(), 4, 6, 4), CUBLAS_STATUS_INVALID_VALUE);
  mustSay(report(), {"alpha", "host memory"});
  CHECK_EQUAL(gemm(handle.blas, 0, 4, 5, 6, &one, 3, 6, 4), CUBLAS_STATUS_INVALID_VALUE);
  mustSay(report(), {"leading dimension of A is 3", "at least its 4 rows"});
  CHECK_EQUAL(gemm(handle.blas, 1, 4, 5, 6, &one, 4, 6, 4), CUBLAS_STATUS_INVALID_VALUE);
  CHECK_EQUAL(gemm(handle.blas, 0, 4, 5, 6, &one, 4, 5, 4), CUBLAS_STATUS_INVALID_VALUE);
  CHECK_EQUAL(gemm(handle.blas, 0, 4, 5, 6, &one, 4, 6, 0), CUBLAS_STATUS_INVALID_VALUE);
  CHECK_EQUAL(cublasSsyrk(handle.blas, static_cast<cublasFillMode_t>(3), CUBLAS_OP_N, 2, 2, &one, a.data(), 2, &one,
                          c.data(), 2),
              CUBLAS_STATUS_INVALID_VALUE);
  CHECK_EQUAL(cublasSdot(handle.blas, 5, a.data(), 0, b.data(), 1, const_cast<float*>(&one)),
              CUBLAS_STATUS_INVALID_VALUE);
  CHECK_EQUAL(cublasSetPointerMode(handle.blas, static_cast<cublasPointerMode_t>(5)), CUBLAS_STATUS_INVALID_VALUE);
  CHECK_EQUAL(cublasSgemmStridedBatched(handle.blas, CUBLAS_OP_N, CUBLAS_OP_N, 2, 2, 2, &one, a.data(), 2, 4, b.data(),
                                        2, 4, &one, c.data(), 2, 3, 4),
              CUBLAS_STATUS_INVALID_VALUE);
  mustSay(report(), {"matrices that are written overlap"});
  // Nothing to do is no error, whatever the pointers are.
  CHECK_EQUAL(
      cublasSgemm(handle.blas, CUBLAS_OP_N, CUBLAS_OP_N, 0, 5, 6, &one, nullptr, 1, nullptr, 6, &one, nullptr, 1),
      CUBLAS_STATUS_SUCCESS);
  mustSucceed(cudaDeviceSynchronize());
}

TEST(memoryThatLibrariesMayNotTouch) {
  const float one = 1;
  std::vector<float> host(100);
  // The report of a product of 10 x 10 matrices in these places.
  const auto product = [&](auto places) {
    mustSucceed(cudaDeviceReset());
    Handle handle;
    float* a = deviceMemory<float>(300);
    const std::vector<float*> p = places(a);
    CHECK_EQUAL(
        cublasSgemm(handle.blas, CUBLAS_OP_N, CUBLAS_OP_N, 10, 10, 10, &one, p[0], 10, p[1], 10, &one, p[2], 10),
        CUBLAS_STATUS_EXECUTION_FAILED);
    const std::string report = lathe::emulation::lastReport();
    CHECK_EQUAL(cudaDeviceSynchronize(), cudaErrorIllegalAddress);
    mustSucceed(cudaDeviceReset());
    return report;
  };
  using Places = std::vector<float*>;
  mustSay(product([](float* a) {
            return Places{a, a + 100, a + 201};
          }),
          {"cublasSgemm: C spans 400 bytes that are not all in one live allocation"});
  mustSay(product([&](float* a) { return Places{host.data(), a, a + 100}; }), {"A spans", "it begins in none"});
  mustSay(product([](float* a) { return Places{a, nullptr, a + 100}; }), {"B spans"});
  mustSay(product([](float* a) { return Places{a, a + 100, a + 150}; }), {"C, which is written, overlaps B"});
  mustSay(product([](float* a) { return Places{a, a + 100, a}; }), {"C, which is written, overlaps A"});
  mustSay(product([](float* a) {
            float* freed = deviceMemory<float>(100);
            mustSucceed(cudaFree(freed));
            return Places{freed, a, a + 100};
          }),
          {"A spans"});
}
