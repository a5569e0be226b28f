// Cosines and sines of rotary embeddings on the device. The host makes them as the CPU backend does, so that both
// rotate by the same numbers; they are kept until other ones are asked for, since every layer asks for the same.
#ifndef LATHE_CUDA_ROPE_TABLE_H
#define LATHE_CUDA_ROPE_TABLE_H

#include <cstdint>
#include <vector>

#include "device_memory.h"
#include "transfers.h"

namespace lathe {
namespace cuda {

class RopeTable {
 public:
  RopeTable(DeviceMemory& memory, Transfers& transfers) : memory_(memory), transfers_(transfers) {}

  // Makes the tables [positions x frequencies.size()] of the angles position * frequency.
  void require(const Operation& operation, int64_t positions, const std::vector<float>& frequencies, float magnitude);

  const float* cosine() const { return table_; }
  const float* sine() const { return table_ + positions_ * static_cast<int64_t>(frequencies_.size()); }

 private:
  DeviceMemory& memory_;
  Transfers& transfers_;
  float* table_ = nullptr;  // cosines, then sines; the memory gives it back when it ends
  int64_t positions_ = 0;
  std::vector<float> frequencies_;
  float magnitude_ = 0;
};

}  // namespace cuda
}  // namespace lathe

#endif
