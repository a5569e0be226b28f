// Causal grouped-query attention without a matrix of scores (Dao et al. 2022; running maximum and sum: Milakov and
// Gimelshein 2018):
//
//   y_i = sum_j p_ij v_j / sum_j p_ij,   p_ij = exp((q_i . k_j - m_i) scale),   j <= i,   m_i = max_j q_i . k_j
//
//   q, y [tokens x heads * headSize]   k, v [tokens x kvHeads * headSize]   tokens = sequences * length
//
// The heads that share keys and values, times the queries of a sequence, are the rows of a block of work: row
// r = query * group + head of the group. A block of kWarps warps takes kWarps * kRows consecutive rows and passes over
// the keys that the last of them sees, kWarp at a time: the tile of keys lies in shared memory, a lane computes the
// scores of one key for the kRows rows of its warp; then the tile of values takes the place of the keys, and a lane
// sums kColumns columns of the result for each row. When a row's maximum grows, what was summed before is scaled down.
//
// Shared memory: queries [kWarps * kRows x stride], keys or values [kWarp x stride], p [kWarps x kRows x kWarp];
// stride is headSize rounded up to 4, plus 4, so that vectors of four of 32 rows lie in different banks.
#include <stdexcept>
#include <string>

#include "grid.h"
#include "kernels.h"
#include "launch.h"
#include "warp.h"

namespace lathe {
namespace cuda {

namespace {

constexpr int kWarps = 8;
constexpr int kThreads = kWarps * kWarp;
constexpr float kNone = -3.402823466e+38f;  // below every score that counts; no infinity, which would give NaN

struct Shape {
  int64_t length;
  int heads;
  int kvHeads;
  int headSize;
  int stride;
  int tiles;  // blocks of a sequence and key-value head
  float scale;
};

// rows x headSize values of head `head`, row i at x + rowOffset(i), into shared memory; zeros beyond rows and headSize.
template <class RowOffset>
__device__ inline void loadRows(float* tile, const float* x, int rows, int valid, const Shape& shape,
                                RowOffset rowOffset) {
  const int padded = shape.stride - 4;
  for (int i = threadIdx.x; i < rows * padded; i += kThreads) {
    const int row = i / padded, d = i % padded;
    tile[row * shape.stride + d] = row < valid && d < shape.headSize ? x[rowOffset(row) + d] : 0.0f;
  }
}

__device__ inline float dot4(const float4& a, const float4& b, float sum) {
  return sum + a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w;
}

// What a warp knows of its rows. l is this lane's share of the sum.
template <int kColumns, int kRows>
struct Rows {
  float m[kRows];
  float l[kRows];
  float sum[kRows][kColumns];
};

// Scores of key `key` (this lane's) for the warp's rows, and what they change; p [kRows x kWarp] takes exp of them.
template <int kColumns, int kRows>
__device__ inline void scoreTile(Rows<kColumns, kRows>& rows, float* p, const float* queries, const float* keys,
                                 const Shape& shape, int64_t key, int64_t firstRow, int group) {
  const int lane = threadIdx.x % kWarp;
  float score[kRows] = {};
  for (int d = 0; d < shape.stride - 4; d += 4) {
    const float4 k = *reinterpret_cast<const float4*>(keys + lane * shape.stride + d);
#pragma unroll
    for (int r = 0; r < kRows; r++)
      score[r] = dot4(k, *reinterpret_cast<const float4*>(queries + r * shape.stride + d), score[r]);
  }
#pragma unroll
  for (int r = 0; r < kRows; r++) {
    const bool seen = key <= (firstRow + r) / group;
    const float greatest = Maximum()(rows.m[r], warpReduce<Maximum>(seen ? score[r] : kNone));
    const float correction = expf((rows.m[r] - greatest) * shape.scale);
    const float weight = seen ? expf((score[r] - greatest) * shape.scale) : 0.0f;
    rows.m[r] = greatest;
    rows.l[r] = rows.l[r] * correction + weight;
    p[r * kWarp + lane] = weight;
#pragma unroll
    for (int c = 0; c < kColumns; c++) rows.sum[r][c] *= correction;
  }
}

template <int kColumns, int kRows>
__device__ inline void addValues(Rows<kColumns, kRows>& rows, const float* p, const float* values, const Shape& shape) {
  const int lane = threadIdx.x % kWarp;
  for (int j = 0; j < kWarp; j++) {
    float v[kColumns];
#pragma unroll
    for (int c = 0; c < kColumns; c++)
      v[c] = lane + c * kWarp < shape.headSize ? values[j * shape.stride + lane + c * kWarp] : 0.0f;
#pragma unroll
    for (int r = 0; r < kRows; r++) {
      const float weight = p[r * kWarp + j];
#pragma unroll
      for (int c = 0; c < kColumns; c++) rows.sum[r][c] += weight * v[c];
    }
  }
}

template <int kColumns, int kRows>
__global__ void __launch_bounds__(kThreads, kColumns < 8 ? 2 : 1)
    attentionKernel(float* y, const float* q, const float* k, const float* v, Shape shape) {
  constexpr int kBlockRows = kWarps * kRows;
  const int group = shape.heads / shape.kvHeads;
  const int warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
  const int64_t rowCount = shape.length * group;
  const int64_t blockRow = static_cast<int64_t>(blockIdx.x % shape.tiles) * kBlockRows;
  const int kvHead = static_cast<int>(blockIdx.x / shape.tiles % shape.kvHeads);
  const int64_t start = blockIdx.x / shape.tiles / shape.kvHeads * shape.length;
  const int64_t firstRow = blockRow + warp * kRows;
  const int blockRows = static_cast<int>(min(static_cast<int64_t>(kBlockRows), rowCount - blockRow));
  const int64_t visible = (blockRow + blockRows - 1) / group + 1;  // keys that the block's last row sees
  const int64_t warpVisible = min(visible, (firstRow + kRows - 1) / group + 1);

  float* queries = dynamicShared<float>();
  float* tile = queries + kBlockRows * shape.stride;
  float* p = tile + kWarp * shape.stride + warp * kRows * kWarp;
  const auto queryOffset = [&](int64_t row) {
    return ((start + row / group) * shape.heads + kvHead * group + row % group) * shape.headSize;
  };
  loadRows(queries, q, kBlockRows, blockRows, shape, [&](int row) { return queryOffset(blockRow + row); });

  Rows<kColumns, kRows> rows;
#pragma unroll
  for (int r = 0; r < kRows; r++) {
    rows.m[r] = kNone;
    rows.l[r] = 0;
#pragma unroll
    for (int c = 0; c < kColumns; c++) rows.sum[r][c] = 0;
  }
  for (int64_t first = 0; first < visible; first += kWarp) {
    const int keys = static_cast<int>(min(static_cast<int64_t>(kWarp), shape.length - first));
    const auto keyOffset = [&](int row) { return ((start + first + row) * shape.kvHeads + kvHead) * shape.headSize; };
    __syncthreads();
    loadRows(tile, k, kWarp, keys, shape, keyOffset);
    __syncthreads();
    if (first < warpVisible)
      scoreTile(rows, p, queries + warp * kRows * shape.stride, tile, shape, first + lane, firstRow, group);
    __syncthreads();
    loadRows(tile, v, kWarp, keys, shape, keyOffset);
    __syncthreads();
    if (first < warpVisible) addValues(rows, p, tile, shape);
  }
#pragma unroll
  for (int r = 0; r < kRows; r++) {
    const float inverse = 1.0f / warpReduce<Sum>(rows.l[r]);
    if (firstRow + r >= rowCount) continue;
    float* out = y + queryOffset(firstRow + r);
#pragma unroll
    for (int c = 0; c < kColumns; c++)
      if (lane + c * kWarp < shape.headSize) out[lane + c * kWarp] = rows.sum[r][c] * inverse;
  }
}

template <int kColumns, int kRows>
void launchAttention(float* y, const float* q, const float* k, const float* v, int64_t sequences, Shape shape,
                     cudaStream_t stream) {
  constexpr int kBlockRows = kWarps * kRows;
  shape.tiles = static_cast<int>(ceilDivide(shape.length * (shape.heads / shape.kvHeads), kBlockRows));
  const size_t shared =
      static_cast<size_t>((kBlockRows + kWarp) * shape.stride + kWarps * kRows * kWarp) * sizeof(float);
  launch(attentionKernel<kColumns, kRows>, gridOf(sequences * shape.kvHeads * shape.tiles), dim3(kThreads), shared,
         stream, y, q, k, v, shape);
}

}  // namespace

void kernels::attention(float* y, const float* q, const float* k, const float* v, int64_t sequences, int64_t length,
                        int64_t heads, int64_t kvHeads, int64_t headSize, float scale, cudaStream_t stream) {
  if (headSize > kGreatestHeadSize)
    throw std::invalid_argument("attention: head size " + std::to_string(headSize) + ", expected at most " +
                                std::to_string(kGreatestHeadSize));
  if (sequences == 0) return;
  const int size = static_cast<int>(headSize);
  const Shape shape = {length, static_cast<int>(heads), static_cast<int>(kvHeads), size, (size + 3) / 4 * 4 + 4, 0,
                       scale};
  if (size <= 32)
    launchAttention<1, 8>(y, q, k, v, sequences, shape, stream);
  else if (size <= 64)
    launchAttention<2, 8>(y, q, k, v, sequences, shape, stream);
  else if (size <= 128)
    launchAttention<4, 4>(y, q, k, v, sequences, shape, stream);
  else if (size <= 256)
    launchAttention<8, 4>(y, q, k, v, sequences, shape, stream);
  else
    launchAttention<16, 2>(y, q, k, v, sequences, shape, stream);
}

}  // namespace cuda
}  // namespace lathe
