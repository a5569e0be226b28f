#include "mask_selection.h"

#include <algorithm>
#include <cmath>

namespace lathe {

template <class T>
void selectLowest(uint8_t* mask, const T* scores, int64_t n, int64_t count, std::vector<T>& copy) {
  if (count <= 0 || count >= n) {
    std::fill(mask, mask + n, count <= 0 ? 0 : 1);
    return;
  }
  copy.assign(scores, scores + n);
  std::nth_element(copy.begin(), copy.begin() + (count - 1), copy.end());
  const T threshold = copy[static_cast<size_t>(count - 1)];
  int64_t below = 0;
  for (int64_t i = 0; i < n; i++) below += scores[i] < threshold;
  int64_t ties = count - below;
  for (int64_t i = 0; i < n; i++) {
    mask[i] = scores[i] < threshold;
    if (scores[i] == threshold && ties > 0) {
      mask[i] = 1;
      ties--;
    }
  }
}

template void selectLowest(uint8_t*, const float*, int64_t, int64_t, std::vector<float>&);
template void selectLowest(uint8_t*, const double*, int64_t, int64_t, std::vector<double>&);

int64_t prunedCount(double sparsity, int64_t total) {
  const double product = sparsity * static_cast<double>(total);
  const double nearest = std::round(product);
  // 0.3 * 10 is 3 less one unit in the last place; what is an integer in decimals is one here.
  if (std::fabs(product - nearest) <= 1e-9 * std::max(1.0, nearest)) return static_cast<int64_t>(nearest);
  return static_cast<int64_t>(std::floor(product));
}

}  // namespace lathe
