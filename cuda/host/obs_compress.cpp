// Optimal-brain-surgeon compression of a layer by CudaBackend (design: SparseGPT and OBS quantization).
//
// The columns are cut into segments, at every multiple of the update block and of the mask block. For each segment in
// order: choose the mask that begins there, compress the segment (kernels/obs_row.h), and take its errors E off all
// columns behind it, W_rest -= E U_segment,rest, in one product.
#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "arguments.h"
#include "compression_kernels.h"
#include "cuda_backend.h"
#include "kernels.h"

namespace lathe {
namespace cuda {

namespace {

int64_t segmentEnd(int64_t first, int64_t cols, const ObsRequest& request, bool choosesMasks) {
  const int64_t update = (first / request.updateBlock + 1) * request.updateBlock;
  const int64_t mask = choosesMasks ? (first / request.maskBlock + 1) * request.maskBlock : cols;
  return std::min({update, mask, cols});
}

// Adds up what the rows have.
ObsReport reportOf(const std::vector<double>& losses, const std::vector<unsigned long long>& zeros) {
  ObsReport report;
  for (const double loss : losses) report.loss += loss;
  for (const unsigned long long count : zeros) report.zeros += static_cast<int64_t>(count);
  return report;
}

}  // namespace

// Zeros dead columns and marks what is to stay zero.
template <class T>
void CudaBackend::beginObs(const Operation& operation, T* w, uint8_t* mask, int64_t rows, int64_t cols,
                           const ObsRequest& request, bool keepsZeros, const uint8_t* hostDead) {
  if (hostDead != nullptr) {
    Scratch<uint8_t> dead(memory_, operation, cols);
    send(operation, dead, hostDead, cols);
    queue(operation, kernels::zeroColumns<T>, w, dead.data(), rows, cols);
  }
  if (keepsZeros)
    queue(operation, kernels::markZeros<T>, mask, w, rows * cols);
  else if (mask != nullptr && !request.sparse)
    CHECKED(operation, cudaMemsetAsync(mask, 0, static_cast<size_t>(rows * cols), compute_));
}

template <class T>
void CudaBackend::readDiagonal(const Operation& operation, Scratch<T>& diagonal, const T* u, int64_t cols) {
  queue(operation, kernels::gatherDiagonal<T>, diagonal.data(), u, cols);
  std::vector<T> values(static_cast<size_t>(cols));
  receive(operation, values.data(), diagonal, cols);
  for (size_t j = 0; j < values.size(); j++)
    if (!(std::isfinite(values[j]) && values[j] > 0))
      reject("obsCompress", "U[" + std::to_string(j) + "," + std::to_string(j) + "] is " + std::to_string(values[j]) +
                                ", expected a positive number");
}

template <class T>
ObsReport CudaBackend::obsCompressOf(const Operation& operation, T* w, const T* u, int64_t rows, int64_t cols,
                                     const ObsOptions& options, const ObsRequest& request, const uint8_t* hostDead,
                                     uint8_t* packed, uint8_t* mask) {
  require(operation, "w", w, rows * cols);
  require(operation, "u", u, cols * cols);
  if (request.encodes) require(operation, "packed", packed, rows * request.packedRow);
  std::optional<Scratch<uint8_t>> ownMask;
  if (mask != nullptr)
    require(operation, "mask", mask, rows * cols);
  else if (request.sparse)
    mask = ownMask.emplace(memory_, operation, rows * cols).data();
  const double sparsity = options.ofM > 0 ? 0 : options.sparsity;
  Scratch<T> diagonal(memory_, operation, cols);
  readDiagonal(operation, diagonal, u, cols);
  beginObs(operation, w, mask, rows, cols, request, options.keepZeros, hostDead);
  std::optional<Scratch<float>> metrics;
  if constexpr (std::is_same_v<T, float>) {
    if (kernels::needsMetrics(options.type)) {
      metrics.emplace(memory_, operation, cols * kernels::kMetricValues / kernels::kMetricColumns);
      queue(operation, kernels::groupMetrics, metrics->data(), u, cols);
    }
  }
  const int64_t errorStride = std::min(request.updateBlock, cols);
  Scratch<T> error(memory_, operation, rows * errorStride);
  Scratch<uint8_t> selection(memory_, operation, static_cast<int64_t>(kernels::selectionBytes()));
  Scratch<double> losses(memory_, operation, rows);
  Scratch<unsigned long long> zeros(memory_, operation, rows);
  CHECKED(operation, cudaMemsetAsync(losses.data(), 0, static_cast<size_t>(rows) * sizeof(double), compute_));
  CHECKED(operation,
          cudaMemsetAsync(zeros.data(), 0, static_cast<size_t>(rows) * sizeof(unsigned long long), compute_));

  for (int64_t first = 0, end; first < cols; first = end) {
    end = segmentEnd(first, cols, request, sparsity > 0);
    uint8_t* maskHere = request.sparse ? mask + first : nullptr;
    if (sparsity > 0 && first % request.maskBlock == 0) {
      const int64_t width = std::min(cols, first + request.maskBlock) - first;
      const int64_t count = prunedCount(sparsity, rows * (first + width)) - prunedCount(sparsity, rows * first);
      queue(operation, kernels::selectLowestObs<T>, maskHere, cols, w + first, cols, diagonal.data() + first, rows,
            width, count, selection.data());
    }
    const kernels::ObsSegment<T> segment = {
        w + first,
        cols,
        rows,
        static_cast<int>(end - first),
        u + first * (cols + 1),
        diagonal.data() + first,
        metrics ? metrics->data() + first * kernels::kMetricValues / kernels::kMetricColumns : nullptr,
        maskHere,
        options.keepN,
        options.ofM,
        options.type,
        request.sparse,
        request.encodes ? packed + first * request.packedRow / cols : nullptr,
        request.packedRow,
        error.data(),
        errorStride,
        losses.data(),
        zeros.data()};
    queue(operation, kernels::compressSegment<T>, segment);
    if (end < cols)
      libraries_.gemm(operation, false, false, rows, cols - end, end - first, T(-1), error.data(), errorStride,
                      u + first * cols + end, cols, T(1), w + end, cols);
  }
  std::vector<double> rowLosses(static_cast<size_t>(rows));
  std::vector<unsigned long long> rowZeros(static_cast<size_t>(rows));
  receive(operation, rowLosses.data(), losses, rows);
  receive(operation, rowZeros.data(), zeros, rows);
  return reportOf(rowLosses, rowZeros);
}

ObsReport CudaBackend::obsCompress(void* w, const void* u, int computeType, int64_t rows, int64_t cols,
                                   const ObsOptions& options, const uint8_t* hostDead, void* packed, uint8_t* mask) {
  const ObsRequest request = checkObsCompress(computeType, rows, cols, options, packed);
  const Operation operation = begin("obsCompress", {{"rows", rows}, {"cols", cols}, {"type", options.type}});
  uint8_t* encoded = static_cast<uint8_t*>(packed);
  if (computeType == kF32)
    return obsCompressOf(operation, static_cast<float*>(w), static_cast<const float*>(u), rows, cols, options, request,
                         hostDead, encoded, mask);
  return obsCompressOf(operation, static_cast<double*>(w), static_cast<const double*>(u), rows, cols, options, request,
                       hostDead, encoded, mask);
}

}  // namespace cuda
}  // namespace lathe
