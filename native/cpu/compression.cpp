// Pruning and quantizing whole layers: masks and updates here, the column loop in kernels/obs.cpp.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "blas.h"
#include "cpu_backend.h"
#include "mask_selection.h"

namespace lathe {

namespace {

constexpr int kF32 = 0;
constexpr int kF64 = 28;
constexpr int64_t kGreatestBlock = 1024;
constexpr int64_t kRowTile = 256;
constexpr int64_t kColumnTile = 512;

std::string sizes(int64_t rows, int64_t cols) {
  return " of a " + std::to_string(rows) + " x " + std::to_string(cols) + " matrix";
}

void requirePattern(const char* operation, int64_t rows, int64_t cols, const ObsOptions& options) {
  if (rows <= 0 || cols <= 0) reject(operation, "empty" + sizes(rows, cols));
  if (options.ofM == 0) {
    if (!(options.sparsity >= 0 && options.sparsity < 1))
      reject(operation, "sparsity " + std::to_string(options.sparsity) + ", expected 0 <= sparsity < 1");
    return;
  }
  if (options.ofM < 2 || options.ofM > 128 || options.keepN < 1 || options.keepN >= options.ofM)
    reject(operation, "pattern " + std::to_string(options.keepN) + ":" + std::to_string(options.ofM) +
                          ", expected n:m with 0 < n < m <= 128");
  if (cols % options.ofM != 0)
    reject(operation, std::to_string(cols) + " columns are no multiple of the pattern's " +
                          std::to_string(options.ofM) + sizes(rows, cols));
}

int64_t roundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

// What one call of obsCompress works on.
template <class T>
struct Layer {
  T* w;
  const T* u;
  int64_t rows;
  int64_t cols;
  const ObsOptions& options;
  int blockSize;      // of the storage type; 1 when only pruning
  int64_t packedRow;  // bytes
  uint8_t* packed;
  uint8_t* mask;  // [rows x cols]
};

// The mask of columns [first, first + width): the reference's rule with its off-by-one mended (design, section 5).
template <class T>
void selectBlock(ThreadPool& pool, const Layer<T>& layer, int64_t first, int64_t width, std::vector<T>& scores,
                 std::vector<T>& copy, std::vector<uint8_t>& selected) {
  const int64_t count = prunedCount(layer.options.sparsity, layer.rows * (first + width)) -
                        prunedCount(layer.options.sparsity, layer.rows * first);
  scores.resize(static_cast<size_t>(layer.rows * width));
  selected.resize(scores.size());
  const int64_t tiles = (layer.rows + kRowTile - 1) / kRowTile;
  pool.run(tiles, [&](int64_t tile, int) {
    for (int64_t r = tile * kRowTile; r < std::min(layer.rows, (tile + 1) * kRowTile); r++)
      for (int64_t j = 0; j < width; j++) {
        const int64_t c = first + j;
        const T ratio = layer.w[r * layer.cols + c] / layer.u[c * layer.cols + c];
        scores[static_cast<size_t>(r * width + j)] = ratio * ratio;
      }
  });
  selectLowest(selected.data(), scores.data(), layer.rows * width, count, copy);
  for (int64_t r = 0; r < layer.rows; r++)
    std::memcpy(layer.mask + r * layer.cols + first, selected.data() + r * width, static_cast<size_t>(width));
}

template <class T>
ObsTile tileOf(const Layer<T>& layer, int64_t row, int64_t first, int64_t width, T* error, bool sparse) {
  ObsTile tile;
  tile.w = layer.w + row * layer.cols + first;
  tile.stride = layer.cols;
  tile.lanes = static_cast<int>(std::min<int64_t>(kLanes, layer.rows - row));
  tile.width = width;
  tile.u = layer.u + first * layer.cols + first;
  tile.uStride = layer.cols;
  tile.mask = sparse ? layer.mask + row * layer.cols + first : nullptr;
  tile.maskStride = layer.cols;
  tile.keepN = layer.options.keepN;
  tile.ofM = layer.options.ofM;
  tile.type = layer.options.type;
  tile.exactZeros = sparse;
  tile.packed = layer.packed == nullptr
                    ? nullptr
                    : layer.packed + row * layer.packedRow +
                          first / layer.blockSize * (layer.packedRow / (layer.cols / layer.blockSize));
  tile.packedStride = layer.packedRow;
  tile.error = error + row * width;
  tile.errorStride = width;
  return tile;
}

// W_rest -= E U_block,rest.
template <class T>
void updateRest(ThreadPool& pool, const Layer<T>& layer, int64_t first, int64_t width, int64_t end, const T* error) {
  const int64_t begin = first + width;
  const int64_t rowTiles = (layer.rows + kRowTile - 1) / kRowTile;
  const int64_t columnTiles = (end - begin + kColumnTile - 1) / kColumnTile;
  pool.run(rowTiles * columnTiles, [&](int64_t index, int) {
    const int64_t row = index % rowTiles * kRowTile;
    const int64_t col = begin + index / rowTiles * kColumnTile;
    blas::gemm(false, false, std::min(kRowTile, layer.rows - row), std::min(kColumnTile, end - col), width, T(-1),
               error + row * width, width, layer.u + first * layer.cols + col, layer.cols, T(1),
               layer.w + row * layer.cols + col, layer.cols);
  });
}

template <class T>
ObsReport compressLayer(ThreadPool& pool, const Layer<T>& layer, void (*kernel)(ObsTile&), int64_t maskBlock,
                        int64_t updateBlock) {
  const bool unstructured = layer.options.ofM == 0 && layer.options.sparsity > 0;
  const bool sparse = unstructured || layer.options.ofM > 0 || layer.options.keepZeros;
  const int64_t groups = (layer.rows + kLanes - 1) / kLanes;
  std::vector<T> error(static_cast<size_t>(layer.rows * std::min(updateBlock, layer.cols)));
  std::vector<double> losses(static_cast<size_t>(groups));
  std::vector<int64_t> zeros(static_cast<size_t>(groups));
  std::vector<T> scores, copy;
  std::vector<uint8_t> selected;
  ObsReport report;
  for (int64_t first = 0; first < layer.cols; first += updateBlock) {
    const int64_t width = std::min(updateBlock, layer.cols - first);
    if (unstructured && first % maskBlock == 0)
      selectBlock(pool, layer, first, std::min(maskBlock, layer.cols - first), scores, copy, selected);
    pool.run(groups, [&](int64_t group, int) {
      ObsTile tile = tileOf(layer, group * kLanes, first, width, error.data(), sparse);
      kernel(tile);
      losses[static_cast<size_t>(group)] = tile.loss;
      zeros[static_cast<size_t>(group)] = tile.zeros;
    });
    for (int64_t group = 0; group < groups; group++) {
      report.loss += losses[static_cast<size_t>(group)];
      report.zeros += zeros[static_cast<size_t>(group)];
    }
    updateRest(pool, layer, first, width, layer.cols, error.data());
  }
  return report;
}

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
  int blockSize = 1;
  int64_t packedRow = 0;
  if (encodes) {
    const TypeInfo info = requireType("obsCompress", options.type);
    packedRow = rowBytes("obsCompress", options.type, cols);
    blockSize = info.blockSize;
    if (!info.encodable || blockSize == 1 || packed == nullptr)
      reject("obsCompress", std::string(info.name) + " cannot be encoded with error feedback");
    if (sparse && !info.exactZero)
      reject("obsCompress", std::string(info.name) + " holds no exact zero and cannot be joined with sparsity");
  }
  // Blocks hold whole groups of the pattern and whole blocks of the type, and a mask covers whole update blocks.
  int64_t multiple = options.ofM > 0 ? options.ofM : 1;
  while (multiple % blockSize != 0) multiple += options.ofM > 0 ? options.ofM : 1;
  const int64_t updateBlock = roundUp(std::max<int64_t>(1, options.updateBlock), multiple);
  const int64_t maskBlock = roundUp(std::max<int64_t>(1, options.maskBlock), updateBlock);
  if (options.updateBlock < 1 || options.maskBlock < 1 || updateBlock > kGreatestBlock)
    reject("obsCompress", "update block " + std::to_string(updateBlock) + " and mask block " +
                              std::to_string(options.maskBlock) + ", expected 1 to " + std::to_string(kGreatestBlock));
  std::vector<uint8_t> ownMask;
  if (mask == nullptr && sparse) {
    ownMask.resize(static_cast<size_t>(rows * cols));
    mask = ownMask.data();
  }
  if (mask != nullptr) std::memset(mask, 0, static_cast<size_t>(rows * cols));

  const auto run = [&](auto* weights, const auto* factor, void (*kernel)(ObsTile&)) {
    using T = std::remove_pointer_t<decltype(weights)>;
    if (hostDead != nullptr)
      for (int64_t i = 0; i < rows * cols; i++)
        if (hostDead[i % cols]) weights[i] = 0;
    if (options.keepZeros)
      for (int64_t i = 0; i < rows * cols; i++) mask[i] = weights[i] == 0;
    const Layer<T> layer = {weights, factor, rows, cols, options, blockSize, packedRow, static_cast<uint8_t*>(packed),
                            mask};
    return compressLayer(pool_, layer, kernel, maskBlock, updateBlock);
  };
  if (computeType == kF32) return run(static_cast<float*>(w), static_cast<const float*>(u), kernels_.obsF32);
  return run(static_cast<double*>(w), static_cast<const double*>(u), kernels_.obsF64);
}

namespace {

// The groups of an n:m pattern in one row of scores.
void selectGroups(uint8_t* mask, const float* scores, int64_t cols, const ObsOptions& options,
                  std::vector<float>& copy) {
  for (int64_t j = 0; j < cols; j += options.ofM)
    selectLowest(mask + j, scores + j, options.ofM, options.ofM - options.keepN, copy);
}

}  // namespace

int64_t CpuBackend::scorePrune(float* w, const float* columnNorm, int64_t rows, int64_t cols, const ObsOptions& options,
                               bool perRow) {
  requirePattern("scorePrune", rows, cols, options);
  const auto score = [&](float* scores, const float* row) {
    for (int64_t j = 0; j < cols; j++) scores[j] = std::fabs(row[j]) * (columnNorm == nullptr ? 1.0f : columnNorm[j]);
  };
  if (options.ofM == 0 && !perRow) {
    std::vector<float> scores(static_cast<size_t>(rows * cols)), copy;
    std::vector<uint8_t> mask(scores.size());
    pool_.run(rows, [&](int64_t r, int) { score(scores.data() + r * cols, w + r * cols); });
    const int64_t count = prunedCount(options.sparsity, rows * cols);
    selectLowest(mask.data(), scores.data(), rows * cols, count, copy);
    for (int64_t i = 0; i < rows * cols; i++)
      if (mask[static_cast<size_t>(i)]) w[i] = 0;
    return count;
  }
  const int64_t tiles = (rows + kRowTile - 1) / kRowTile;
  std::vector<int64_t> zeros(static_cast<size_t>(tiles));
  pool_.run(tiles, [&](int64_t tile, int) {
    std::vector<float> scores(static_cast<size_t>(cols)), copy;
    std::vector<uint8_t> mask(static_cast<size_t>(cols));
    for (int64_t r = tile * kRowTile; r < std::min(rows, (tile + 1) * kRowTile); r++) {
      float* row = w + r * cols;
      score(scores.data(), row);
      if (options.ofM > 0)
        selectGroups(mask.data(), scores.data(), cols, options, copy);
      else
        selectLowest(mask.data(), scores.data(), cols, prunedCount(options.sparsity, cols), copy);
      for (int64_t j = 0; j < cols; j++) {
        if (!mask[static_cast<size_t>(j)]) continue;
        row[j] = 0;
        zeros[static_cast<size_t>(tile)]++;
      }
    }
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
  constexpr int64_t kRows = 16;
  pool_.run((rows + kRows - 1) / kRows, [&](int64_t tile, int) {
    const int64_t row = tile * kRows;
    kernels_.quantize(static_cast<uint8_t*>(packed) + row * bytes, w + row * cols, importance, type,
                      std::min(kRows, rows - row), cols, exactZeros);
  });
}

void CpuBackend::dequantize(float* w, const void* packed, int type, int64_t count) {
  const TypeInfo info = requireType("dequantize", type);
  if (!info.decodable || count < 0 || count % info.blockSize != 0)
    reject("dequantize", std::to_string(count) + " weights of " + info.name);
  constexpr int64_t kChunk = 1 << 16;  // a multiple of every block size
  pool_.run((count + kChunk - 1) / kChunk, [&](int64_t chunk, int) {
    const int64_t at = chunk * kChunk;
    kernels_.dequantize(w + at, static_cast<const uint8_t*>(packed) + at / info.blockSize * info.blockBytes, type,
                        std::min(kChunk, count - at));
  });
}

int64_t CpuBackend::findNonFinite(const float* x, int64_t count) { return kernels_.findNonFinite(x, count); }

}  // namespace lathe
