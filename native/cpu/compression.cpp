// Pruning and quantizing whole layers: what is asked for is checked here; obs_compress.h does the work of obsCompress.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <string>
#include <type_traits>
#include <vector>

#include "cpu_backend.h"
#include "mask_selection.h"
#include "obs_compress.h"

namespace lathe {

namespace {

int64_t tiles(int64_t size, int64_t tile) { return (size + tile - 1) / tile; }

}  // namespace

ObsReport CpuBackend::obsCompress(void* w, const void* u, int computeType, int64_t rows, int64_t cols,
                                  const ObsOptions& options, const uint8_t* hostDead, void* packed, uint8_t* mask) {
  const ObsRequest request = checkObsCompress(computeType, rows, cols, options, packed);
  HostMemory<uint8_t> ownMask;
  if (mask == nullptr && request.sparse) {
    ownMask.require("obsCompress", rows * cols);
    mask = ownMask.data();
  }
  if (mask != nullptr && !request.sparse) std::memset(mask, 0, static_cast<size_t>(rows * cols));

  const auto run = [&](auto* weights, const auto* factor, void (*kernel)(ObsTile&)) {
    pool_.run(rows, [&](int64_t r, int) {
      for (int64_t j = 0; hostDead != nullptr && j < cols; j++)
        if (hostDead[j]) weights[r * cols + j] = 0;
      for (int64_t j = 0; options.keepZeros && j < cols; j++) mask[r * cols + j] = weights[r * cols + j] == 0;
    });
    const ObsLayer<std::remove_pointer_t<decltype(weights)>> layer = {
        weights,
        factor,
        rows,
        cols,
        options.ofM > 0 ? 0 : options.sparsity,
        options.keepN,
        options.ofM,
        request.maskBlock,
        request.updateBlock,
        options.type,
        request.blockSize,
        request.packedRow,
        request.encodes ? static_cast<uint8_t*>(packed) : nullptr,
        request.sparse ? mask : nullptr};
    return obsCompressLayer(pool_, layer, kernel);
  };
  if (computeType == kF32) return run(static_cast<float*>(w), static_cast<const float*>(u), kernels_.obsF32);
  return run(static_cast<double*>(w), static_cast<const double*>(u), kernels_.obsF64);
}

namespace {

// Wanda's scores of one row (Sun et al. 2023), or magnitudes.
void scoreRow(float* scores, const float* row, const float* columnNorm, int64_t cols) {
  for (int64_t j = 0; j < cols; j++) scores[j] = std::fabs(row[j]) * (columnNorm == nullptr ? 1.0f : columnNorm[j]);
}

int64_t zeroMasked(float* w, const uint8_t* mask, int64_t count) {
  int64_t zeros = 0;
  for (int64_t i = 0; i < count; i++) {
    if (mask[i]) w[i] = 0;
    zeros += mask[i];
  }
  return zeros;
}

}  // namespace

int64_t CpuBackend::scorePrune(float* w, const float* columnNorm, int64_t rows, int64_t cols, const ObsOptions& options,
                               bool perRow) {
  checkScorePrune(rows, cols, options);
  const bool wholeMatrix = options.ofM == 0 && !perRow;
  HostMemory<float> scores("scorePrune", rows * cols);
  HostMemory<uint8_t> mask("scorePrune", rows * cols);
  std::vector<int64_t> zeros(static_cast<size_t>(rows));
  pool_.run(rows, [&](int64_t r, int) { scoreRow(scores.data() + r * cols, w + r * cols, columnNorm, cols); });
  if (wholeMatrix) {
    Histograms histograms;
    const ScoredBlock<float> block = {scores.data(), rows, cols, mask.data(), cols};
    selectLowest(pool_, block, prunedCount(options.sparsity, rows * cols), histograms);
  }
  pool_.run(rows, [&](int64_t r, int) {
    const float* scored = scores.data() + r * cols;
    uint8_t* chosen = mask.data() + r * cols;
    if (options.ofM > 0) {
      for (int64_t j = 0; j < cols; j += options.ofM)
        selectLowestOfGroup(chosen + j, scored + j, options.ofM, options.ofM - options.keepN);
    } else if (!wholeMatrix) {
      Histograms histograms;
      selectLowest(ScoredBlock<float>{scored, 1, cols, chosen, cols}, prunedCount(options.sparsity, cols), histograms);
    }
    zeros[static_cast<size_t>(r)] = zeroMasked(w + r * cols, chosen, cols);
  });
  int64_t sum = 0;
  for (int64_t count : zeros) sum += count;
  return sum;
}

void CpuBackend::quantize(void* packed, const float* w, const float* importance, int type, int64_t rows, int64_t cols,
                          bool exactZeros) {
  checkQuantize(type, rows, cols, exactZeros);
  const int64_t bytes = rowBytes("quantize", type, cols);
  constexpr int64_t kRows = 16;
  pool_.run(tiles(rows, kRows), [&](int64_t tile, int) {
    const int64_t row = tile * kRows;
    kernels_.quantize(static_cast<uint8_t*>(packed) + row * bytes, w + row * cols, importance, type,
                      std::min(kRows, rows - row), cols, exactZeros);
  });
}

void CpuBackend::dequantize(float* w, const void* packed, int type, int64_t count) {
  checkDequantize(type, count);
  const TypeInfo info = requireType("dequantize", type);
  constexpr int64_t kChunk = 1 << 16;  // a multiple of every block size
  pool_.run(tiles(count, kChunk), [&](int64_t chunk, int) {
    const int64_t at = chunk * kChunk;
    kernels_.dequantize(w + at, static_cast<const uint8_t*>(packed) + at / info.blockSize * info.blockBytes, type,
                        std::min(kChunk, count - at));
  });
}

int64_t CpuBackend::findNonFinite(const float* x, int64_t count) {
  requireCount("findNonFinite", count);
  constexpr int64_t kChunk = 1 << 18;
  std::vector<int64_t> found(static_cast<size_t>(tiles(count, kChunk)));
  pool_.run(static_cast<int64_t>(found.size()), [&](int64_t chunk, int) {
    found[static_cast<size_t>(chunk)] =
        kernels_.findNonFinite(x + chunk * kChunk, std::min(kChunk, count - chunk * kChunk));
  });
  for (size_t chunk = 0; chunk < found.size(); chunk++)
    if (found[chunk] >= 0) return static_cast<int64_t>(chunk) * kChunk + found[chunk];
  return -1;
}

}  // namespace lathe
