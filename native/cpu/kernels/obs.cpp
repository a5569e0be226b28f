// Optimal-brain-surgeon compression of one segment of kLanes rows (SparseGPT, Frantar and Alistarh 2023, algorithm
// 1; GPTQ, Frantar et al. 2022; into block formats: ARCHITECTURE.md).
//
// For each column j of the segment in order, row by row:
//   q_j = 0 where pruned, else the value that the storage type has nearest to w_j (w_j itself when only pruning);
//   e_j = (w_j - q_j) / U_jj;   w_c -= e_j U_jc for every column c > j of the segment.
// E is returned: the columns behind the segment are updated by a matrix product, W_rest -= E U_segment,rest.
//
// The tile is held transposed, [width][kLanes], so that a vector holds one column of all rows: every step is the same
// for all lanes, whatever the rows' own masks, scales and codes are.
#include "kernels.h"
#include "lathe/formats/catalogue.h"

LATHE_BEGIN

namespace {

// Leaves the weights as they are: pruning alone.
template <class T>
struct KeepValues {
  void begin(const ObsTile&, const T (*)[kLanes], int64_t) {}
  void code(int, int64_t, const T* w, T* q) {
    for (int lane = 0; lane < kLanes; lane++) q[lane] = w[lane];
  }
  void end(const ObsTile&, int64_t) {}
};

// Codes the weights in storage type F. A block's scales are chosen when its first column is reached, from the weights
// as compensated so far, weighted by 1 / U_jj^2; its codes follow column by column.
template <class F>
struct Encode {
  typename F::Grid grids[kLanes];
  typename F::Code codes[kLanes][F::blockSize];

  void begin(const ObsTile& tile, const float (*columns)[kLanes], int64_t j) {
    if (j % F::blockSize != 0) return;
    const float* u = static_cast<const float*>(tile.u);
    float w[F::blockSize];
    float importance[F::blockSize];
    for (int lane = 0; lane < tile.lanes; lane++) {
      for (int i = 0; i < F::blockSize; i++) {
        const float diagonal = u[(j + i) * tile.uStride + j + i];
        const bool pruned = tile.mask != nullptr && tile.mask[lane * tile.maskStride + j + i] != 0;
        w[i] = pruned ? 0.0f : columns[j + i][lane];
        importance[i] = pruned ? 0.0f : 1.0f / (diagonal * diagonal);
      }
      F::choose(grids[lane], w, importance, tile.exactZeros);
    }
  }

  void code(int lanes, int64_t j, const float* w, float* q) {
    const int column = static_cast<int>(j % F::blockSize);
    for (int lane = 0; lane < lanes; lane++) q[lane] = F::code(grids[lane], column, w[lane], codes[lane][column]);
    for (int lane = lanes; lane < kLanes; lane++) q[lane] = 0;
  }

  void end(const ObsTile& tile, int64_t j) {
    if ((j + 1) % F::blockSize != 0) return;
    const int64_t block = j / F::blockSize;
    for (int lane = 0; lane < tile.lanes; lane++) {
      auto* row = reinterpret_cast<typename F::Block*>(tile.packed + lane * tile.packedStride);
      F::pack(row[block], grids[lane], codes[lane]);
    }
  }
};

// Marks the ofM - keepN lowest scores w^2 / U_jj^2 of the group that begins at column j, in each row; ties by index.
template <class T>
void selectPattern(const ObsTile& tile, const T (*columns)[kLanes], int64_t j) {
  const T* u = static_cast<const T*>(tile.u);
  for (int lane = 0; lane < tile.lanes; lane++) {
    uint8_t* mask = tile.mask + lane * tile.maskStride + j;
    for (int i = 0; i < tile.ofM; i++) mask[i] = 0;
    for (int pruned = 0; pruned < tile.ofM - tile.keepN; pruned++) {
      int lowest = -1;
      T least = 0;
      for (int i = 0; i < tile.ofM; i++) {
        if (mask[i] != 0) continue;
        const T ratio = columns[j + i][lane] / u[(j + i) * tile.uStride + j + i];
        const T score = ratio * ratio;
        if (lowest < 0 || score < least) {
          lowest = i;
          least = score;
        }
      }
      mask[lowest] = 1;
    }
  }
}

template <class T>
void load(T (*columns)[kLanes], const ObsTile& tile) {
  const T* w = static_cast<const T*>(tile.w);
  for (int lane = 0; lane < kLanes; lane++)
    for (int64_t j = 0; j < tile.width; j++) columns[j][lane] = lane < tile.lanes ? w[lane * tile.stride + j] : T(0);
}

template <class T>
void store(T* rows, int64_t stride, const T (*columns)[kLanes], const ObsTile& tile) {
  for (int lane = 0; lane < tile.lanes; lane++)
    for (int64_t j = 0; j < tile.width; j++) rows[lane * stride + j] = columns[j][lane];
}

// Subtracts e U_j,c from every column c behind j.
template <class T>
void compensate(T (*columns)[kLanes], const T* e, const T* uRow, int64_t j, int64_t width) {
  for (int64_t c = j + 1; c < width; c++)
    for (int lane = 0; lane < kLanes; lane++) columns[c][lane] -= e[lane] * uRow[c];
}

// pruned [kLanes] of column j: 1 or 0 as a factor's condition; returns how many are pruned.
inline int prunedLanes(uint8_t* pruned, const ObsTile& tile, int64_t j) {
  int count = 0;
  for (int lane = 0; lane < kLanes; lane++) {
    pruned[lane] = tile.mask != nullptr && lane < tile.lanes && tile.mask[lane * tile.maskStride + j] != 0;
    count += pruned[lane];
  }
  return count;
}

template <class T, class Coder>
void compress(ObsTile& tile, Coder& coder) {
  alignas(64) T columns[kGreatestTileWidth][kLanes];  // w, and q once a column is done
  alignas(64) T errors[kGreatestTileWidth][kLanes];
  load(columns, tile);
  const T* u = static_cast<const T*>(tile.u);
  double losses[kLanes] = {};
  int64_t zeros = 0;
  for (int64_t j = 0; j < tile.width; j++) {
    if (tile.ofM > 0 && j % tile.ofM == 0) selectPattern(tile, columns, j);
    coder.begin(tile, columns, j);
    alignas(64) T w[kLanes], q[kLanes];
    uint8_t pruned[kLanes];
    const T* uRow = u + j * tile.uStride;
    zeros += prunedLanes(pruned, tile, j);
    for (int lane = 0; lane < kLanes; lane++) w[lane] = pruned[lane] ? T(0) : columns[j][lane];
    coder.code(tile.lanes, j, w, q);
    T* e = errors[j];
    for (int lane = 0; lane < kLanes; lane++) {
      e[lane] = (columns[j][lane] - q[lane]) / uRow[j];
      columns[j][lane] = q[lane];
      losses[lane] += static_cast<double>(e[lane]) * static_cast<double>(e[lane]);
    }
    coder.end(tile, j);
    compensate(columns, e, uRow, j, tile.width);
  }
  store(static_cast<T*>(tile.w), tile.stride, columns, tile);
  store(static_cast<T*>(tile.error), tile.errorStride, errors, tile);
  tile.loss = 0;
  for (double loss : losses) tile.loss += loss;
  tile.zeros = zeros;
}

struct CompressInto {
  ObsTile& tile;

  template <class F>
  void operator()(F) {
    if constexpr ((F::blockSize > 1)) {
      Encode<F> coder;
      compress<float>(tile, coder);
    }
  }
};

}  // namespace

void obsF32(ObsTile& tile) {
  if (tile.type == 0) {
    KeepValues<float> coder;
    compress<float>(tile, coder);
  } else {
    visitEncodable(tile.type, CompressInto{tile});
  }
}

void obsF64(ObsTile& tile) {
  KeepValues<double> coder;
  compress<double>(tile, coder);
}

LATHE_END
