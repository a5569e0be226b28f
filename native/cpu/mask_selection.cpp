// A radix select. The bits of floating-point numbers that are not negative ascend with their values, so the threshold
// is found digit by digit, from the highest: count the scores that share the digits found so far by their next digit,
// and step through the counts until `count` is reached. Counting and marking run over tiles of rows in parallel.
#include "mask_selection.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

namespace lathe {

namespace {

constexpr int kDigitBits = 11;
constexpr int kDigits = 1 << kDigitBits;
constexpr int64_t kGreatestTileCount = 64;
constexpr int64_t kLeastTile = 16;  // rows

// Without the sign, which only a NaN can have here.
uint32_t bitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits & 0x7fffffffu;
}

uint64_t bitsOf(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits & 0x7fffffffffffffffu;
}

// Rows cut into tiles; the cut depends on the number of rows alone.
struct RowTiles {
  int64_t rows;
  int64_t height;

  explicit RowTiles(int64_t rows)
      : rows(rows), height(std::max(kLeastTile, (rows + kGreatestTileCount - 1) / kGreatestTileCount)) {}
  int64_t count() const { return (rows + height - 1) / height; }
  int64_t begin(int64_t tile) const { return tile * height; }
  int64_t end(int64_t tile) const { return std::min(rows, (tile + 1) * height); }
};

// histogram[digit] = scores of the tile whose bits above the digit are those of `prefix`.
template <class T, class Bits>
void countDigits(const ScoredBlock<T>& block, int64_t begin, int64_t end, int shift, int aboveShift, Bits prefix,
                 int64_t* histogram) {
  std::fill(histogram, histogram + kDigits, 0);
  const T* scores = block.scores;
  if (aboveShift >= static_cast<int>(8 * sizeof(T))) {
    for (int64_t i = begin * block.width; i < end * block.width; i++)
      histogram[(bitsOf(scores[i]) >> shift) & (kDigits - 1)]++;
    return;
  }
  for (int64_t i = begin * block.width; i < end * block.width; i++) {
    const Bits bits = bitsOf(scores[i]);
    if (bits >> aboveShift == prefix >> aboveShift) histogram[(bits >> shift) & (kDigits - 1)]++;
  }
}

// Marks scores below the threshold, and the first `ties` of those that equal it.
template <class T, class Bits>
void markTile(const ScoredBlock<T>& block, int64_t begin, int64_t end, Bits threshold, int64_t ties) {
  for (int64_t r = begin; r < end; r++) {
    const T* scores = block.scores + r * block.width;
    uint8_t* mask = block.mask + r * block.maskStride;
    int64_t equal = 0;
    for (int64_t j = 0; j < block.width; j++) {
      const Bits bits = bitsOf(scores[j]);
      mask[j] = bits < threshold;
      equal += bits == threshold;
    }
    for (int64_t j = 0; equal > 0 && ties > 0; j++) {
      if (bitsOf(scores[j]) != threshold) continue;
      mask[j] = 1;
      equal--;
      ties--;
    }
  }
}

// `run(count, task)` runs task(tile) for every tile.
template <class T, class Run>
void select(const Run& run, const ScoredBlock<T>& block, int64_t count, Histograms& histograms) {
  using Bits = decltype(bitsOf(T()));
  if (count <= 0 || count >= block.rows * block.width) {
    for (int64_t r = 0; r < block.rows; r++)
      std::memset(block.mask + r * block.maskStride, count <= 0 ? 0 : 1, static_cast<size_t>(block.width));
    return;
  }
  const RowTiles tiles(block.rows);
  histograms.resize(static_cast<size_t>(tiles.count() * kDigits));
  Bits threshold = 0;
  int64_t left = count;  // of the scores that share the digits found so far, how many are taken
  int aboveShift = 8 * static_cast<int>(sizeof(T));
  while (aboveShift > 0) {
    // The highest digit starts below the sign.
    const int shift = std::max(0, std::min(aboveShift, 8 * static_cast<int>(sizeof(T)) - 1) - kDigitBits);
    run(tiles.count(), [&](int64_t tile) {
      countDigits(block, tiles.begin(tile), tiles.end(tile), shift, aboveShift, threshold,
                  histograms.data() + tile * kDigits);
    });
    int digit = 0;
    for (;; digit++) {
      int64_t here = 0;
      for (int64_t tile = 0; tile < tiles.count(); tile++)
        here += histograms[static_cast<size_t>(tile * kDigits + digit)];
      if (here >= left) break;
      left -= here;
    }
    threshold |= static_cast<Bits>(digit) << shift;
    aboveShift = shift;
  }
  // The last digit's histograms say how many scores of each tile equal the threshold.
  std::vector<int64_t> ties(static_cast<size_t>(tiles.count()));
  const int64_t lowest = static_cast<int64_t>(threshold & (kDigits - 1));
  for (int64_t tile = 0; tile < tiles.count(); tile++) {
    ties[static_cast<size_t>(tile)] = left;
    left = std::max<int64_t>(0, left - histograms[static_cast<size_t>(tile * kDigits + lowest)]);
  }
  run(tiles.count(), [&](int64_t tile) {
    markTile(block, tiles.begin(tile), tiles.end(tile), threshold, ties[static_cast<size_t>(tile)]);
  });
}

}  // namespace

template <class T>
void selectLowest(ThreadPool& pool, const ScoredBlock<T>& block, int64_t count, Histograms& histograms) {
  const auto run = [&](int64_t tiles, const auto& task) { pool.run(tiles, [&](int64_t tile, int) { task(tile); }); };
  select(run, block, count, histograms);
}

template <class T>
void selectLowest(const ScoredBlock<T>& block, int64_t count, Histograms& histograms) {
  const auto run = [](int64_t tiles, const auto& task) {
    for (int64_t tile = 0; tile < tiles; tile++) task(tile);
  };
  select(run, block, count, histograms);
}

template void selectLowest(ThreadPool&, const ScoredBlock<float>&, int64_t, Histograms&);
template void selectLowest(ThreadPool&, const ScoredBlock<double>&, int64_t, Histograms&);
template void selectLowest(const ScoredBlock<float>&, int64_t, Histograms&);

void selectLowestOfGroup(uint8_t* mask, const float* scores, int n, int count) {
  std::fill(mask, mask + n, 0);
  for (int taken = 0; taken < count; taken++) {
    int lowest = -1;
    for (int i = 0; i < n; i++)
      if (mask[i] == 0 && (lowest < 0 || bitsOf(scores[i]) < bitsOf(scores[lowest]))) lowest = i;
    mask[lowest] = 1;
  }
}

}  // namespace lathe
