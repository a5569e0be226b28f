// Declarations of one variant's kernels, shared by its files; kernel_table.h describes them.
#ifndef LATHE_CPU_KERNELS_KERNELS_H
#define LATHE_CPU_KERNELS_KERNELS_H

#include "kernel_table.h"
#include "lathe/formats/isa.h"

LATHE_BEGIN

void dequantize(float* w, const void* packed, int type, int64_t count);
void quantize(void* packed, const float* w, const float* importance, int type, int64_t rows, int64_t cols,
              bool exactZeros);
void obsF32(ObsTile& tile);
void obsF64(ObsTile& tile);
void refitScales(RefitTile& tile);
void rmsNorm(float* y, const float* x, const float* weight, int64_t tokens, int64_t cols, float epsilon);
void divideByRms(float* y, const float* x, const float* reference, int64_t tokens, int64_t cols, int64_t referenceCols,
                 float epsilon);
void rope(float* x, int64_t heads, int64_t headSize, int64_t rotarySize, const float* cosine, const float* sine,
          bool interleaved);
void swiglu(float* y, const float* gate, const float* up, int64_t count);
void add(float* y, const float* x, float scale, int64_t count);
void causalSoftmax(float* scores, int64_t rows, int64_t stride, int64_t visible, float scale);
int64_t findNonFinite(const float* x, int64_t count);
double logSumExp(const float* x, int64_t count, int64_t* top);
double klRow(const float* reference, const float* logits, double referenceSum, double logitsSum, int64_t count);
double dotF64(const float* a, const float* b, int64_t count);

LATHE_END

#endif
