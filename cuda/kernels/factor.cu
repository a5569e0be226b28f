// What the inverse factor needs beside cuSOLVER (the mathematics is in native/cpu/inverse_factor.cpp; J reverses the
// order of rows and columns). T is float or double, all matrices [n x n].
//
//   gatherDiagonal     diagonal [n] = diagonal of h
//   damp               a = J H' J on and below the diagonal, zeros above, where H'_ij = keep * h_ij and
//                      H'_ii = diagonal_i + added; h is read in its upper triangle. *nonFinite = the least i * n + j of
//                      an h_ij, j > i, that is NaN or infinite; kNoIndex where there is none
//   diagonalIsUnfit    *unfit = 1 where a value of a's diagonal is not positive or not finite, else it stays
//   reverse            u = J a J on and above the diagonal, zeros below; u may be a
#include "grid.h"
#include "kernels.h"
#include "launch.h"

namespace lathe {
namespace cuda {

namespace {

constexpr int kThreads = 256;

template <class T>
__global__ void gatherDiagonalKernel(T* diagonal, const T* h, int64_t n) {
  for (int64_t i = firstItem(); i < n; i += itemStride()) diagonal[i] = h[i * n + i];
}

template <class T>
__global__ void dampKernel(T* a, unsigned long long* nonFinite, const T* h, const T* diagonal, int64_t n, T keep,
                           T added) {
  for (int64_t at = firstItem(); at < n * n; at += itemStride()) {
    const int64_t i = at / n, j = at % n;
    T value = 0;
    if (j > i) {
      value = h[at];
      if (!isfinite(value)) atomicMin(nonFinite, static_cast<unsigned long long>(at));
      value *= keep;
    } else if (i == j) {
      value = diagonal[i] + added;
    }
    a[n * n - 1 - at] = value;
  }
}

template <class T>
__global__ void diagonalIsUnfitKernel(int32_t* unfit, const T* a, int64_t n) {
  for (int64_t i = firstItem(); i < n; i += itemStride()) {
    const T value = a[i * n + i];
    if (!(value > 0 && isfinite(value))) atomicMax(unfit, 1);
  }
}

template <class T>
__global__ void reverseKernel(T* u, const T* a, int64_t n) {
  const int64_t last = n * n - 1;
  for (int64_t at = firstItem(); at <= last / 2; at += itemStride()) {
    // at <= last / 2 lies in the upper half of rows; its mirror image is last - at.
    const T front = a[at], back = a[last - at];
    const bool upper = at % n >= at / n;  // of front's place; the mirror image of the upper triangle is the lower one
    u[at] = upper ? back : T(0);
    u[last - at] = at % n <= at / n ? front : T(0);
  }
}

}  // namespace

template <class T>
void kernels::gatherDiagonal(T* diagonal, const T* h, int64_t n, cudaStream_t stream) {
  launch(gatherDiagonalKernel<T>, stridedGrid(n, kThreads), dim3(kThreads), 0, stream, diagonal, h, n);
}

template <class T>
void kernels::damp(T* a, unsigned long long* nonFinite, const T* h, const T* diagonal, int64_t n, T keep, T added,
                   cudaStream_t stream) {
  launch(dampKernel<T>, stridedGrid(n * n, kThreads), dim3(kThreads), 0, stream, a, nonFinite, h, diagonal, n, keep,
         added);
}

template <class T>
void kernels::diagonalIsUnfit(int32_t* unfit, const T* a, int64_t n, cudaStream_t stream) {
  launch(diagonalIsUnfitKernel<T>, stridedGrid(n, kThreads), dim3(kThreads), 0, stream, unfit, a, n);
}

template <class T>
void kernels::reverse(T* u, const T* a, int64_t n, cudaStream_t stream) {
  launch(reverseKernel<T>, stridedGrid((n * n + 1) / 2, kThreads), dim3(kThreads), 0, stream, u, a, n);
}

#define LATHE_INSTANTIATE(T)                                                                             \
  template void kernels::gatherDiagonal(T*, const T*, int64_t, cudaStream_t);                            \
  template void kernels::damp(T*, unsigned long long*, const T*, const T*, int64_t, T, T, cudaStream_t); \
  template void kernels::diagonalIsUnfit(int32_t*, const T*, int64_t, cudaStream_t);                     \
  template void kernels::reverse(T*, const T*, int64_t, cudaStream_t);
LATHE_INSTANTIATE(float)
LATHE_INSTANTIATE(double)

}  // namespace cuda
}  // namespace lathe
