// Refitting of scales by CudaBackend: for each block of columns K in order, the products (E H)_K and w_K H_KK of as
// many rows as there is room for, then the blocks (kernels/refit.cu).
#include <algorithm>
#include <vector>

#include "arguments.h"
#include "compression_kernels.h"
#include "cuda_backend.h"
#include "kernels.h"

namespace lathe {
namespace cuda {

double CudaBackend::refitScales(void* packed, float* w, int type, const float* target, const float* h, int64_t rows,
                                int64_t cols, double shrinkage) {
  checkRefitScales(type, rows, cols, shrinkage);
  const Operation operation = begin("refitScales", {{"rows", rows}, {"cols", cols}, {"type", type}});
  const TypeInfo info = requireType("refitScales", type);
  const int64_t bytes = rowBytes("refitScales", type, cols), width = info.blockSize;
  auto* encoded = static_cast<uint8_t*>(packed);
  require(operation, "packed", encoded, rows * bytes);
  require(operation, "w", w, rows * cols);
  require(operation, "target", target, rows * cols);
  require(operation, "h", h, cols * cols);
  if (rows == 0) return 0;
  Scratch<float> diagonal(memory_, operation, cols);
  Scratch<double> gains(memory_, operation, rows);
  queue(operation, kernels::gatherDiagonal<float>, diagonal.data(), h, cols);
  CHECKED(operation, cudaMemsetAsync(gains.data(), 0, static_cast<size_t>(rows) * sizeof(double), compute_));
  BatchScratch<float> scratch(memory_, operation, rows, cols + 2 * width);
  for (int64_t first = 0; first < rows; first += scratch.size()) {
    const int64_t count = std::min(scratch.size(), rows - first);
    float* error = scratch.data();
    float* gradient = error + count * cols;
    float* product = gradient + count * width;
    CHECKED(operation, cudaMemcpyAsync(error, target + first * cols, static_cast<size_t>(count * cols) * sizeof(float),
                                       cudaMemcpyDeviceToDevice, compute_));
    queue(operation, kernels::add, error, w + first * cols, -1.0f, count * cols);
    for (int64_t k = 0; k < cols; k += width) {
      const int64_t at = first * cols + k;
      libraries_.gemm(operation, false, false, count, width, cols, 1.0f, error, cols, h + k, cols, 0.0f, gradient,
                      width);
      libraries_.gemm(operation, false, false, count, width, width, 1.0f, w + at, cols, h + k * (cols + 1), cols, 0.0f,
                      product, width);
      const kernels::RefitColumns columns = {encoded + first * bytes + k / width * info.blockBytes,
                                             bytes,
                                             type,
                                             count,
                                             cols,
                                             w + at,
                                             target + at,
                                             error + k,
                                             gradient,
                                             product,
                                             diagonal.data() + k,
                                             shrinkage,
                                             gains.data() + first};
      queue(operation, kernels::refitScales, columns);
    }
  }
  std::vector<double> rowGains(static_cast<size_t>(rows));
  receive(operation, rowGains.data(), gains, rows);
  double sum = 0;
  for (const double gain : rowGains) sum += gain;
  return sum;
}

}  // namespace cuda
}  // namespace lathe
