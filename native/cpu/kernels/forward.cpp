// Element-wise parts of the forward pass: RMSNorm, RoPE, SwiGLU, softmax; and the sums that measuring needs.
#include <cmath>

#include "kernels.h"
#include "vector_math.h"

LATHE_BEGIN

static float inverseRms(const float* row, int64_t cols, float epsilon) {
  const double mean = dotF64(row, row, cols) / static_cast<double>(cols);
  return static_cast<float>(1.0 / std::sqrt(mean + epsilon));
}

// y = x / sqrt(mean(x^2) + epsilon) * weight, row by row (Zhang and Sennrich 2019).
void rmsNorm(float* y, const float* x, const float* weight, int64_t tokens, int64_t cols, float epsilon) {
  for (int64_t t = 0; t < tokens; t++) {
    const float* in = x + t * cols;
    float* out = y + t * cols;
    const float scale = inverseRms(in, cols, epsilon);
    for (int64_t i = 0; i < cols; i++) out[i] = in[i] * scale * weight[i];
  }
}

void divideByRms(float* y, const float* x, const float* reference, int64_t tokens, int64_t cols, int64_t referenceCols,
                 float epsilon) {
  for (int64_t t = 0; t < tokens; t++) {
    const float scale = inverseRms(reference + t * referenceCols, referenceCols, epsilon);
    for (int64_t i = 0; i < cols; i++) y[t * cols + i] = x[t * cols + i] * scale;
  }
}

// (a, b) -> (a cos - b sin, b cos + a sin) for each pair (Su et al. 2021).
void rope(float* x, int64_t heads, int64_t headSize, int64_t rotarySize, const float* cosine, const float* sine,
          bool interleaved) {
  const int64_t half = rotarySize / 2;
  const int64_t step = interleaved ? 2 : 1;
  const int64_t partner = interleaved ? 1 : half;
  for (int64_t h = 0; h < heads; h++) {
    float* head = x + h * headSize;
    for (int64_t i = 0; i < half; i++) {
      const float a = head[i * step];
      const float b = head[i * step + partner];
      head[i * step] = a * cosine[i] - b * sine[i];
      head[i * step + partner] = b * cosine[i] + a * sine[i];
    }
  }
}

void swiglu(float* y, const float* gate, const float* up, int64_t count) {
  for (int64_t i = 0; i < count; i++) y[i] = gate[i] / (1.0f + exponential(-gate[i])) * up[i];
}

void add(float* y, const float* x, float scale, int64_t count) {
  for (int64_t i = 0; i < count; i++) y[i] += scale * x[i];
}

static float maximum(const float* x, int64_t count) {
  float lane[kLanes];
  for (int l = 0; l < kLanes; l++) lane[l] = x[0];
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (int l = 0; l < kLanes; l++) lane[l] = x[i + l] > lane[l] ? x[i + l] : lane[l];
  for (; i < count; i++) lane[0] = x[i] > lane[0] ? x[i] : lane[0];
  float result = lane[0];
  for (int l = 1; l < kLanes; l++) result = lane[l] > result ? lane[l] : result;
  return result;
}

void causalSoftmax(float* scores, int64_t rows, int64_t stride, int64_t visible, float scale) {
  for (int64_t r = 0; r < rows; r++) {
    float* row = scores + r * stride;
    const int64_t seen = visible + r;
    const float top = maximum(row, seen);
    const float sum =
        sumOverLanes<float>(seen, [=](int64_t i) { return row[i] = exponential((row[i] - top) * scale); });
    const float inverse = 1.0f / sum;
    for (int64_t c = 0; c < seen; c++) row[c] *= inverse;
    for (int64_t c = seen; c < stride; c++) row[c] = 0;
  }
}

int64_t findNonFinite(const float* x, int64_t count) {
  constexpr int64_t kChunk = 4096;
  for (int64_t begin = 0; begin < count; begin += kChunk) {
    const int64_t end = begin + kChunk < count ? begin + kChunk : count;
    int32_t bad = 0;
    for (int64_t i = begin; i < end; i++) {
      int32_t bits;
      std::memcpy(&bits, x + i, sizeof bits);
      bad |= (bits & 0x7f800000) == 0x7f800000;
    }
    if (bad == 0) continue;
    for (int64_t i = begin; i < end; i++)
      if (!std::isfinite(x[i])) return i;
  }
  return -1;
}

double dotF64(const float* a, const float* b, int64_t count) {
  return sumOverLanes<double>(count, [=](int64_t i) { return static_cast<double>(a[i]) * b[i]; });
}

double logSumExp(const float* x, int64_t count, int64_t* top) {
  const float greatest = maximum(x, count);
  int64_t index = 0;
  while (index + 1 < count && x[index] != greatest) index++;  // none is equal where x holds NaN
  *top = index;
  return greatest + std::log(sumOverLanes<double>(count, [=](int64_t i) { return exponential(x[i] - greatest); }));
}

double klRow(const float* reference, const float* logits, double referenceSum, double logitsSum, int64_t count) {
  const double shift = referenceSum - logitsSum;
  const float base = static_cast<float>(referenceSum);
  return sumOverLanes<double>(count, [=](int64_t i) {
    return exponential(reference[i] - base) * (static_cast<double>(reference[i]) - logits[i] - shift);
  });
}

LATHE_END
