// Optimal-brain-surgeon compression of one segment of one row by a warp (SparseGPT, Frantar and Alistarh 2023,
// algorithm 1; into block formats: ARCHITECTURE.md).
//
// For each column j of the segment in order:
//   q_j = 0 where pruned, else the value that the coder gives w_j;
//   e_j = (w_j - q_j) / U_jj;   w_c -= e_j U_jc for every column c > j of the segment.
//
//   w, u, mask, error   see ObsSegment (compression_kernels.h); E leaves the kernel for the product that updates the
//                       columns behind the segment, W_rest -= E U_segment,rest
//
// The row lies in shared memory. Columns are worked on in strips: within a strip each column is up to date when it is
// reached; the columns behind the strip take all of its errors at once, each thread its own columns. Every weight sees
// the same subtractions in the same order as on a CPU (native/cpu/kernels/obs.cpp), so a segment gives the same bits.
#ifndef LATHE_CUDA_OBS_ROW_H
#define LATHE_CUDA_OBS_ROW_H

#include "compression_kernels.h"
#include "formats.h"
#include "lathe/limits.h"
#include "launch.h"
#include "warp.h"

namespace lathe {
namespace cuda {

constexpr int kStrip = 8;

// The row as compensated so far, in dynamic shared memory.
template <class T>
struct ObsRow {
  T* w;             // q once a column is done
  T* e;             // of columns that are done
  uint8_t* pruned;  // 0 while a column's pattern is not chosen

  static size_t bytes(int width) { return static_cast<size_t>(width) * (2 * sizeof(T) + 1); }
  __device__ explicit ObsRow(int width)
      : w(dynamicShared<T>()), e(w + width), pruned(reinterpret_cast<uint8_t*>(e + width)) {}
};

template <class T>
__device__ inline void loadRow(const ObsRow<T>& row, const kernels::ObsSegment<T>& segment) {
  const T* w = segment.w + blockIdx.x * segment.stride;
  const uint8_t* mask = segment.mask + (segment.mask == nullptr ? 0 : blockIdx.x * segment.stride);
  for (int j = teamLane(); j < segment.width; j += teamSize) {
    row.w[j] = w[j];
    row.pruned[j] = mask != nullptr && segment.ofM == 0 && mask[j] != 0;
  }
  teamSync();
}

// Marks the ofM - keepN lowest w^2 / U_jj^2 of the group of columns that begins at j; ties by index.
template <class T>
__device__ inline void selectPattern(const ObsRow<T>& row, const kernels::ObsSegment<T>& segment, int j) {
  __shared__ T scores[kGreatestPattern];
  uint8_t* mask = segment.mask + blockIdx.x * segment.stride;
  for (int i = teamLane(); i < segment.ofM; i += teamSize) {
    const T ratio = row.w[j + i] / segment.diagonal[j + i];
    scores[i] = ratio * ratio;
  }
  teamSync();
  for (int i = teamLane(); i < segment.ofM; i += teamSize) {
    int lower = 0;
    for (int k = 0; k < segment.ofM; k++) lower += k < i ? scores[k] <= scores[i] : k > i && scores[k] < scores[i];
    const bool pruned = lower < segment.ofM - segment.keepN;
    row.pruned[j + i] = pruned;
    mask[j + i] = pruned;
  }
  teamSync();
}

// Takes e_k U_kc off w_c for the columns k in [first, last) and c in [begin, end), in order of k.
template <class T>
__device__ inline void compensate(const ObsRow<T>& row, const kernels::ObsSegment<T>& segment, int first, int last,
                                  int begin, int end) {
  for (int c = begin + teamLane(); c < end; c += teamSize) {
    T w = row.w[c];
    for (int k = first; k < last; k++) w -= row.e[k] * segment.u[k * segment.stride + c];
    row.w[c] = w;
  }
}

// What leaves the kernel: q, E, the loss and the number of zeros.
template <class T>
__device__ inline void storeRow(const ObsRow<T>& row, const kernels::ObsSegment<T>& segment) {
  T* w = segment.w + blockIdx.x * segment.stride;
  T* error = segment.error + blockIdx.x * segment.errorStride;
  double loss = 0;
  unsigned long long zeros = 0;
  for (int j = teamLane(); j < segment.width; j += teamSize) {
    w[j] = row.w[j];
    error[j] = row.e[j];
    loss += static_cast<double>(row.e[j]) * static_cast<double>(row.e[j]);
    zeros += row.pruned[j];
  }
  loss = warpReduce<Sum>(loss);
  zeros = warpReduce<Sum>(zeros);
  if (teamLane() != 0) return;
  segment.losses[blockIdx.x] += loss;
  segment.zeros[blockIdx.x] += zeros;
}

// A Coder has
//   begin(row, segment, j)         before column j, all columns up to which are done
//   T code(row, segment, j, w)     the value that column j takes for w
//   end(segment, j)                after column j
// called by all threads of the warp.
template <class T, class Coder>
__device__ inline void compressRow(const kernels::ObsSegment<T>& segment, Coder& coder) {
  const ObsRow<T> row(segment.width);
  loadRow(row, segment);
  // A pattern's group has to be up to date as a whole when its first column is reached.
  const int strip = segment.ofM > 0 && kStrip % segment.ofM != 0 ? 1 : kStrip;
  for (int first = 0; first < segment.width; first += strip) {
    const int last = first + strip < segment.width ? first + strip : segment.width;
    for (int j = first; j < last; j++) {
      if (segment.ofM > 0 && j % segment.ofM == 0) selectPattern(row, segment, j);
      coder.begin(row, segment, j);
      const T own = row.w[j];
      const T q = coder.code(row, segment, j, row.pruned[j] ? T(0) : own);
      teamSync();  // all threads have read w_j
      if (teamLane() == 0) {
        row.e[j] = (own - q) / segment.diagonal[j];
        row.w[j] = q;
      }
      teamSync();
      coder.end(segment, j);
      compensate(row, segment, j, j + 1, j + 1, last);
      teamSync();
    }
    compensate(row, segment, first, last, last, segment.width);
    teamSync();
  }
  storeRow(row, segment);
}

}  // namespace cuda
}  // namespace lathe

#endif
