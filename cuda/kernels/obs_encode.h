// The coder of obs_row.h into storage type F (native/cpu/kernels/obs.cpp does the same for 16 rows at once).
//
// A block's scales are chosen when its first column is reached, from the weights as compensated so far, weighted by
// 1 / U_jj^2; its codes follow column by column or, where columns share a code, group by group (group_feedback.h).
#ifndef LATHE_CUDA_OBS_ENCODE_H
#define LATHE_CUDA_OBS_ENCODE_H

#include "obs_row.h"

namespace lathe {
namespace cuda {

// Whether the scale of a run of weights is chosen once more when the run is reached.
template <class F>
__device__ constexpr bool adjustsRuns() {
  if constexpr (F::group > 1) return F::Fit::adjusts;
  return false;
}

// What the warp knows of the block at hand, in shared memory.
template <class F>
struct BlockState {
  typename F::Grid grid;
  typename F::Code codes[F::blockSize / F::group];
  float w[F::blockSize];
  float importance[F::blockSize];
  float group[groupSize][1];    // weights of the group at hand, where columns share a code
  float decoded[groupSize][1];  // what they become
};

template <class F>
struct Encode {
  BlockState<F>& state;

  __device__ void begin(const ObsRow<float>& row, const kernels::ObsSegment<float>& segment, int j) {
    const int column = j % F::blockSize;
    if (column == 0) {
      load(row, segment, j, F::blockSize);
      chooseGrid<F>(state.grid, state.w, state.importance, segment.exactZeros);
    } else if constexpr (adjustsRuns<F>()) {
      if (column % F::runSize != 0) return;
      load(row, segment, j, F::runSize);
      F::Fit::adjust(state.grid, column / F::runSize, state.w, state.importance);
    }
  }

  __device__ float code(const ObsRow<float>& row, const kernels::ObsSegment<float>& segment, int j, float w) {
    const int column = j % F::blockSize;
    if constexpr (F::group == 1) {
      typename F::Code code;
      const float q = F::code(state.grid, column, w, code);
      if (teamLane() == 0) state.codes[column] = code;
      return q;
    } else {
      if (column % F::group == 0) codeGroup(row, segment, j);
      return state.decoded[column % F::group][0];
    }
  }

  __device__ void end(const kernels::ObsSegment<float>& segment, int j) {
    if ((j + 1) % F::blockSize != 0) return;
    auto* blocks = reinterpret_cast<typename F::Block*>(segment.packed + blockIdx.x * segment.packedStride);
    F::pack(blocks[j / F::blockSize], state.grid, state.codes);
    teamSync();
  }

 private:
  // The weights of `count` columns from j on, and their importance.
  __device__ void load(const ObsRow<float>& row, const kernels::ObsSegment<float>& segment, int j, int count) {
    for (int i = teamLane(); i < count; i += teamSize) {
      const float diagonal = segment.diagonal[j + i];
      const bool pruned = row.pruned[j + i] != 0;
      state.w[i] = pruned ? 0.0f : row.w[j + i];
      state.importance[i] = pruned ? 0.0f : 1.0f / (diagonal * diagonal);
    }
    teamSync();
  }

  // The codes of the group of columns that begins with j, whose weights are all up to date.
  __device__ void codeGroup(const ObsRow<float>& row, const kernels::ObsSegment<float>& segment, int j) {
    static_assert(kStrip % F::group == 0, "a group is within a strip");
    const auto& metric = reinterpret_cast<const GroupMetric*>(segment.metrics)[j / groupSize];
    for (int i = teamLane(); i < groupSize; i += teamSize) state.group[i][0] = row.w[j + i];
    teamSync();
    const int group = j % F::blockSize / F::group;
    codeRows<F>(&state.codes[group], state.decoded, &state.grid, 1, group, metric, state.group);
  }
};

template <class F>
__global__ void __launch_bounds__(kTeamThreads) encodeSegment(const kernels::ObsSegment<float> segment) {
  __shared__ BlockState<F> state;
  Encode<F> coder = {state};
  compressRow(segment, coder);
}

}  // namespace cuda
}  // namespace lathe

#endif
