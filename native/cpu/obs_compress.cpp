// The columns are cut into segments, at every multiple of the update block and of the mask block. For each segment in
// order: choose the mask that begins there, compress the segment in tiles of kLanes rows (kernels/obs.cpp), and take
// its errors E off the columns behind it, W_rest -= E U_segment,rest.
//
// That update is done in two steps. A group of segments is kept up to date at once; the columns behind the group get
// all of its errors in one product when the group ends, which passes over them less often. A group covers at least
// kGroup columns and the whole of any mask that begins in it.
#include "obs_compress.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "arguments.h"
#include "blas.h"
#include "host_memory.h"
#include "mask_selection.h"
#include "tiling.h"

namespace lathe {

namespace {

constexpr int64_t kGroup = 512;
constexpr int64_t kScoreRows = 64;
constexpr int64_t kGreatestTile = 1024;

template <class T>
class LayerCompression {
 public:
  LayerCompression(ThreadPool& pool, const ObsLayer<T>& layer, void (*kernel)(ObsTile&))
      : pool_(pool),
        layer_(layer),
        kernel_(kernel),
        tileLosses_(static_cast<size_t>((layer.rows + kLanes - 1) / kLanes)),
        tileZeros_(tileLosses_.size()) {
    diagonal_.require("obsCompress", layer.cols);
    for (int64_t j = 0; j < layer.cols; j++) {
      const T value = layer.u[j * layer.cols + j];
      if (!(std::isfinite(value) && value > 0))
        throw std::invalid_argument("obsCompress: U[" + std::to_string(j) + "," + std::to_string(j) + "] is " +
                                    std::to_string(value) + ", expected a positive number");
      diagonal_[j] = value;
    }
  }

  ObsReport run() {
    int64_t first = 0;
    while (first < layer_.cols) {
      const int64_t end = segmentEnd(first);
      const bool choosesMask = layer_.sparsity > 0 && first % layer_.maskBlock == 0;
      const int64_t reach = choosesMask ? std::min(layer_.cols, first + layer_.maskBlock) : end;
      if (reach > groupEnd_) beginGroup(first, reach);
      if (choosesMask) selectMask(first, reach - first);
      compressSegment(first, end);
      update(first, end, end, groupEnd_);
      first = end;
    }
    return report_;
  }

 private:
  int64_t segmentEnd(int64_t first) const {
    const int64_t update = (first / layer_.updateBlock + 1) * layer_.updateBlock;
    const int64_t mask = layer_.sparsity > 0 ? (first / layer_.maskBlock + 1) * layer_.maskBlock : layer_.cols;
    return std::min({update, mask, layer_.cols});
  }

  void beginGroup(int64_t first, int64_t reach) {
    update(groupFirst_, first, groupEnd_, layer_.cols);
    groupFirst_ = first;
    groupEnd_ = std::min(layer_.cols, std::max(first + kGroup, reach));
    // Of a group that nothing follows, only the segment at hand is kept.
    errorStride_ = groupEnd_ == layer_.cols ? std::min(layer_.updateBlock, layer_.cols) : groupEnd_ - groupFirst_;
    error_.require("obsCompress", layer_.rows * errorStride_);
  }

  // Where the first row's errors of the segment that begins at `first` are.
  T* errorOf(int64_t first) { return error_.data() + (groupEnd_ == layer_.cols ? 0 : first - groupFirst_); }

  // The mask of columns [first, first + width): the reference's rule with its off-by-one mended (design, section 5).
  void selectMask(int64_t first, int64_t width) {
    const int64_t count =
        prunedCount(layer_.sparsity, layer_.rows * (first + width)) - prunedCount(layer_.sparsity, layer_.rows * first);
    scores_.require("obsCompress", layer_.rows * width);
    const Cut tiles = Cut::atMost(layer_.rows, kScoreRows);
    pool_.run(tiles.count(), [&](int64_t tile, int) {
      for (int64_t r = tiles.begin(tile); r < tiles.end(tile); r++) {
        const T* w = layer_.w + r * layer_.cols + first;
        T* scores = scores_.data() + r * width;
        for (int64_t j = 0; j < width; j++) {
          const T ratio = w[j] / diagonal_[first + j];
          scores[j] = ratio * ratio;
        }
      }
    });
    const ScoredBlock<T> block = {scores_.data(), layer_.rows, width, layer_.mask + first, layer_.cols};
    selectLowest(pool_, block, count, histograms_);
  }

  void compressSegment(int64_t first, int64_t end) {
    pool_.run(static_cast<int64_t>(tileLosses_.size()), [&](int64_t index, int) {
      ObsTile tile = tileAt(index * kLanes, first, end - first);
      kernel_(tile);
      tileLosses_[static_cast<size_t>(index)] = tile.loss;
      tileZeros_[static_cast<size_t>(index)] = tile.zeros;
    });
    for (double loss : tileLosses_) report_.loss += loss;
    for (int64_t zeros : tileZeros_) report_.zeros += zeros;
  }

  ObsTile tileAt(int64_t row, int64_t first, int64_t width) {
    ObsTile tile;
    tile.w = layer_.w + row * layer_.cols + first;
    tile.stride = layer_.cols;
    tile.lanes = static_cast<int>(std::min<int64_t>(kLanes, layer_.rows - row));
    tile.width = width;
    tile.u = layer_.u + first * layer_.cols + first;
    tile.uStride = layer_.cols;
    tile.mask = layer_.mask == nullptr ? nullptr : layer_.mask + row * layer_.cols + first;
    tile.maskStride = layer_.cols;
    tile.keepN = layer_.keepN;
    tile.ofM = layer_.ofM;
    tile.type = layer_.type;
    tile.exactZeros = layer_.mask != nullptr;
    if (layer_.packed != nullptr) {
      const int64_t blockBytes = layer_.packedRow / (layer_.cols / layer_.blockSize);
      tile.packed = layer_.packed + row * layer_.packedRow + first / layer_.blockSize * blockBytes;
    }
    tile.packedStride = layer_.packedRow;
    tile.error = errorOf(first) + row * errorStride_;
    tile.errorStride = errorStride_;
    return tile;
  }

  // Takes the errors of columns [first, end) off columns [begin, last).
  void update(int64_t first, int64_t end, int64_t begin, int64_t last) {
    if (first >= end || begin >= last) return;
    const Tiling tiling(layer_.rows, last - begin, kGreatestTile, kGreatestTile);
    const T* error = errorOf(first);
    pool_.run(tiling.count(), [&](int64_t tile, int) {
      const int64_t i = tiling.row(tile), j = tiling.col(tile);
      const int64_t row = tiling.rows.begin(i), col = begin + tiling.cols.begin(j);
      blas::gemm(false, false, tiling.rows.size(i), tiling.cols.size(j), end - first, T(-1), error + row * errorStride_,
                 errorStride_, layer_.u + first * layer_.cols + col, layer_.cols, T(1),
                 layer_.w + row * layer_.cols + col, layer_.cols);
    });
  }

  ThreadPool& pool_;
  const ObsLayer<T>& layer_;
  void (*kernel_)(ObsTile&);
  int64_t groupFirst_ = 0;
  int64_t groupEnd_ = 0;
  int64_t errorStride_ = 0;
  HostMemory<T> error_;  // E = (w - q) / U_jj of the group's columns so far, [rows x errorStride_]
  HostMemory<T> diagonal_;
  HostMemory<T> scores_;
  Histograms histograms_;
  std::vector<double> tileLosses_;
  std::vector<int64_t> tileZeros_;
  ObsReport report_;
};

}  // namespace

template <class T>
ObsReport obsCompressLayer(ThreadPool& pool, const ObsLayer<T>& layer, void (*kernel)(ObsTile&)) {
  return LayerCompression<T>(pool, layer, kernel).run();
}

template ObsReport obsCompressLayer(ThreadPool&, const ObsLayer<float>&, void (*)(ObsTile&));
template ObsReport obsCompressLayer(ThreadPool&, const ObsLayer<double>&, void (*)(ObsTile&));

}  // namespace lathe
