#include "device_memory.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "settings.h"

namespace lathe {
namespace emulation {
namespace {

constexpr size_t quarantineBytes = size_t{64} << 20;

// Address space without memory behind it until it is touched.
uintptr_t reserve(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  madvise(memory, bytes, MADV_DONTDUMP);
  return reinterpret_cast<uintptr_t>(memory);
}

size_t granules(size_t bytes) { return (bytes + granuleBytes - 1) / granuleBytes; }

}  // namespace

uintptr_t arenasBegin = 0, arenasBytes = 0;

uintptr_t arenaOf(int device) {
  static const bool reserved = (arenasBegin = reserve(mostDevices * arenaBytes), true);
  static_cast<void>(reserved);
  arenasBytes = mostDevices * arenaBytes;
  return arenasBegin + static_cast<size_t>(device) * arenaBytes;
}

const uint16_t* validBytesOf(int device) {
  static const uintptr_t first = reserve(mostDevices * arenaBytes / granuleBytes * sizeof(uint16_t));
  return reinterpret_cast<const uint16_t*>(first) + static_cast<size_t>(device) * (arenaBytes / granuleBytes);
}

DeviceMemory::DeviceMemory(int device, size_t limit) : device_(device), limit_(limit) {
  // The first granule stays free, so that there is a "before" to every allocation.
  giveBack({arenaOf(device) + granuleBytes, arenaBytes - granuleBytes});
}

DeviceMemory::~DeviceMemory() {
  while (!live_.empty()) release(reinterpret_cast<void*>(live_.begin()->first));
}

void* DeviceMemory::allocate(size_t bytes) {
  const size_t whole = granules(bytes) * granuleBytes;
  if (whole < bytes || whole > limit_ - used_) return nullptr;
#ifdef __SANITIZE_ADDRESS__
  void* memory = nullptr;
  if (posix_memalign(&memory, granuleBytes, bytes) != 0) return nullptr;
  const uintptr_t begin = reinterpret_cast<uintptr_t>(memory);
#else
  const uintptr_t begin = take(whole + granuleBytes);
  if (begin == 0) return nullptr;
  markValid(begin, bytes, true);
#endif
  freed_.erase(begin);
  live_[begin] = bytes;
  used_ += whole;
  std::memset(reinterpret_cast<void*>(begin), 0xff, bytes);
  return reinterpret_cast<void*>(begin);
}

bool DeviceMemory::release(void* memory) {
  const uintptr_t begin = reinterpret_cast<uintptr_t>(memory);
  const auto found = live_.find(begin);
  if (found == live_.end()) return false;
  const size_t bytes = found->second, whole = granules(bytes) * granuleBytes;
  live_.erase(found);
  used_ -= whole;
#ifdef __SANITIZE_ADDRESS__
  std::free(memory);
#else
  markValid(begin, bytes, false);
  freed_[begin] = bytes;
  quarantine_.push_back({begin, whole + granuleBytes});
  quarantined_ += whole;
  while (quarantined_ > quarantineBytes && quarantine_.size() > 1) {
    quarantined_ -= quarantine_.front().second - granuleBytes;
    freed_.erase(quarantine_.front().first);
    giveBack(quarantine_.front());
    quarantine_.pop_front();
  }
#endif
  return true;
}

// The smallest free range that fits, or 0.
uintptr_t DeviceMemory::take(size_t bytes) {
  const auto found = bySize_.lower_bound({bytes, 0});
  if (found == bySize_.end()) return 0;
  const size_t size = found->first;
  const uintptr_t begin = found->second;
  bySize_.erase(found);
  free_.erase(begin);
  if (size > bytes) {
    free_[begin + bytes] = size - bytes;
    bySize_.insert({size - bytes, begin + bytes});
  }
  return begin;
}

// Joins the range with its free neighbours.
void DeviceMemory::giveBack(Range range) {
  auto next = free_.lower_bound(range.first);
  if (next != free_.end() && range.first + range.second == next->first) {
    range.second += next->second;
    bySize_.erase({next->second, next->first});
    next = free_.erase(next);
  }
  if (next != free_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == range.first) {
      range = {before->first, before->second + range.second};
      bySize_.erase({before->second, before->first});
      free_.erase(before);
    }
  }
  free_[range.first] = range.second;
  bySize_.insert({range.second, range.first});
}

void DeviceMemory::markValid(uintptr_t begin, size_t bytes, bool valid) {
  uint16_t* granule = const_cast<uint16_t*>(validBytesOf(device_)) + (begin - arenaOf(device_)) / granuleBytes;
  for (size_t done = 0; done < bytes; done += granuleBytes) {
    const size_t left = bytes - done;
    *granule++ = valid ? static_cast<uint16_t>(left < granuleBytes ? left : granuleBytes) : 0;
  }
}

bool DeviceMemory::contains(const void* pointer, size_t bytes) const {
  const uintptr_t address = reinterpret_cast<uintptr_t>(pointer);
  auto next = live_.upper_bound(address);
  if (next == live_.begin()) return false;
  --next;
  const size_t offset = address - next->first;
  return offset <= next->second && bytes <= next->second - offset;
}

std::string DeviceMemory::describe(const void* pointer) const {
  const uintptr_t address = reinterpret_cast<uintptr_t>(pointer);
  const auto nearest = [address](const std::map<uintptr_t, size_t>& allocations, const char* kind) -> std::string {
    auto next = allocations.upper_bound(address);
    if (next != allocations.begin()) {
      const auto& [begin, bytes] = *std::prev(next);
      const std::string name = std::string(kind) + " allocation of " + std::to_string(bytes) + " bytes";
      if (address - begin < bytes) return "at offset " + std::to_string(address - begin) + " of a " + name;
      const size_t past = address - begin - bytes;
      if (past < 4096) return std::to_string(past) + " bytes past the end of a " + name;
    }
    if (next != allocations.end() && next->first - address < 4096) {
      return std::to_string(next->first - address) + " bytes before a " + kind + " allocation of " +
             std::to_string(next->second) + " bytes";
    }
    return "";
  };
  const std::string live = nearest(live_, "live");
  const bool inside = live.find("at offset") == 0;
  const std::string freed = inside ? "" : nearest(freed_, "freed");
  return freed.find("at offset") == 0 || live.empty() ? freed : live;
}

}  // namespace emulation
}  // namespace lathe
