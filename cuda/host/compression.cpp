// Pruning by score, rounding and decoding of CudaBackend.
#include "arguments.h"
#include "compression_kernels.h"
#include "cuda_backend.h"
#include "kernels.h"

namespace lathe {
namespace cuda {

int64_t CudaBackend::scorePrune(float* w, const float* columnNorm, int64_t rows, int64_t cols,
                                const ObsOptions& options, bool perRow) {
  checkScorePrune(rows, cols, options);
  const Operation operation = begin("scorePrune", {{"rows", rows}, {"cols", cols}});
  require(operation, "w", w, rows * cols);
  if (columnNorm != nullptr) require(operation, "columnNorm", columnNorm, cols);
  Scratch<uint8_t> mask(memory_, operation, rows * cols);
  if (options.ofM > 0) {
    queue(operation, kernels::selectLowestOfGroups, mask.data(), w, columnNorm, rows, cols, options.ofM,
          options.ofM - options.keepN);
  } else if (perRow) {
    queue(operation, kernels::selectLowestOfRows, mask.data(), w, columnNorm, rows, cols,
          prunedCount(options.sparsity, cols));
  } else {
    Scratch<uint8_t> selection(memory_, operation, static_cast<int64_t>(kernels::selectionBytes()));
    queue(operation, kernels::selectLowest, mask.data(), w, columnNorm, rows, cols,
          prunedCount(options.sparsity, rows * cols), selection.data());
  }
  Scratch<unsigned long long> zeros(memory_, operation, 1);
  CHECKED(operation, cudaMemsetAsync(zeros.data(), 0, sizeof(unsigned long long), compute_));
  queue(operation, kernels::zeroMasked, w, mask.data(), rows * cols, zeros.data());
  unsigned long long count = 0;
  receive(operation, &count, zeros, 1);
  return static_cast<int64_t>(count);
}

void CudaBackend::quantize(void* packed, const float* w, const float* importance, int type, int64_t rows, int64_t cols,
                           bool exactZeros) {
  checkQuantize(type, rows, cols, exactZeros);
  const Operation operation = begin("quantize", {{"rows", rows}, {"cols", cols}, {"type", type}});
  require(operation, "packed", static_cast<uint8_t*>(packed), rows * rowBytes("quantize", type, cols));
  require(operation, "w", w, rows * cols);
  if (importance != nullptr) require(operation, "importance", importance, cols);
  queue(operation, kernels::quantize, packed, w, importance, type, rows, cols, exactZeros);
}

void CudaBackend::dequantize(float* w, const void* packed, int type, int64_t count) {
  checkDequantize(type, count);
  const Operation operation = begin("dequantize", {{"count", count}, {"type", type}});
  require(operation, "w", w, count);
  if (count > 0) require(operation, "packed", static_cast<const uint8_t*>(packed), rowBytes("dequantize", type, count));
  queue(operation, kernels::dequantize, w, packed, type, count);
}

}  // namespace cuda
}  // namespace lathe
