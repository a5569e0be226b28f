// Exact order statistics: which weights of a block or a row are pruned.
#ifndef LATHE_CPU_MASK_SELECTION_H
#define LATHE_CPU_MASK_SELECTION_H

#include <cstdint>
#include <vector>

namespace lathe {

// Sets mask[i] = 1 for the `count` lowest of scores [n] and 0 for the rest; equal scores are taken in order of index.
// Scores must not be NaN. T is float or double; `copy` is scratch memory.
template <class T>
void selectLowest(uint8_t* mask, const T* scores, int64_t n, int64_t count, std::vector<T>& copy);

// floor(sparsity * total), exact where sparsity is a decimal such as 0.3 that binary cannot hold.
int64_t prunedCount(double sparsity, int64_t total);

}  // namespace lathe

#endif
