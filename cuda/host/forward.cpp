// The forward pass of CudaBackend.
#include <algorithm>

#include "arguments.h"
#include "cuda_backend.h"
#include "kernels.h"

namespace lathe {
namespace cuda {

void CudaBackend::embedding(float* y, const void* table, int type, int64_t vocabulary, int64_t cols,
                            const int32_t* hostTokens, int64_t tokens) {
  checkEmbedding(type, vocabulary, cols, hostTokens, tokens);
  const Operation operation = begin("embedding", {{"tokens", tokens}, {"cols", cols}, {"type", type}});
  const int64_t bytes = rowBytes("embedding", type, cols);
  require(operation, "y", y, tokens * cols);
  require(operation, "table", static_cast<const uint8_t*>(table), vocabulary * bytes);
  Scratch<int32_t> ids(memory_, operation, tokens);
  Scratch<uint8_t> rows(memory_, operation, tokens * bytes);
  send(operation, ids, hostTokens, tokens);
  queue(operation, kernels::gatherRows, rows.data(), static_cast<const uint8_t*>(table), ids.data(), tokens, bytes);
  queue(operation, kernels::dequantize, y, rows.data(), type, tokens * cols);
}

void CudaBackend::rmsNorm(float* y, const float* x, const float* weight, int64_t tokens, int64_t cols, float epsilon) {
  checkRmsNorm(tokens, cols);
  const Operation operation = begin("rmsNorm", {{"tokens", tokens}, {"cols", cols}});
  require(operation, "y", y, tokens * cols);
  require(operation, "x", x, tokens * cols);
  require(operation, "weight", weight, cols);
  queue(operation, kernels::rmsNorm, y, x, weight, tokens, cols, epsilon);
}

void CudaBackend::divideByRms(float* y, const float* x, const float* reference, int64_t tokens, int64_t cols,
                              int64_t referenceCols, float epsilon) {
  checkDivideByRms(tokens, cols, referenceCols);
  const Operation operation =
      begin("divideByRms", {{"tokens", tokens}, {"cols", cols}, {"referenceCols", referenceCols}});
  require(operation, "y", y, tokens * cols);
  require(operation, "x", x, tokens * cols);
  require(operation, "reference", reference, tokens * referenceCols);
  queue(operation, kernels::divideByRms, y, x, reference, tokens, cols, referenceCols, epsilon);
}

void CudaBackend::rope(float* x, int64_t tokens, int64_t length, int64_t heads, int64_t headSize, int64_t rotarySize,
                       const float* hostInverseFrequencies, float magnitude, bool interleaved) {
  checkRope(tokens, length, heads, headSize, rotarySize);
  const Operation operation = begin("rope", {{"tokens", tokens}, {"heads", heads}, {"headSize", headSize}});
  require(operation, "x", x, tokens * heads * headSize);
  const std::vector<float> frequencies(hostInverseFrequencies, hostInverseFrequencies + rotarySize / 2);
  ropeTable_.require(operation, std::min(length, tokens), frequencies, magnitude);
  queue(operation, kernels::rope, x, ropeTable_.cosine(), ropeTable_.sine(), tokens, length, heads, headSize,
        rotarySize, interleaved);
}

void CudaBackend::attention(float* y, const float* q, const float* k, const float* v, int64_t sequences, int64_t length,
                            int64_t heads, int64_t kvHeads, int64_t headSize, float scale) {
  checkAttention(sequences, length, heads, kvHeads, headSize);
  const Operation operation = begin(
      "attention",
      {{"sequences", sequences}, {"length", length}, {"heads", heads}, {"kvHeads", kvHeads}, {"headSize", headSize}});
  const int64_t tokens = sequences * length;
  require(operation, "y", y, tokens * heads * headSize);
  require(operation, "q", q, tokens * heads * headSize);
  require(operation, "k", k, tokens * kvHeads * headSize);
  require(operation, "v", v, tokens * kvHeads * headSize);
  queue(operation, kernels::attention, y, q, k, v, sequences, length, heads, kvHeads, headSize, scale);
}

void CudaBackend::swiglu(float* y, const float* gate, const float* up, int64_t count) {
  requireCount("swiglu", count);
  const Operation operation = begin("swiglu", {{"values", count}});
  require(operation, "y", y, count);
  require(operation, "gate", gate, count);
  require(operation, "up", up, count);
  queue(operation, kernels::swiglu, y, gate, up, count);
}

void CudaBackend::add(float* y, const float* x, float scale, int64_t count) {
  requireCount("add", count);
  const Operation operation = begin("add", {{"values", count}});
  require(operation, "y", y, count);
  require(operation, "x", x, count);
  queue(operation, kernels::add, y, x, scale, count);
}

// Stored types are decoded a batch of rows at a time, as many as there is room for.
void CudaBackend::linear(float* y, const float* x, const void* w, int type, const float* bias, int64_t tokens,
                         int64_t rows, int64_t cols) {
  checkLinear(type, tokens, rows, cols);
  const Operation operation = begin("linear", {{"tokens", tokens}, {"rows", rows}, {"cols", cols}, {"type", type}});
  const int64_t bytes = rowBytes("linear", type, cols);
  const uint8_t* stored = static_cast<const uint8_t*>(w);
  require(operation, "y", y, tokens * rows);
  require(operation, "x", x, tokens * cols);
  require(operation, "w", stored, rows * bytes);
  if (tokens == 0) return;
  if (bias != nullptr) {
    require(operation, "bias", bias, rows);
    queue(operation, kernels::repeatRow, y, bias, tokens, rows);
  }
  const auto product = [&](const float* weights, int64_t first, int64_t count) {
    libraries_.gemm(operation, false, true, tokens, count, cols, 1.0f, x, cols, weights, cols,
                    bias != nullptr ? 1.0f : 0.0f, y + first, rows);
  };
  if (type == kF32) return product(static_cast<const float*>(w), 0, rows);
  BatchScratch<float> decoded(memory_, operation, rows, cols);
  for (int64_t first = 0; first < rows; first += decoded.size()) {
    const int64_t count = std::min(decoded.size(), rows - first);
    queue(operation, kernels::dequantize, decoded.data(), stored + first * bytes, type, count * cols);
    product(decoded.data(), first, count);
  }
}

}  // namespace cuda
}  // namespace lathe
