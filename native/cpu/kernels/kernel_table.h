// The kernels of one instruction set. Every variant is compiled from the same source (see isa.h) and gives the same
// bits: sums run over sixteen fixed lanes, and no multiplication is fused with an addition. The variant "reference" is
// compiled without vector instructions and is the truth that the test holds the others to.
//
// Each function works on its caller's thread and on host memory; the CPU backend splits the work.
#ifndef LATHE_CPU_KERNELS_KERNEL_TABLE_H
#define LATHE_CPU_KERNELS_KERNEL_TABLE_H

#include <cstdint>

#include "lathe/limits.h"

namespace lathe {

// Rows that are compressed together, one per vector lane.
constexpr int kLanes = 16;

// One segment of columns of OBS compression for kLanes rows (see obs.cpp for the mathematics).
struct ObsTile {
  void* w = nullptr;          // first row's first column of the block; computeType values
  int64_t stride = 0;         // from a row to the next, in values
  int lanes = 0;              // rows in use, <= kLanes
  int64_t width = 0;          // columns of the block, at most kGreatestUpdateBlock
  const void* u = nullptr;    // U[block, block], row-major
  int64_t uStride = 0;        // from a row of U to the next
  uint8_t* mask = nullptr;    // [lanes x width], row stride maskStride: 1 = pruned; read, or written where n:m; or null
  int64_t maskStride = 0;     //
  int keepN = 0, ofM = 0;     // n:m pattern, or 0
  int type = 0;               // storage type, 0: prune only
  bool exactZeros = false;    //
  uint8_t* packed = nullptr;  // encoded block of the first row, or null
  int64_t packedStride = 0;   // bytes of an encoded row
  void* error = nullptr;      // out: E = (w - q) / U_jj [lanes x width], row stride errorStride
  int64_t errorStride = 0;    //
  double loss = 0;            // out: sum of e^2
  int64_t zeros = 0;          // out: pruned weights
};

// One block of columns of encoded rows whose scales are refitted (lathe/formats/rescale.h).
struct RefitTile {
  int64_t rows = 0;                 //
  int type = 0;                     // a rescalable type; the tile is as wide as its blocks
  uint8_t* packed = nullptr;        // the first row's block
  int64_t packedStride = 0;         // bytes of an encoded row
  float* w = nullptr;               // [rows x blockSize], row stride `stride`: what is encoded
  const float* target = nullptr;    // the same of what is to be encoded
  int64_t stride = 0;               //
  float* error = nullptr;           // target - w, row stride errorStride
  int64_t errorStride = 0;          //
  const float* gradient = nullptr;  // [rows x blockSize], dense: (E H)_K
  const float* product = nullptr;   // [rows x blockSize], dense: w_K H_KK
  const float* diagonal = nullptr;  // [blockSize]: of H_KK
  double shrinkage = 0;             //
  double gain = 0;                  // out: what tr(E H' E^T) fell by
};

struct KernelTable {
  const char* name;

  // count weights, whole blocks.
  void (*dequantize)(float* w, const void* packed, int type, int64_t count);
  // rows of C columns each; importance [C] or null.
  void (*quantize)(void* packed, const float* w, const float* importance, int type, int64_t rows, int64_t cols,
                   bool exactZeros);
  void (*obsF32)(ObsTile& tile);
  void (*obsF64)(ObsTile& tile);
  void (*refitScales)(RefitTile& tile);

  void (*rmsNorm)(float* y, const float* x, const float* weight, int64_t tokens, int64_t cols, float epsilon);
  void (*divideByRms)(float* y, const float* x, const float* reference, int64_t tokens, int64_t cols,
                      int64_t referenceCols, float epsilon);
  // One token: cosine and sine [rotarySize/2] are of its position.
  void (*rope)(float* x, int64_t heads, int64_t headSize, int64_t rotarySize, const float* cosine, const float* sine,
               bool interleaved);
  void (*swiglu)(float* y, const float* gate, const float* up, int64_t count);
  void (*add)(float* y, const float* x, float scale, int64_t count);
  // Softmax of the first `visible` of each row's `stride` values, times `scale` first; the rest become 0. Row i sees
  // visible + i values.
  void (*causalSoftmax)(float* scores, int64_t rows, int64_t stride, int64_t visible, float scale);
  int64_t (*findNonFinite)(const float* x, int64_t count);
  // log(sum(exp(x))) and the index of the greatest value (lowest index on ties), in F64.
  double (*logSumExp)(const float* x, int64_t count, int64_t* top);
  // sum over i of softmax(reference)_i * ((reference_i - logits_i) - (referenceSum - logitsSum)).
  double (*klRow)(const float* reference, const float* logits, double referenceSum, double logitsSum, int64_t count);
  double (*dotF64)(const float* a, const float* b, int64_t count);
};

const KernelTable& referenceKernels();
const KernelTable& avx2Kernels();
const KernelTable& avx512Kernels();

// The best variant that this processor runs, or the one named; throws where the name is unknown or cannot run here.
const KernelTable& selectKernels(const char* name);

}  // namespace lathe

#endif
