// The schedules of the emulation that the backend's tests run under: one list for all of them.
#ifndef LATHE_CUDA_TEST_SCHEDULES_H
#define LATHE_CUDA_TEST_SCHEDULES_H

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>

#include "emulation.h"

namespace lathe {
namespace test {

// AddressSanitizer looks at addresses alone, which a schedule hardly changes, and makes a change of threads twenty
// times as dear.
#ifdef __SANITIZE_ADDRESS__
constexpr int kSchedules = 1;
constexpr double kSlowness = 20;
#else
constexpr int kSchedules = 10;
constexpr double kSlowness = 1;
#endif

// schedule: 1 to kSchedules. Every second leaves work on its streams until something waits for it.
inline void setSchedule(int schedule) {
  emulation::setSeed(static_cast<uint64_t>(schedule));
  emulation::setDeferred(schedule % 2 == 0);
}

// Runs the action under the last `count` schedules. All are what every operation gets at all of kSizes, one what varies
// besides: fillings, shares, options.
inline void underSchedules(int count, const std::function<void()>& action) {
  for (int schedule = kSchedules - count + 1; schedule <= kSchedules; schedule++) {
    setSchedule(schedule);
    action();
  }
}

// How many times as much work is affordable: LATHE_TEST_PATIENCE in the environment. With 1000, everything is done in
// full, which takes hours.
inline double patience() {
  static const char* named = std::getenv("LATHE_TEST_PATIENCE");
  static const double times = named == nullptr ? 1 : std::atof(named);
  return times / kSlowness;
}

// Of work that takes the emulation about so many milliseconds: how many schedules it is given, all or as many as fit
// into a second, but one at least.
inline int affordableSchedules(double milliseconds) {
  return std::clamp(static_cast<int>(1000 * patience() / milliseconds), 1, kSchedules);
}
// Whether work that no smaller filling makes shorter is done at all.
inline bool isAffordable(double milliseconds) { return milliseconds <= 6000 * patience(); }
// Of `rows` that take so many milliseconds each: how many fit into a quarter of a second, but one at least.
inline int64_t affordableRows(double milliseconds, int64_t rows) {
  return std::clamp<int64_t>(static_cast<int64_t>(250 * patience() / milliseconds), 1, rows);
}

}  // namespace test
}  // namespace lathe

#endif
