// The memory of one emulated device.
//
// Every device has a region of address space of its own, cut into granules of 256 bytes. An allocation begins at a
// granule and is followed by at least one that belongs to nobody; what is freed is not given out again for a while. So
// an access past an allocation, or to one that was freed, never meets another. Under AddressSanitizer allocations come
// from malloc instead, which marks their surroundings.
#ifndef LATHE_EMULATION_DEVICE_MEMORY_H
#define LATHE_EMULATION_DEVICE_MEMORY_H

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace lathe {
namespace emulation {

constexpr size_t granuleBytes = 256;
constexpr size_t arenaBytes = size_t{1} << 36;  // of address space, per device

class DeviceMemory {
 public:
  DeviceMemory(int device, size_t limit);
  ~DeviceMemory();
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;

  // Null when it does not fit. What it holds is all ones.
  void* allocate(size_t bytes);
  // False when no allocation begins there.
  bool release(void* memory);
  // Whether [pointer, pointer + bytes) lies in one live allocation.
  bool contains(const void* pointer, size_t bytes) const;
  // Where an address lies, for a report: "4 bytes past the end of an allocation of 400 bytes"; empty if nowhere near.
  std::string describe(const void* pointer) const;

  size_t used() const { return used_; }
  size_t limit() const { return limit_; }

 private:
  using Range = std::pair<uintptr_t, size_t>;  // begin, bytes
  uintptr_t take(size_t bytes);
  void giveBack(Range range);
  void markValid(uintptr_t begin, size_t bytes, bool valid);

  const int device_;
  const size_t limit_;
  size_t used_ = 0;
  std::map<uintptr_t, size_t> live_;   // begin -> bytes asked for
  std::map<uintptr_t, size_t> freed_;  // likewise, as long as the addresses are kept back
  std::deque<Range> quarantine_;       // whole granules
  size_t quarantined_ = 0;
  std::map<uintptr_t, size_t> free_;  // whole granules, by address
  std::set<std::pair<size_t, uintptr_t>> bySize_;
};

// The address space of all devices, and how many bytes of each granule are valid: 0 to 256, from its start.
uintptr_t arenaOf(int device);
extern uintptr_t arenasBegin, arenasBytes;  // 0 until there is device memory
const uint16_t* validBytesOf(int device);

}  // namespace emulation
}  // namespace lathe

#endif
