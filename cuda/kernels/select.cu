// Exact order statistics: which weights are pruned, and pruning by score.
//
//   scores (scores.h)          of rows x width weights: w^2 / U_jj^2, |w| * columnNorm_j, or |w|
//   mask [rows x width] bytes  1 = pruned; from a row to the next: maskStride
//
//   selectLowest   the `count` lowest scores of the whole matrix; equal scores in row-major order (radix.h)
//   pruneRows      the `count` lowest of each row
//   pruneGroups    of every ofM consecutive columns of a row the ofM - keepN lowest
//   zeroMasked     w = 0 where the mask is 1, and how many these are
//
// selectLowest counts digits with all blocks, in shared memory first, and lets one block take each digit in between; no
// word of it goes to the host. pruneRows does all of it in one block per row.
#include "compression_kernels.h"
#include "grid.h"
#include "launch.h"
#include "radix.h"
#include "scores.h"
#include "warp.h"

namespace lathe {
namespace cuda {

namespace {

constexpr int kThreads = 128;

struct SelectionState {
  Threshold threshold;
  Bits histogram[kDigits];
};

__global__ void beginSelection(SelectionState* state, Bits count) {
  for (int i = threadIdx.x; i < kDigits; i += kThreads) state->histogram[i] = 0;
  if (threadIdx.x == 0) state->threshold = {0, 0, count, false};
}

template <class Score>
__global__ void countDigits(SelectionState* state, Score score, Digit digit, int64_t rows, int64_t width) {
  __shared__ unsigned counts[kDigits];
  const Threshold threshold = state->threshold;
  if (digit.ofIndex && threshold.settled) return;
  for (int i = threadIdx.x; i < kDigits; i += kThreads) counts[i] = 0;
  __syncthreads();
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    for (int64_t col = threadIdx.x; col < width; col += kThreads) {
      const int found = threshold.digitOf(digit, bitsOf(score(row, col)), row * width + col);
      if (found >= 0) atomicAdd(&counts[found], 1u);
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < kDigits; i += kThreads)
    if (counts[i] > 0) atomicAdd(&state->histogram[i], static_cast<Bits>(counts[i]));
}

__global__ void takeCountedDigit(SelectionState* state, Digit digit) {
  __shared__ Bits sums[kThreads];
  if (digit.ofIndex && state->threshold.settled) return;
  takeDigit<kThreads>(state->threshold, digit, state->histogram, sums);
}

template <class Score>
__global__ void markSelected(uint8_t* mask, int64_t maskStride, const SelectionState* state, Score score, int64_t rows,
                             int64_t width) {
  const Threshold threshold = state->threshold;
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x)
    for (int64_t col = threadIdx.x; col < width; col += kThreads)
      mask[row * maskStride + col] = threshold.takes(bitsOf(score(row, col)), row * width + col);
}

__global__ void fillMask(uint8_t* mask, int64_t maskStride, uint8_t value, int64_t rows, int64_t width) {
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x)
    for (int64_t col = threadIdx.x; col < width; col += kThreads) mask[row * maskStride + col] = value;
}

dim3 rowGrid(int64_t rows) { return stridedGrid(rows, 1); }

template <class T, class Score>
void selectFrom(const Score& score, int64_t rows, int64_t width, int64_t count, uint8_t* mask, int64_t maskStride,
                void* scratch, cudaStream_t stream) {
  const dim3 grid = rowGrid(rows), threads(kThreads);
  if (count <= 0 || count >= rows * width) {
    launch(fillMask, grid, threads, 0, stream, mask, maskStride, count <= 0 ? 0 : 1, rows, width);
    return;
  }
  auto* state = static_cast<SelectionState*>(scratch);
  launch(beginSelection, dim3(1), threads, 0, stream, state, static_cast<Bits>(count));
  for (const bool ofIndex : {false, true}) {
    for (Digit digit = Digit::first(ofIndex, ofIndex ? indexBits(rows * width) : scoreBits<T>());;
         digit = digit.next()) {
      launch(countDigits<Score>, grid, threads, 0, stream, state, score, digit, rows, width);
      launch(takeCountedDigit, dim3(1), threads, 0, stream, state, digit);
      if (digit.last()) break;
    }
  }
  launch(markSelected<Score>, grid, threads, 0, stream, mask, maskStride, state, score, rows, width);
}

// One row, with the histogram in shared memory.
__global__ void selectRows(uint8_t* mask, WeightScore score, Bits count, int64_t cols, int columnBits) {
  __shared__ unsigned counts[kDigits];
  __shared__ Bits sums[kThreads];
  __shared__ Threshold threshold;
  const int64_t row = blockIdx.x;
  for (int i = threadIdx.x; i < kDigits; i += kThreads) counts[i] = 0;
  if (threadIdx.x == 0) threshold = {0, 0, count, false};
  __syncthreads();
  for (int part = 0; part < 2; part++) {
    const bool ofIndex = part == 1;
    for (Digit digit = Digit::first(ofIndex, ofIndex ? columnBits : scoreBits<float>());; digit = digit.next()) {
      const Threshold known = threshold;
      if (ofIndex && known.settled) break;
      for (int64_t col = threadIdx.x; col < cols; col += kThreads) {
        const int found = known.digitOf(digit, bitsOf(score(row, col)), col);
        if (found >= 0) atomicAdd(&counts[found], 1u);
      }
      __syncthreads();
      takeDigit<kThreads>(threshold, digit, counts, sums);
      __syncthreads();
      if (digit.last()) break;
    }
  }
  const Threshold found = threshold;
  for (int64_t col = threadIdx.x; col < cols; col += kThreads)
    mask[row * cols + col] = found.takes(bitsOf(score(row, col)), col);
}

// A weight is pruned where fewer than `pruned` of its group come before it in order of score and column.
__global__ void selectGroups(uint8_t* mask, WeightScore score, int64_t rows, int64_t cols, int ofM, int pruned) {
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    for (int64_t col = threadIdx.x; col < cols; col += kThreads) {
      const Bits own = bitsOf(score(row, col));
      const int64_t first = col - col % ofM;
      int before = 0;
      for (int64_t other = first; other < first + ofM; other++) {
        const Bits bits = bitsOf(score(row, other));
        before += bits < own || (bits == own && other < col);
      }
      mask[row * cols + col] = before < pruned;
    }
  }
}

__global__ void zeroMaskedKernel(float* w, const uint8_t* mask, int64_t count, Bits* zeros) {
  Bits own = 0;
  for (int64_t i = firstItem(); i < count; i += itemStride()) {
    if (mask[i] == 0) continue;
    w[i] = 0.0f;
    own++;
  }
  own = warpReduce<Sum>(own);
  if (threadIdx.x % kWarp == 0 && own > 0) atomicAdd(zeros, own);
}

}  // namespace

size_t kernels::selectionBytes() { return sizeof(SelectionState); }

template <class T>
void kernels::selectLowestObs(uint8_t* mask, int64_t maskStride, const T* w, int64_t stride, const T* diagonal,
                              int64_t rows, int64_t width, int64_t count, void* scratch, cudaStream_t stream) {
  selectFrom<T>(ObsScore<T>{w, diagonal, stride}, rows, width, count, mask, maskStride, scratch, stream);
}
template void kernels::selectLowestObs(uint8_t*, int64_t, const float*, int64_t, const float*, int64_t, int64_t,
                                       int64_t, void*, cudaStream_t);
template void kernels::selectLowestObs(uint8_t*, int64_t, const double*, int64_t, const double*, int64_t, int64_t,
                                       int64_t, void*, cudaStream_t);

void kernels::selectLowest(uint8_t* mask, const float* w, const float* columnNorm, int64_t rows, int64_t cols,
                           int64_t count, void* scratch, cudaStream_t stream) {
  selectFrom<float>(WeightScore{w, columnNorm, cols}, rows, cols, count, mask, cols, scratch, stream);
}

void kernels::selectLowestOfRows(uint8_t* mask, const float* w, const float* columnNorm, int64_t rows, int64_t cols,
                                 int64_t count, cudaStream_t stream) {
  if (count <= 0 || count >= cols)
    launch(fillMask, rowGrid(rows), dim3(kThreads), 0, stream, mask, cols, count <= 0 ? 0 : 1, rows, cols);
  else
    launch(selectRows, gridOf(rows), dim3(kThreads), 0, stream, mask, WeightScore{w, columnNorm, cols},
           static_cast<Bits>(count), cols, indexBits(cols));
}

void kernels::selectLowestOfGroups(uint8_t* mask, const float* w, const float* columnNorm, int64_t rows, int64_t cols,
                                   int ofM, int pruned, cudaStream_t stream) {
  launch(selectGroups, rowGrid(rows), dim3(kThreads), 0, stream, mask, WeightScore{w, columnNorm, cols}, rows, cols,
         ofM, pruned);
}

void kernels::zeroMasked(float* w, const uint8_t* mask, int64_t count, unsigned long long* zeros, cudaStream_t stream) {
  launch(zeroMaskedKernel, stridedGrid(count, kThreads), dim3(kThreads), 0, stream, w, mask, count, zeros);
}

}  // namespace cuda
}  // namespace lathe
