// The launchers of all kernels, one family of operations per FAMILY.cu, where the mathematics stands. They queue work
// on the stream and return; pointers are device memory; matrices are row-major and dense. A launch that is refused
// throws LaunchFailure (launch.h).
#ifndef LATHE_CUDA_KERNELS_H
#define LATHE_CUDA_KERNELS_H

#include <cuda_runtime_api.h>

#include <cstdint>

namespace lathe {
namespace cuda {
namespace kernels {

// --- embedding.cu
// packed [tokens x rowBytes] = rows `ids` [tokens] of table.
void gatherRows(uint8_t* packed, const uint8_t* table, const int32_t* ids, int64_t tokens, int64_t rowBytes,
                cudaStream_t stream);

// --- norm.cu
void rmsNorm(float* y, const float* x, const float* weight, int64_t tokens, int64_t cols, float epsilon,
             cudaStream_t stream);
// y [tokens x cols] = x / sqrt(mean(r^2) + epsilon), r the row of reference [tokens x referenceCols].
void divideByRms(float* y, const float* x, const float* reference, int64_t tokens, int64_t cols, int64_t referenceCols,
                 float epsilon, cudaStream_t stream);

// --- rope.cu
// cosine and sine [min(length, tokens) x rotarySize / 2].
void rope(float* x, const float* cosine, const float* sine, int64_t tokens, int64_t length, int64_t heads,
          int64_t headSize, int64_t rotarySize, bool interleaved, cudaStream_t stream);

// --- attention.cu
constexpr int64_t kGreatestHeadSize = 512;
void attention(float* y, const float* q, const float* k, const float* v, int64_t sequences, int64_t length,
               int64_t heads, int64_t kvHeads, int64_t headSize, float scale, cudaStream_t stream);

// --- elementwise.cu
void swiglu(float* y, const float* gate, const float* up, int64_t count, cudaStream_t stream);
void add(float* y, const float* x, float scale, int64_t count, cudaStream_t stream);
// Every row of y [rows x cols] = row [cols].
void repeatRow(float* y, const float* row, int64_t rows, int64_t cols, cudaStream_t stream);

// --- statistics.cu
constexpr int64_t kDotParts = 512;
void scaleAndMirror(float* h, int64_t n, float scale, cudaStream_t stream);
// partial [kDotParts]; their sum is the result.
void dot(double* partial, const float* a, const float* b, int64_t count, cudaStream_t stream);

// --- factor.cu; T is float or double
constexpr unsigned long long kNoIndex = ~0ull;
template <class T>
void gatherDiagonal(T* diagonal, const T* h, int64_t n, cudaStream_t stream);
template <class T>
void damp(T* a, unsigned long long* nonFinite, const T* h, const T* diagonal, int64_t n, T keep, T added,
          cudaStream_t stream);
template <class T>
void diagonalIsUnfit(int32_t* unfit, const T* a, int64_t n, cudaStream_t stream);
template <class T>
void reverse(T* u, const T* a, int64_t n, cudaStream_t stream);

// --- measuring.cu
void logProbabilities(double* result, const float* logits, const int32_t* targets, int64_t tokens, int64_t vocabulary,
                      cudaStream_t stream);
void klDivergence(double* result, uint8_t* sameTop, const float* reference, const float* logits, int64_t tokens,
                  int64_t vocabulary, cudaStream_t stream);
void findNonFinite(unsigned long long* index, const float* x, int64_t count, cudaStream_t stream);

// --- dequantize.cu
// Decodes count weights of a type, whole blocks.
void dequantize(float* w, const void* packed, int type, int64_t count, cudaStream_t stream);

}  // namespace kernels
}  // namespace cuda
}  // namespace lathe

#endif
