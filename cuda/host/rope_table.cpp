#include "rope_table.h"

#include "rotation.h"

namespace lathe {
namespace cuda {

void RopeTable::require(const Operation& operation, int64_t positions, const std::vector<float>& frequencies,
                        float magnitude) {
  const int64_t half = static_cast<int64_t>(frequencies.size());
  if (table_ == nullptr || positions > positions_ || frequencies != frequencies_ || magnitude != magnitude_) {
    memory_.release(operation, table_);
    table_ = nullptr;
    const int64_t count = positions * half;
    std::vector<float> angles(static_cast<size_t>(2 * count));
    for (int64_t p = 0; p < positions; p++)
      rotation(angles.data() + p * half, angles.data() + count + p * half, p, frequencies.data(), half, magnitude);
    const int64_t bytes = 2 * count * static_cast<int64_t>(sizeof(float));
    table_ = static_cast<float*>(memory_.acquire(operation, bytes));
    memory_.beginUpload(operation, table_, bytes);
    transfers_.upload(operation, table_, angles.data(), bytes);
    memory_.endUpload(operation, table_);
    positions_ = positions;
    frequencies_ = frequencies;
    magnitude_ = magnitude;
  }
  memory_.require(operation, "rope table", table_, 2 * positions_ * half * static_cast<int64_t>(sizeof(float)));
}

}  // namespace cuda
}  // namespace lathe
