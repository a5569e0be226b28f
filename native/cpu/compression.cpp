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

std::string sizes(int64_t rows, int64_t cols) {
  return " of a " + std::to_string(rows) + " x " + std::to_string(cols) + " matrix";
}

void requirePattern(const char* operation, int64_t rows, int64_t cols, const ObsOptions& options) {
  requireMatrix(operation, rows, cols);
  if (rows == 0) reject(operation, "nothing to prune" + sizes(rows, cols));
  if (options.ofM == 0) {
    if (!(options.sparsity >= 0 && options.sparsity < 1))
      reject(operation, "sparsity " + std::to_string(options.sparsity) + ", expected 0 <= sparsity < 1");
    return;
  }
  if (options.ofM < 2 || options.ofM > kGreatestPattern || options.keepN < 1 || options.keepN >= options.ofM)
    reject(operation, "pattern " + std::to_string(options.keepN) + ":" + std::to_string(options.ofM) +
                          ", expected n:m with 0 < n < m <= " + std::to_string(kGreatestPattern));
  if (cols % options.ofM != 0)
    reject(operation, std::to_string(cols) + " columns are no multiple of the pattern's " +
                          std::to_string(options.ofM) + sizes(rows, cols));
}

int64_t roundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

int64_t tiles(int64_t size, int64_t tile) { return (size + tile - 1) / tile; }

// The storage type that obsCompress is asked to encode into.
TypeInfo requireFeedbackType(const ObsOptions& options, const void* packed, bool sparse) {
  const TypeInfo info = requireType("obsCompress", options.type);
  if (!info.encodable || info.blockSize == 1 || packed == nullptr)
    reject("obsCompress", std::string(info.name) + " cannot be encoded with error feedback");
  if (sparse && !info.exactZero)
    reject("obsCompress", std::string(info.name) + " holds no exact zero and cannot be joined with sparsity");
  return info;
}

// Both blocks, made to hold whole blocks of the storage type and, for the update block, whole groups of the pattern.
struct Blocks {
  int64_t update;
  int64_t mask;

  Blocks(const ObsOptions& options, int64_t cols, int blockSize) {
    const std::string asked =
        "update block " + std::to_string(options.updateBlock) + " and mask block " + std::to_string(options.maskBlock);
    if (options.updateBlock < 1 || options.maskBlock < 1) reject("obsCompress", asked + ", expected at least 1");
    const int64_t multiple = std::lcm<int64_t>(std::max(1, options.ofM), blockSize);
    update = roundUp(std::min(options.updateBlock, cols), multiple);
    mask = roundUp(std::min(options.maskBlock, cols), blockSize);
    if (update > kGreatestTileWidth)
      reject("obsCompress", asked + " with groups and blocks of " + std::to_string(multiple) +
                                " columns, expected an update block of at most " + std::to_string(kGreatestTileWidth));
  }
};

}  // namespace

ObsReport CpuBackend::obsCompress(void* w, const void* u, int computeType, int64_t rows, int64_t cols,
                                  const ObsOptions& options, const uint8_t* hostDead, void* packed, uint8_t* mask) {
  requirePattern("obsCompress", rows, cols, options);
  const bool encodes = options.type != kF32;
  if (computeType != kF32 && (computeType != kF64 || encodes))
    reject("obsCompress", "compute type " + std::to_string(computeType) + ", expected F32, or F64 without a type");
  const bool chooses = options.ofM > 0 || options.sparsity > 0;
  const bool sparse = chooses || options.keepZeros;
  if (chooses && options.keepZeros) reject("obsCompress", "a mask is either chosen or kept, not both");
  const int64_t packedRow = encodes ? rowBytes("obsCompress", options.type, cols) : 0;
  const int blockSize = encodes ? requireFeedbackType(options, packed, sparse).blockSize : 1;
  const Blocks blocks(options, cols, blockSize);
  HostMemory<uint8_t> ownMask;
  if (mask == nullptr && sparse) {
    ownMask.require("obsCompress", rows * cols);
    mask = ownMask.data();
  }
  if (mask != nullptr && !sparse) std::memset(mask, 0, static_cast<size_t>(rows * cols));

  const auto run = [&](auto* weights, const auto* factor, void (*kernel)(ObsTile&)) {
    pool_.run(rows, [&](int64_t r, int) {
      for (int64_t j = 0; hostDead != nullptr && j < cols; j++)
        if (hostDead[j]) weights[r * cols + j] = 0;
      for (int64_t j = 0; options.keepZeros && j < cols; j++) mask[r * cols + j] = weights[r * cols + j] == 0;
    });
    const ObsLayer<std::remove_pointer_t<decltype(weights)>> layer = {weights,
                                                                      factor,
                                                                      rows,
                                                                      cols,
                                                                      options.ofM > 0 ? 0 : options.sparsity,
                                                                      options.keepN,
                                                                      options.ofM,
                                                                      blocks.mask,
                                                                      blocks.update,
                                                                      options.type,
                                                                      blockSize,
                                                                      packedRow,
                                                                      encodes ? static_cast<uint8_t*>(packed) : nullptr,
                                                                      sparse ? mask : nullptr};
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
  requirePattern("scorePrune", rows, cols, options);
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
  const TypeInfo info = requireType("quantize", type);
  const int64_t bytes = rowBytes("quantize", type, cols);
  if (!info.encodable) reject("quantize", std::string(info.name) + " can be read but not written");
  if (exactZeros && !info.exactZero) reject("quantize", std::string(info.name) + " holds no exact zero");
  requireMatrix("quantize", rows, cols);
  constexpr int64_t kRows = 16;
  pool_.run(tiles(rows, kRows), [&](int64_t tile, int) {
    const int64_t row = tile * kRows;
    kernels_.quantize(static_cast<uint8_t*>(packed) + row * bytes, w + row * cols, importance, type,
                      std::min(kRows, rows - row), cols, exactZeros);
  });
}

void CpuBackend::dequantize(float* w, const void* packed, int type, int64_t count) {
  const TypeInfo info = requireDecodable("dequantize", type);
  if (count < 0 || count % info.blockSize != 0)
    reject("dequantize", std::to_string(count) + " weights are no whole number of " + info.name + " blocks");
  constexpr int64_t kChunk = 1 << 16;  // a multiple of every block size
  pool_.run(tiles(count, kChunk), [&](int64_t chunk, int) {
    const int64_t at = chunk * kChunk;
    kernels_.dequantize(w + at, static_cast<const uint8_t*>(packed) + at / info.blockSize * info.blockBytes, type,
                        std::min(kChunk, count - at));
  });
}

int64_t CpuBackend::findNonFinite(const float* x, int64_t count) {
  if (count < 0) reject("findNonFinite", std::to_string(count) + " values");
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
