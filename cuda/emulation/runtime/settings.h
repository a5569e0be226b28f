// The values behind emulation.h.
#ifndef LATHE_EMULATION_SETTINGS_H
#define LATHE_EMULATION_SETTINGS_H

#include <cstddef>
#include <cstdint>
#include <string>

#include "emulation.h"

namespace lathe {
namespace emulation {

constexpr int mostThreads = 16;
constexpr int mostDevices = 16;

struct Settings {
  uint64_t seed = 0;
  Checking checking = Checking::races;
  int threads = 1;
  int yieldPeriod = 512;
  bool deferred = false;
  int devices = 1;
  size_t memory = size_t{4} << 30;
  std::string failing;
  uint64_t callsUntilFailure = 0;
  std::string record;
};

// What LATHE_EMULATION_FAIL says.
void readFailing(Settings& settings, const std::string& call);

// Read from the environment at first use; std::invalid_argument names a variable that cannot be understood.
Settings& settings();

// Splitmix64: every seed gives another sequence.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t bits() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
  }
  // 0 <= result < bound.
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>((bits() >> 32) * bound >> 32); }

 private:
  uint64_t state_;
};

}  // namespace emulation
}  // namespace lathe

#endif
