// Exact order statistics: which weights of a block, a row or a group are pruned.
#ifndef LATHE_CPU_MASK_SELECTION_H
#define LATHE_CPU_MASK_SELECTION_H

#include <cstdint>
#include <vector>

#include "thread_pool.h"

namespace lathe {

// Scores [rows x width], dense and row-major, and where their mask goes: rows of `mask` are maskStride bytes apart.
// Scores are >= 0 or NaN, which counts as greater than all numbers. T is float or double.
template <class T>
struct ScoredBlock {
  const T* scores;
  int64_t rows;
  int64_t width;
  uint8_t* mask;
  int64_t maskStride;
};

// Counters of a selection, kept between calls.
using Histograms = std::vector<int64_t>;

// Sets the mask to 1 for the `count` lowest scores and to 0 for the rest; equal scores are taken in row-major order.
template <class T>
void selectLowest(ThreadPool& pool, const ScoredBlock<T>& block, int64_t count, Histograms& histograms);

// The same on the calling thread alone, so that a task of the pool can call it.
template <class T>
void selectLowest(const ScoredBlock<T>& block, int64_t count, Histograms& histograms);

// The same for a few scores: of n, the `count` lowest.
void selectLowestOfGroup(uint8_t* mask, const float* scores, int n, int count);

}  // namespace lathe

#endif
