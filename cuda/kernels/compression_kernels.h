// The launchers of the kernels that compress, as kernels.h is for the others. Sizes are at least 1 unless said.
#ifndef LATHE_CUDA_COMPRESSION_KERNELS_H
#define LATHE_CUDA_COMPRESSION_KERNELS_H

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace lathe {
namespace cuda {
namespace kernels {

// --- select.cu; scratch: selectionBytes() of device memory
size_t selectionBytes();
// The mask of the `count` lowest w^2 / diagonal^2 of w [rows x width]; w, mask and diagonal begin with its first
// column. T is float or double.
template <class T>
void selectLowestObs(uint8_t* mask, int64_t maskStride, const T* w, int64_t stride, const T* diagonal, int64_t rows,
                     int64_t width, int64_t count, void* scratch, cudaStream_t stream);
// Masks [rows x cols] by |w| columnNorm (null: all 1): of the `count` lowest of all, of each row; of the `pruned`
// lowest of every ofM consecutive columns.
void selectLowest(uint8_t* mask, const float* w, const float* columnNorm, int64_t rows, int64_t cols, int64_t count,
                  void* scratch, cudaStream_t stream);
void selectLowestOfRows(uint8_t* mask, const float* w, const float* columnNorm, int64_t rows, int64_t cols,
                        int64_t count, cudaStream_t stream);
void selectLowestOfGroups(uint8_t* mask, const float* w, const float* columnNorm, int64_t rows, int64_t cols, int ofM,
                          int pruned, cudaStream_t stream);
// w = 0 where mask [count] is set; adds how many these are to *zeros.
void zeroMasked(float* w, const uint8_t* mask, int64_t count, unsigned long long* zeros, cudaStream_t stream);

// --- quantize.cu; no rows are allowed
void quantize(void* packed, const float* w, const float* importance, int type, int64_t rows, int64_t cols,
              bool exactZeros, cudaStream_t stream);

// --- obs.cu; T is float or double
// w [rows x cols] = 0 in columns whose byte in `dead` [cols] is set.
template <class T>
void zeroColumns(T* w, const uint8_t* dead, int64_t rows, int64_t cols, cudaStream_t stream);
// mask [count] = w == 0.
template <class T>
void markZeros(uint8_t* mask, const T* w, int64_t count, cudaStream_t stream);
// Whether columns of the type share codes, so that compressSegment takes the metrics of groups: A of group_feedback.h,
// kMetricValues for each kMetricColumns columns of u [cols x cols].
constexpr int64_t kMetricColumns = 8;
constexpr int64_t kMetricValues = kMetricColumns * kMetricColumns;
bool needsMetrics(int type);
void groupMetrics(float* metrics, const float* u, int64_t cols, cudaStream_t stream);

// One segment of columns of a layer for all rows. Pointers begin with its first column (packed: with its first block).
template <class T>
struct ObsSegment {
  T* w;  // [rows x width], stride
  int64_t stride;
  int64_t rows;
  int width;
  const T* u;            // U[segment, segment], stride
  const T* diagonal;     // U_jj
  const float* metrics;  // of its groups of 8 columns; null where the type has no groups
  uint8_t* mask;         // [rows x width], stride; 1 = pruned; read, or written where ofM > 0; or null
  int keepN;             // n:m pattern that is to be chosen, or 0
  int ofM;
  int type;         // storage type; 0: prune only (the only one of F64)
  bool exactZeros;  // every column gets a code for exactly 0
  uint8_t* packed;  // encoded rows, packedStride bytes apart; or null
  int64_t packedStride;
  T* error;  // out: E = (w - q) / U_jj [rows x width], errorStride
  int64_t errorStride;
  double* losses;             // [rows]: sum of e^2 is added
  unsigned long long* zeros;  // [rows]: pruned weights are added
};
template <class T>
void compressSegment(const ObsSegment<T>& segment, cudaStream_t stream);

// --- refit.cu; no rows are allowed
// One block of columns of encoded rows, K; see lathe/formats/rescale.h.
struct RefitColumns {
  uint8_t* packed;  // the first row's block
  int64_t packedStride;
  int type;  // a rescalable one
  int64_t rows;
  int64_t stride;         // of w, target and error
  float* w;               // [rows x K]
  const float* target;    // [rows x K]
  float* error;           // [rows x K]: target - w
  const float* gradient;  // [rows x K], dense: (E H)_K
  const float* product;   // [rows x K], dense: w_K H_KK
  const float* diagonal;  // [K]: of H
  double shrinkage;
  double* gains;  // [rows]: what each row's E H' E^T falls by is added
};
void refitScales(const RefitColumns& columns, cudaStream_t stream);

}  // namespace kernels
}  // namespace cuda
}  // namespace lathe

#endif
