// Element by element:
//   swiglu     y = gate / (1 + exp(-gate)) * up     (Shazeer 2020)
//   add        y += scale * x
//   repeatRow  y[r] = row for every r; what a bias starts a product with
#include "grid.h"
#include "kernels.h"
#include "launch.h"

namespace lathe {
namespace cuda {

namespace {

constexpr int kThreads = 256;

__global__ void swigluKernel(float* y, const float* gate, const float* up, int64_t count) {
  for (int64_t i = firstItem(); i < count; i += itemStride()) y[i] = gate[i] / (1.0f + expf(-gate[i])) * up[i];
}

__global__ void addKernel(float* y, const float* x, float scale, int64_t count) {
  for (int64_t i = firstItem(); i < count; i += itemStride()) y[i] += scale * x[i];
}

__global__ void repeatRowKernel(float* y, const float* row, int64_t count, int64_t cols) {
  for (int64_t i = firstItem(); i < count; i += itemStride()) y[i] = row[i % cols];
}

}  // namespace

void kernels::swiglu(float* y, const float* gate, const float* up, int64_t count, cudaStream_t stream) {
  launch(swigluKernel, stridedGrid(count, kThreads), dim3(kThreads), 0, stream, y, gate, up, count);
}

void kernels::add(float* y, const float* x, float scale, int64_t count, cudaStream_t stream) {
  launch(addKernel, stridedGrid(count, kThreads), dim3(kThreads), 0, stream, y, x, scale, count);
}

void kernels::repeatRow(float* y, const float* row, int64_t rows, int64_t cols, cudaStream_t stream) {
  launch(repeatRowKernel, stridedGrid(rows * cols, kThreads), dim3(kThreads), 0, stream, y, row, rows * cols, cols);
}

}  // namespace cuda
}  // namespace lathe
