// Optimal-brain-surgeon compression: the step of one segment of columns (obs_row.h), and what goes before it.
//
//   zeroColumns    w_:j = 0 in dead columns
//   markZeros      the mask of weights that are 0
//   groupMetrics   A = (U_GG^-1)(U_GG^-1)^T of each group of 8 columns (group_feedback.h), for the types with codebooks
//   compressSegment   a warp per row; the mathematics is in obs_row.h, the coding in obs_encode.h
#include "grid.h"
#include "obs_encode.h"

namespace lathe {
namespace cuda {

namespace {

constexpr int kThreads = 256;

template <class T>
__global__ void zeroColumnsKernel(T* w, const uint8_t* dead, int64_t cols, int64_t count) {
  for (int64_t i = firstItem(); i < count; i += itemStride())
    if (dead[i % cols]) w[i] = 0;
}

template <class T>
__global__ void markZerosKernel(uint8_t* mask, const T* w, int64_t count) {
  for (int64_t i = firstItem(); i < count; i += itemStride()) mask[i] = w[i] == 0;
}

static_assert(kernels::kMetricColumns == groupSize && kernels::kMetricValues * sizeof(float) == sizeof(GroupMetric),
              "metrics are passed as plain numbers");

__global__ void __launch_bounds__(kTeamThreads) groupMetricsKernel(GroupMetric* metrics, const float* u, int64_t cols) {
  const int64_t group = blockIdx.x;
  groupMetric(metrics[group], u + group * groupSize * (cols + 1), cols);
}

// Leaves the weights as they are: pruning alone.
template <class T>
struct KeepValues {
  __device__ void begin(const ObsRow<T>&, const kernels::ObsSegment<T>&, int) {}
  __device__ T code(const ObsRow<T>&, const kernels::ObsSegment<T>&, int, T w) { return w; }
  __device__ void end(const kernels::ObsSegment<T>&, int) {}
};

template <class T>
__global__ void __launch_bounds__(kTeamThreads) pruneSegment(const kernels::ObsSegment<T> segment) {
  KeepValues<T> coder;
  compressRow(segment, coder);
}

}  // namespace

template <class T>
void kernels::zeroColumns(T* w, const uint8_t* dead, int64_t rows, int64_t cols, cudaStream_t stream) {
  launch(zeroColumnsKernel<T>, stridedGrid(rows * cols, kThreads), dim3(kThreads), 0, stream, w, dead, cols,
         rows * cols);
}

template <class T>
void kernels::markZeros(uint8_t* mask, const T* w, int64_t count, cudaStream_t stream) {
  launch(markZerosKernel<T>, stridedGrid(count, kThreads), dim3(kThreads), 0, stream, mask, w, count);
}

bool kernels::needsMetrics(int type) {
  bool grouped = false;
  visitEncodable(type, [&](auto format) { grouped = decltype(format)::group > 1; });
  return grouped;
}

void kernels::groupMetrics(float* metrics, const float* u, int64_t cols, cudaStream_t stream) {
  launch(groupMetricsKernel, gridOf(cols / groupSize), dim3(kTeamThreads), 0, stream,
         reinterpret_cast<GroupMetric*>(metrics), u, cols);
}

template <>
void kernels::compressSegment(const ObsSegment<double>& segment, cudaStream_t stream) {
  launch(pruneSegment<double>, gridOf(segment.rows), dim3(kTeamThreads), ObsRow<double>::bytes(segment.width), stream,
         segment);
}

template <>
void kernels::compressSegment(const ObsSegment<float>& segment, cudaStream_t stream) {
  const dim3 grid = gridOf(segment.rows), threads(kTeamThreads);
  const size_t bytes = ObsRow<float>::bytes(segment.width);
  if (segment.type == 0) {
    launch(pruneSegment<float>, grid, threads, bytes, stream, segment);
    return;
  }
  visitEncodable(segment.type, [&](auto format) {
    using Format = decltype(format);
    if constexpr ((Format::blockSize > 1)) launch(encodeSegment<Format>, grid, threads, bytes, stream, segment);
  });
}

template void kernels::zeroColumns(float*, const uint8_t*, int64_t, int64_t, cudaStream_t);
template void kernels::zeroColumns(double*, const uint8_t*, int64_t, int64_t, cudaStream_t);
template void kernels::markZeros(uint8_t*, const float*, int64_t, cudaStream_t);
template void kernels::markZeros(uint8_t*, const double*, int64_t, cudaStream_t);

}  // namespace cuda
}  // namespace lathe
