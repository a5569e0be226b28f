// The forward pass: work is cut into tiles whose bounds depend on sizes alone, never on the number of threads.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "blas.h"
#include "cpu_backend.h"
#include "host_memory.h"

namespace lathe {

namespace {

constexpr int64_t kTokenTile = 512;  // tokens of a product's tile
constexpr int64_t kRowTile = 128;    // rows of W of a product's tile: decoded once for kTokenTile tokens
constexpr int64_t kQueryTile = 64;   // queries whose scores are held at once
constexpr int64_t kElementTile = 1 << 16;
constexpr int64_t kNormTile = 64;

int64_t tiles(int64_t size, int64_t tile) { return (size + tile - 1) / tile; }

}  // namespace

void CpuBackend::embedding(float* y, const void* table, int type, int64_t vocabulary, int64_t cols,
                           const int32_t* hostTokens, int64_t tokens) {
  requireDecodable("embedding", type);
  requireMatrix("embedding", vocabulary, cols);
  requireMatrix("embedding", tokens, cols);
  const int64_t bytes = rowBytes("embedding", type, cols);
  pool_.run(tokens, [&](int64_t t, int) {
    const int32_t token = hostTokens[t];
    if (token < 0 || token >= vocabulary)
      reject("embedding", "token " + std::to_string(token) + " at position " + std::to_string(t) +
                              " is outside the vocabulary of " + std::to_string(vocabulary));
    kernels_.dequantize(y + t * cols, static_cast<const uint8_t*>(table) + token * bytes, type, cols);
  });
}

void CpuBackend::rmsNorm(float* y, const float* x, const float* weight, int64_t tokens, int64_t cols, float epsilon) {
  requireMatrix("rmsNorm", tokens, cols);
  pool_.run(tiles(tokens, kNormTile), [&](int64_t tile, int) {
    const int64_t begin = tile * kNormTile;
    kernels_.rmsNorm(y + begin * cols, x + begin * cols, weight, std::min(kNormTile, tokens - begin), cols, epsilon);
  });
}

void CpuBackend::rope(float* x, int64_t tokens, int64_t length, int64_t heads, int64_t headSize, int64_t rotarySize,
                      const float* hostInverseFrequencies, float magnitude, bool interleaved) {
  if (length <= 0 || heads <= 0 || rotarySize <= 0 || rotarySize % 2 != 0 || rotarySize > headSize)
    reject("rope", "length " + std::to_string(length) + ", " + std::to_string(heads) + " heads, rotary size " +
                       std::to_string(rotarySize) + " of head size " + std::to_string(headSize));
  requireMatrix("rope", heads, headSize);
  requireMatrix("rope", tokens, heads * headSize);
  const int64_t half = rotarySize / 2;
  const int64_t positions = std::min(length, tokens);
  HostMemory<float> cosine("rope", positions * half), sine("rope", positions * half);
  pool_.run(tiles(positions, kNormTile), [&](int64_t tile, int) {
    for (int64_t p = tile * kNormTile; p < std::min(positions, (tile + 1) * kNormTile); p++)
      for (int64_t i = 0; i < half; i++) {
        // The angle is rounded to F32 as in the models' own code, so that far positions agree with it.
        const float angle = static_cast<float>(p) * hostInverseFrequencies[i];
        cosine[p * half + i] = std::cos(angle) * magnitude;
        sine[p * half + i] = std::sin(angle) * magnitude;
      }
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

// For each sequence, head and tile of queries: S = Q K^T over the keys that the tile sees, softmax, Y = S V.
void CpuBackend::attention(float* y, const float* q, const float* k, const float* v, int64_t sequences, int64_t length,
                           int64_t heads, int64_t kvHeads, int64_t headSize, float scale) {
  if (sequences < 0 || length <= 0 || heads <= 0 || kvHeads <= 0 || heads % kvHeads != 0 || headSize <= 0)
    reject("attention", std::to_string(sequences) + " sequences of " + std::to_string(length) + ", " +
                            std::to_string(heads) + " heads over " + std::to_string(kvHeads) + " of " +
                            std::to_string(headSize));
  requireMatrix("attention", sequences, length);
  requireMatrix("attention", heads, headSize);
  requireMatrix("attention", sequences * length, heads * headSize);
  const int64_t queryTiles = tiles(length, kQueryTile);
  const int64_t qStride = heads * headSize;
  const int64_t kvStride = kvHeads * headSize;
  pool_.run(sequences * heads * queryTiles, [&](int64_t index, int worker) {
    const int64_t tile = index % queryTiles;
    const int64_t head = index / queryTiles % heads;
    const int64_t start = index / queryTiles / heads * length;
    const int64_t first = tile * kQueryTile;
    const int64_t count = std::min(kQueryTile, length - first);
    const int64_t visible = first + count;
    const int64_t kv = start * kvStride + head / (heads / kvHeads) * headSize;
    const int64_t at = (start + first) * qStride + head * headSize;
    float* scores = scratch("attention", worker, kQueryTile * length);
    blas::gemm(false, true, count, visible, headSize, 1.0f, q + at, qStride, k + kv, kvStride, 0.0f, scores, visible);
    kernels_.causalSoftmax(scores, count, visible, first + 1, scale);
    blas::gemm(false, false, count, headSize, visible, 1.0f, scores, visible, v + kv, kvStride, 0.0f, y + at, qStride);
  });
}

void CpuBackend::swiglu(float* y, const float* gate, const float* up, int64_t count) {
  if (count < 0) reject("swiglu", std::to_string(count) + " values");
  pool_.run(tiles(count, kElementTile), [&](int64_t tile, int) {
    const int64_t at = tile * kElementTile;
    kernels_.swiglu(y + at, gate + at, up + at, std::min(kElementTile, count - at));
  });
}

void CpuBackend::add(float* y, const float* x, float scale, int64_t count) {
  if (count < 0) reject("add", std::to_string(count) + " values");
  pool_.run(tiles(count, kElementTile), [&](int64_t tile, int) {
    const int64_t at = tile * kElementTile;
    kernels_.add(y + at, x + at, scale, std::min(kElementTile, count - at));
  });
}

void CpuBackend::linear(float* y, const float* x, const void* w, int type, const float* bias, int64_t tokens,
                        int64_t rows, int64_t cols) {
  requireDecodable("linear", type);
  requireMatrix("linear", rows, cols);
  requireMatrix("linear", tokens, cols);
  if (rows == 0) reject("linear", "a layer without rows");
  requireMatrix("linear", tokens, rows);
  const int64_t bytes = rowBytes("linear", type, cols);
  const int64_t rowTiles = tiles(rows, kRowTile);
  pool_.run(rowTiles * tiles(tokens, kTokenTile), [&](int64_t index, int worker) {
    const int64_t row = index % rowTiles * kRowTile;
    const int64_t token = index / rowTiles * kTokenTile;
    const int64_t rowCount = std::min(kRowTile, rows - row);
    const int64_t tokenCount = std::min(kTokenTile, tokens - token);
    const uint8_t* stored = static_cast<const uint8_t*>(w) + row * bytes;
    const float* weights = reinterpret_cast<const float*>(stored);
    if (type != kF32) {
      float* decoded = scratch("linear", worker, kRowTile * cols);
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
