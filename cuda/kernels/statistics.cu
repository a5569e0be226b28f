// What second-order statistics need beside cuBLAS.
//
//   scaleAndMirror  h [n x n] <- h * scale in the upper triangle, and its mirror image below
//   dot             partial[b] = sum a_i b_i over block b's share of a, b [count], in F64
//
// A block of scaleAndMirror takes two tiles that mirror each other through shared memory, so that reads and writes run
// along rows.
#include "grid.h"
#include "kernels.h"
#include "launch.h"
#include "warp.h"

namespace lathe {
namespace cuda {

namespace {

constexpr int kTile = 32;
constexpr int kTileRows = 8;  // rows of a tile that a block's threads hold at once
constexpr int kWarps = 8;

__global__ void scaleAndMirrorKernel(float* h, int64_t n, float scale) {
  if (blockIdx.y > blockIdx.x) return;
  __shared__ float tile[kTile][kTile + 1];
  const int64_t row = static_cast<int64_t>(blockIdx.y) * kTile, col = static_cast<int64_t>(blockIdx.x) * kTile;
  for (int i = threadIdx.y; i < kTile; i += kTileRows) {
    const int64_t r = row + i, c = col + threadIdx.x;
    if (r < n && c < n && r <= c) {
      const float value = h[r * n + c] * scale;
      h[r * n + c] = value;
      tile[i][threadIdx.x] = value;
    }
  }
  __syncthreads();
  for (int i = threadIdx.y; i < kTile; i += kTileRows) {
    const int64_t r = col + i, c = row + threadIdx.x;
    if (r < n && c < n && c < r) h[r * n + c] = tile[threadIdx.x][i];
  }
}

__global__ void dotKernel(double* partial, const float* a, const float* b, int64_t count) {
  __shared__ double shared[kWarps];
  double sum = 0;
  for (int64_t i = firstItem(); i < count; i += itemStride()) sum += static_cast<double>(a[i]) * b[i];
  sum = blockReduce<Sum, kWarps>(sum, shared);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

}  // namespace

void kernels::scaleAndMirror(float* h, int64_t n, float scale, cudaStream_t stream) {
  const unsigned tiles = static_cast<unsigned>(ceilDivide(n, kTile));
  launch(scaleAndMirrorKernel, dim3(tiles, tiles), dim3(kTile, kTileRows), 0, stream, h, n, scale);
}

void kernels::dot(double* partial, const float* a, const float* b, int64_t count, cudaStream_t stream) {
  launch(dotKernel, gridOf(kDotParts), dim3(kWarps * kWarp), 0, stream, partial, a, b, count);
}

}  // namespace cuda
}  // namespace lathe
