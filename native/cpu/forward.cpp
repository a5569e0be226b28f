// The forward pass: work is cut into tiles whose bounds depend on sizes alone, never on the number of threads.
#include <algorithm>
#include <cstring>
#include <string>

#include "blas.h"
#include "cpu_backend.h"
#include "host_memory.h"
#include "rotation.h"
#include "tiling.h"

namespace lathe {

namespace {

constexpr int64_t kGreatestTokens = 1024;  // of a product's tile
constexpr int64_t kGreatestRows = 512;     // rows of W of a product's tile: decoded once for the tile's tokens
constexpr int64_t kLeastRows = 64;
constexpr int64_t kGreatestScoreRows = 192;  // queries times heads whose scores are held at once
constexpr int64_t kLeastScoreRows = 32;
constexpr int64_t kLeastQueries = 16;
constexpr int64_t kScratchValues = 1 << 21;  // what a worker decodes or holds scores of at once, roughly
constexpr int64_t kElementTile = 1 << 16;
constexpr int64_t kNormTile = 64;

int64_t tiles(int64_t size, int64_t tile) { return (size + tile - 1) / tile; }

}  // namespace

void CpuBackend::embedding(float* y, const void* table, int type, int64_t vocabulary, int64_t cols,
                           const int32_t* hostTokens, int64_t tokens) {
  checkEmbedding(type, vocabulary, cols, hostTokens, tokens);
  const int64_t bytes = rowBytes("embedding", type, cols);
  pool_.run(tokens, [&](int64_t t, int) {
    kernels_.dequantize(y + t * cols, static_cast<const uint8_t*>(table) + hostTokens[t] * bytes, type, cols);
  });
}

void CpuBackend::rmsNorm(float* y, const float* x, const float* weight, int64_t tokens, int64_t cols, float epsilon) {
  checkRmsNorm(tokens, cols);
  pool_.run(tiles(tokens, kNormTile), [&](int64_t tile, int) {
    const int64_t begin = tile * kNormTile;
    kernels_.rmsNorm(y + begin * cols, x + begin * cols, weight, std::min(kNormTile, tokens - begin), cols, epsilon);
  });
}

void CpuBackend::divideByRms(float* y, const float* x, const float* reference, int64_t tokens, int64_t cols,
                             int64_t referenceCols, float epsilon) {
  checkDivideByRms(tokens, cols, referenceCols);
  pool_.run(tiles(tokens, kNormTile), [&](int64_t tile, int) {
    const int64_t begin = tile * kNormTile;
    kernels_.divideByRms(y + begin * cols, x + begin * cols, reference + begin * referenceCols,
                         std::min(kNormTile, tokens - begin), cols, referenceCols, epsilon);
  });
}

void CpuBackend::rope(float* x, int64_t tokens, int64_t length, int64_t heads, int64_t headSize, int64_t rotarySize,
                      const float* hostInverseFrequencies, float magnitude, bool interleaved) {
  checkRope(tokens, length, heads, headSize, rotarySize);
  const int64_t half = rotarySize / 2;
  const int64_t positions = std::min(length, tokens);
  HostMemory<float> cosine("rope", positions * half), sine("rope", positions * half);
  pool_.run(tiles(positions, kNormTile), [&](int64_t tile, int) {
    for (int64_t p = tile * kNormTile; p < std::min(positions, (tile + 1) * kNormTile); p++)
      rotation(cosine.data() + p * half, sine.data() + p * half, p, hostInverseFrequencies, half, magnitude);
  });
  pool_.run(tiles(tokens, kNormTile), [&](int64_t tile, int) {
    const int64_t end = std::min(tokens, (tile + 1) * kNormTile);
    for (int64_t t = tile * kNormTile; t < end; t++) {
      const int64_t at = t % length * half;
      kernels_.rope(x + t * heads * headSize, heads, headSize, rotarySize, cosine.data() + at, sine.data() + at,
                    interleaved);
    }
  });
}

namespace {

// Rows of [count x heads * headSize] of one group of heads, gathered head by head: [group * count x headSize].
void gatherHeads(float* gathered, const float* x, int64_t stride, int64_t count, int64_t group, int64_t headSize) {
  for (int64_t h = 0; h < group; h++)
    for (int64_t t = 0; t < count; t++)
      std::copy_n(x + t * stride + h * headSize, headSize, gathered + (h * count + t) * headSize);
}

void scatterHeads(float* y, const float* gathered, int64_t stride, int64_t count, int64_t group, int64_t headSize) {
  for (int64_t h = 0; h < group; h++)
    for (int64_t t = 0; t < count; t++)
      std::copy_n(gathered + (h * count + t) * headSize, headSize, y + t * stride + h * headSize);
}

}  // namespace

// For each sequence, group of heads that share keys and values, and tile of queries: S = Q K^T over the keys that the
// tile sees, softmax, Y = S V, all heads of the group in one product.
void CpuBackend::attention(float* y, const float* q, const float* k, const float* v, int64_t sequences, int64_t length,
                           int64_t heads, int64_t kvHeads, int64_t headSize, float scale) {
  checkAttention(sequences, length, heads, kvHeads, headSize);
  const int64_t group = heads / kvHeads;
  const int64_t scoreRows = std::clamp(kScratchValues / length, kLeastScoreRows, kGreatestScoreRows);
  const Cut queries = Cut::atMost(length, std::max(kLeastQueries, scoreRows / group));
  const int64_t greatestRows = group * queries.greatest();
  const int64_t qStride = heads * headSize;
  const int64_t kvStride = kvHeads * headSize;
  pool_.run(sequences * kvHeads * queries.count(), [&](int64_t index, int worker) {
    const int64_t tile = index % queries.count();
    const int64_t kvHead = index / queries.count() % kvHeads;
    const int64_t start = index / queries.count() / kvHeads * length;
    const int64_t first = queries.begin(tile), count = queries.size(tile), visible = queries.end(tile);
    const int64_t at = (start + first) * qStride + kvHead * group * headSize;
    const int64_t kv = start * kvStride + kvHead * headSize;
    float* gathered = scratch("attention", worker, greatestRows * (headSize + length));
    float* scores = gathered + greatestRows * headSize;
    gatherHeads(gathered, q + at, qStride, count, group, headSize);
    blas::gemm(false, true, group * count, visible, headSize, 1.0f, gathered, headSize, k + kv, kvStride, 0.0f, scores,
               visible);
    for (int64_t h = 0; h < group; h++)
      kernels_.causalSoftmax(scores + h * count * visible, count, visible, first + 1, scale);
    blas::gemm(false, false, group * count, headSize, visible, 1.0f, scores, visible, v + kv, kvStride, 0.0f, gathered,
               headSize);
    scatterHeads(y + at, gathered, qStride, count, group, headSize);
  });
}

void CpuBackend::swiglu(float* y, const float* gate, const float* up, int64_t count) {
  requireCount("swiglu", count);
  pool_.run(tiles(count, kElementTile), [&](int64_t tile, int) {
    const int64_t at = tile * kElementTile;
    kernels_.swiglu(y + at, gate + at, up + at, std::min(kElementTile, count - at));
  });
}

void CpuBackend::add(float* y, const float* x, float scale, int64_t count) {
  requireCount("add", count);
  pool_.run(tiles(count, kElementTile), [&](int64_t tile, int) {
    const int64_t at = tile * kElementTile;
    kernels_.add(y + at, x + at, scale, std::min(kElementTile, count - at));
  });
}

void CpuBackend::linear(float* y, const float* x, const void* w, int type, const float* bias, int64_t tokens,
                        int64_t rows, int64_t cols) {
  checkLinear(type, tokens, rows, cols);
  const int64_t bytes = rowBytes("linear", type, cols);
  const int64_t greatestRows = std::clamp(kScratchValues / cols, kLeastRows, kGreatestRows);
  const Tiling tiling(rows, tokens, greatestRows, kGreatestTokens);
  pool_.run(tiling.count(), [&](int64_t tile, int worker) {
    const int64_t row = tiling.rows.begin(tiling.row(tile)), rowCount = tiling.rows.size(tiling.row(tile));
    const int64_t token = tiling.cols.begin(tiling.col(tile)), tokenCount = tiling.cols.size(tiling.col(tile));
    const uint8_t* stored = static_cast<const uint8_t*>(w) + row * bytes;
    const float* weights = reinterpret_cast<const float*>(stored);
    if (type != kF32) {
      float* decoded = scratch("linear", worker, tiling.rows.greatest() * cols);
      kernels_.dequantize(decoded, stored, type, rowCount * cols);
      weights = decoded;
    }
    float* out = y + token * rows + row;
    if (bias != nullptr)
      for (int64_t t = 0; t < tokenCount; t++)
        std::memcpy(out + t * rows, bias + row, static_cast<size_t>(rowCount) * sizeof(float));
    blas::gemm(false, true, tokenCount, rowCount, cols, 1.0f, x + token * cols, cols, weights, cols,
               bias != nullptr ? 1.0f : 0.0f, out, rows);
  });
}

}  // namespace lathe
