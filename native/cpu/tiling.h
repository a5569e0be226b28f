// How the result of a matrix product is cut into tiles that the pool's threads take one after another.
//
// OpenBLAS copies both operands of every call into its own layout, which costs the less the larger the tile is; the
// threads want many tiles. The cut depends on sizes alone, never on the number of threads.
#ifndef LATHE_CPU_TILING_H
#define LATHE_CPU_TILING_H

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace lathe {

// [0, size) cut into `count` parts of nearly equal size, multiples of 16 but for the last.
class Cut {
 public:
  Cut(int64_t size, int64_t count) : size_(size) {
    const int64_t part = (size + count - 1) / count;
    part_ = std::max<int64_t>(1, (part + kMultiple - 1) / kMultiple) * kMultiple;
    count_ = (size + part_ - 1) / part_;
  }
  // Parts of at most `greatest`.
  static Cut atMost(int64_t size, int64_t greatest) {
    return Cut(size, std::max<int64_t>(1, (size + greatest - 1) / greatest));
  }

  int64_t count() const { return count_; }
  int64_t begin(int64_t part) const { return part * part_; }
  int64_t end(int64_t part) const { return std::min(size_, (part + 1) * part_); }
  int64_t size(int64_t part) const { return end(part) - begin(part); }
  int64_t greatest() const { return std::min(size_, part_); }

 private:
  static constexpr int64_t kMultiple = 16;
  int64_t size_;
  int64_t part_;
  int64_t count_;
};

// A matrix [rows x cols] cut into tiles of at most the sizes given, smaller ones (down to kLeast on a side) where there
// would be few.
class Tiling {
 public:
  Tiling(int64_t rows, int64_t cols, int64_t greatestRows, int64_t greatestCols)
      : rows(Cut::atMost(rows, greatestRows)), cols(Cut::atMost(cols, greatestCols)) {
    while (count() < kEnough) {
      const bool tall = this->rows.greatest() >= this->cols.greatest();
      const int64_t side = tall ? this->rows.greatest() : this->cols.greatest();
      if (side < 2 * kLeast) return;
      if (tall)
        this->rows = Cut::atMost(rows, side / 2);
      else
        this->cols = Cut::atMost(cols, side / 2);
    }
  }

  int64_t count() const { return rows.count() * cols.count(); }
  // Tiles are counted column of tiles by column of tiles.
  int64_t row(int64_t tile) const { return tile % rows.count(); }
  int64_t col(int64_t tile) const { return tile / rows.count(); }

  Cut rows;
  Cut cols;

 private:
  static constexpr int64_t kEnough = 8;
  static constexpr int64_t kLeast = 128;
};

// One triangle of a square matrix cut into square tiles, of which there are few on a side where the matrix is small.
class TriangularTiling {
 public:
  TriangularTiling(int64_t size, int64_t greatest)
      : cut(Cut::atMost(size, std::max<int64_t>(kLeast, std::min(greatest, size / kEnough)))) {}

  int64_t count() const { return cut.count() * (cut.count() + 1) / 2; }
  // The tile's row i and column j of tiles, j <= i.
  std::pair<int64_t, int64_t> at(int64_t tile) const {
    int64_t i = static_cast<int64_t>((std::sqrt(8.0 * static_cast<double>(tile) + 1) - 1) / 2);
    while ((i + 1) * (i + 2) / 2 <= tile) i++;
    while (i * (i + 1) / 2 > tile) i--;
    return {i, tile - i * (i + 1) / 2};
  }

  Cut cut;

 private:
  static constexpr int64_t kEnough = 4;
  static constexpr int64_t kLeast = 128;
};

}  // namespace lathe

#endif
