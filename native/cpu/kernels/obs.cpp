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
#include <cstring>
#include <type_traits>

#include "kernels.h"
#include "lathe/formats/catalogue.h"

LATHE_BEGIN

namespace {

// One column of all rows. Columns are worked on in strips: within a strip each column is up to date when it is reached;
// the columns behind it are read and written once for the whole strip. No order of operations depends on that.
template <class T>
struct Lanes16;
template <>
struct Lanes16<float> {
  typedef float Column __attribute__((vector_size(kLanes * sizeof(float))));
  typedef int32_t Flags __attribute__((vector_size(kLanes * sizeof(float))));
};
template <>
struct Lanes16<double> {
  typedef double Column __attribute__((vector_size(kLanes * sizeof(double))));
  typedef int64_t Flags __attribute__((vector_size(kLanes * sizeof(double))));
};

constexpr int kStrip = 8;

template <class T>
struct TileState {
  typename Lanes16<T>::Column w[kGreatestUpdateBlock];  // as compensated so far; q once a column is done
  typename Lanes16<T>::Column e[kGreatestUpdateBlock];
  typename Lanes16<T>::Flags pruned[kGreatestUpdateBlock];  // -1, else 0; 0 while a column's pattern is not chosen
};

// Leaves the weights as they are: pruning alone.
template <class T>
struct KeepValues {
  using Column = typename Lanes16<T>::Column;
  void begin(const ObsTile&, const TileState<T>&, int64_t) {}
  void code(const ObsTile&, const TileState<T>&, int64_t, const Column& w, Column& q) { q = w; }
  void end(const ObsTile&, int64_t) {}
};

// Whether the scale of a run of weights is chosen once more when the run is reached.
template <class F>
constexpr bool adjustsRuns() {
  if constexpr (F::group > 1) return F::Fit::adjusts;
  return false;
}

// Codes the weights in storage type F. A block's scales are chosen when its first column is reached, from the weights
// as compensated so far, weighted by 1 / U_jj^2; its codes follow column by column or, where columns share a code,
// group by group: with E = (w - q) U_GG^-1 over the group G, the code is that with the least |E|^2 (group_feedback.h).
// What follows a code is the same in both cases, since the e_j, column by column, are the elements of E.
template <class F>
struct Encode {
  using Column = Lanes16<float>::Column;
  typename F::Grid grids[kLanes];
  typename F::Code codes[kLanes][F::blockSize / F::group];
  float decoded[F::group][kLanes];  // of the group at hand, where columns share a code

  void begin(const ObsTile& tile, const TileState<float>& state, int64_t j) {
    const int column = static_cast<int>(j % F::blockSize);
    if (column == 0) {
      forEachRow(tile, state, j, std::integral_constant<int, F::blockSize>(),
                 [&](int lane, const float* w, const float* importance) {
                   chooseGrid<F>(grids[lane], w, importance, tile.exactZeros);
                 });
    } else if constexpr (adjustsRuns<F>()) {
      if (column % F::runSize != 0) return;
      forEachRow(tile, state, j, std::integral_constant<int, F::runSize>(),
                 [&](int lane, const float* w, const float* importance) {
                   F::Fit::adjust(grids[lane], column / F::runSize, w, importance);
                 });
    }
  }

  // use(lane, weights, importance) of `count` columns from j on.
  template <class Count, class Use>
  static void forEachRow(const ObsTile& tile, const TileState<float>& state, int64_t j, Count count, Use use) {
    const float* u = static_cast<const float*>(tile.u);
    float w[count];
    float importance[count];
    for (int lane = 0; lane < tile.lanes; lane++) {
      for (int i = 0; i < count; i++) {
        const float diagonal = u[(j + i) * tile.uStride + j + i];
        const bool pruned = state.pruned[j + i][lane] != 0;
        w[i] = pruned ? 0.0f : state.w[j + i][lane];
        importance[i] = pruned ? 0.0f : 1.0f / (diagonal * diagonal);
      }
      use(lane, w, importance);
    }
  }

  void code(const ObsTile& tile, const TileState<float>& state, int64_t j, const Column& w, Column& q) {
    const int column = static_cast<int>(j % F::blockSize);
    if constexpr (F::group == 1) {
      q = w - w;
      for (int lane = 0; lane < tile.lanes; lane++)
        q[lane] = F::code(grids[lane], column, w[lane], codes[lane][column]);
    } else {
      if (column % F::group == 0) codeGroup(tile, state, j);
      std::memcpy(&q, decoded[column % F::group], sizeof q);
    }
  }

  // The codes of the group of columns that begins with j, whose weights are all up to date.
  void codeGroup(const ObsTile& tile, const TileState<float>& state, int64_t j) {
    static_assert(kStrip % F::group == 0, "a group is within a strip");
    GroupMetric metric;
    groupMetric(metric, static_cast<const float*>(tile.u) + j * tile.uStride + j, tile.uStride);
    float w[F::group][kLanes];
    std::memcpy(w, state.w + j, sizeof w);
    const int group = static_cast<int>(j % F::blockSize) / F::group;
    typename F::Code found[kLanes];
    codeRows<F>(found, decoded, grids, tile.lanes, group, metric, w);
    for (int lane = 0; lane < kLanes; lane++) codes[lane][group] = found[lane];
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
void selectPattern(TileState<T>& state, const ObsTile& tile, int64_t j) {
  const T* u = static_cast<const T*>(tile.u);
  typename Lanes16<T>::Column scores[kGreatestPattern];
  for (int i = 0; i < tile.ofM; i++) {
    const auto ratio = state.w[j + i] / u[(j + i) * tile.uStride + j + i];
    scores[i] = ratio * ratio;
  }
  for (int i = 0; i < tile.ofM; i++) {
    // Scores that are lower, or equal with a lower index; a comparison that holds is -1.
    typename Lanes16<T>::Flags lower = {};
    for (int k = 0; k < i; k++) lower -= scores[k] <= scores[i];
    for (int k = i + 1; k < tile.ofM; k++) lower -= scores[k] < scores[i];
    for (int lane = 0; lane < tile.lanes; lane++) {
      const bool pruned = lower[lane] < tile.ofM - tile.keepN;
      state.pruned[j + i][lane] = -pruned;
      tile.mask[lane * tile.maskStride + j + i] = pruned;
    }
  }
}

// Asks for rows of memory ahead: they are short and far apart, so the processor does not see them coming.
inline void prefetchRows(const void* first, int64_t strideBytes, int rows, int64_t bytes) {
  constexpr int64_t kLine = 64;
  for (int row = 0; row < rows; row++)
    for (int64_t at = 0; at < bytes + kLine - 1; at += kLine)
      __builtin_prefetch(static_cast<const char*>(first) + row * strideBytes + (at < bytes ? at : bytes - 1));
}

template <class T>
void load(TileState<T>& state, const ObsTile& tile) {
  const T* w = static_cast<const T*>(tile.w);
  constexpr int64_t kBytes = sizeof(T);
  prefetchRows(w, tile.stride * kBytes, tile.lanes, tile.width * kBytes);
  if (tile.mask != nullptr) prefetchRows(tile.mask, tile.maskStride, tile.lanes, tile.width);
  for (int64_t j = 0; j < tile.width; j++) {
    state.w[j] = typename Lanes16<T>::Column{};
    state.pruned[j] = typename Lanes16<T>::Flags{};
  }
  for (int lane = 0; lane < tile.lanes; lane++)
    for (int64_t j = 0; j < tile.width; j++) state.w[j][lane] = w[lane * tile.stride + j];
  if (tile.mask == nullptr || tile.ofM > 0) return;
  for (int lane = 0; lane < tile.lanes; lane++)
    for (int64_t j = 0; j < tile.width; j++) state.pruned[j][lane] = -(tile.mask[lane * tile.maskStride + j] != 0);
}

template <class T>
void store(T* rows, int64_t stride, const typename Lanes16<T>::Column* columns, const ObsTile& tile) {
  for (int lane = 0; lane < tile.lanes; lane++)
    for (int64_t j = 0; j < tile.width; j++) rows[lane * stride + j] = columns[j][lane];
}

// Takes e_k U_kc off column c, for all columns c in [begin, end) and the `count` columns k from `first` on, in order.
template <class T, class Count>
void compensate(TileState<T>& state, const ObsTile& tile, int64_t first, Count count, int64_t begin, int64_t end) {
  const T* u = static_cast<const T*>(tile.u) + first * tile.uStride;
  for (int64_t c = begin; c < end; c++) {
    typename Lanes16<T>::Column w = state.w[c];
    for (int k = 0; k < count; k++) w -= state.e[first + k] * u[k * tile.uStride + c];
    state.w[c] = w;
  }
}

template <class T, class Coder>
void compress(ObsTile& tile, Coder& coder) {
  using Column = typename Lanes16<T>::Column;
  using Flags = typename Lanes16<T>::Flags;
  TileState<T> state;
  load(state, tile);
  const T* u = static_cast<const T*>(tile.u);
  // A pattern's group has to be up to date as a whole when its first column is reached.
  const int strip = tile.ofM > 0 && kStrip % tile.ofM != 0 ? 1 : kStrip;
  double losses[kLanes] = {};
  const Column zero = {};
  Flags zeros = {};
  for (int64_t first = 0; first < tile.width; first += strip) {
    const int64_t last = first + strip < tile.width ? first + strip : tile.width;
    for (int64_t j = first; j < last; j++) {
      if (tile.ofM > 0 && j % tile.ofM == 0) selectPattern(state, tile, j);
      coder.begin(tile, state, j);
      Column w = state.pruned[j] ? zero : state.w[j], q;
      coder.code(tile, state, j, w, q);
      state.e[j] = (state.w[j] - q) / u[j * tile.uStride + j];
      state.w[j] = q;
      zeros -= state.pruned[j];
      for (int lane = 0; lane < kLanes; lane++)
        losses[lane] += static_cast<double>(state.e[j][lane]) * static_cast<double>(state.e[j][lane]);
      coder.end(tile, j);
      compensate(state, tile, j, std::integral_constant<int, 1>(), j + 1, last);
    }
    if (last - first == kStrip)
      compensate(state, tile, first, std::integral_constant<int, kStrip>(), last, tile.width);
    else
      compensate(state, tile, first, static_cast<int>(last - first), last, tile.width);
  }
  store(static_cast<T*>(tile.w), tile.stride, state.w, tile);
  store(static_cast<T*>(tile.error), tile.errorStride, state.e, tile);
  tile.loss = 0;
  tile.zeros = 0;
  for (int lane = 0; lane < kLanes; lane++) {
    tile.loss += losses[lane];
    tile.zeros += zeros[lane];
  }
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
