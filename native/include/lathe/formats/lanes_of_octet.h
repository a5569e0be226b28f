// Lanes of lanes.h by their number where every thread of an octet holds one: lanes_of_thread.h says what each does. All
// threads of the octet call these together.
#ifndef LATHE_FORMATS_LANES_OF_OCTET_H
#define LATHE_FORMATS_LANES_OF_OCTET_H

#include "lathe/formats/lanes.h"

LATHE_BEGIN

// One T per lane.
template <class T>
struct PerLane {
  T own;
};

// make(i) of every lane i. Within make, inLane(values, i) is lane i of other values.
template <class T, class Make>
LATHE_HD inline PerLane<T> makePerLane(Make make) {
  return {static_cast<T>(make(octetLane()))};
}
template <class Make>
LATHE_HD inline Lanes makeLanes(Make make) {
  return {{make(octetLane())}};
}
template <class T>
LATHE_HD inline T inLane(const PerLane<T>& values, int) {
  return values.own;
}
LATHE_HD inline float inLane(const Lanes& values, int) { return values.part[0]; }

// The threads of this thread's octet, as shuffles name them.
LATHE_HD inline unsigned octetMask() { return 0xffu << (laneCount * octet()); }

// Any lane's value.
template <class T>
LATHE_HD inline T laneOf(const PerLane<T>& values, int lane) {
  return static_cast<T>(__shfl_sync(octetMask(), static_cast<int>(values.own), lane, laneCount));
}
LATHE_HD inline float laneOf(const Lanes& values, int lane) {
  return __shfl_sync(octetMask(), values.part[0], lane, laneCount);
}

// values [laneCount]
LATHE_HD inline Lanes loadLanes(const float* values) { return {{values[octetLane()]}}; }
LATHE_HD inline void storeLanes(float* values, const Lanes& from) { values[octetLane()] = from.part[0]; }

LATHE_HD inline float sumOfLanes(const Lanes& values) {
  float sum = values.part[0];
  for (int distance = 1; distance < laneCount; distance *= 2)
    sum = sum + __shfl_xor_sync(octetMask(), sum, distance, laneCount);
  return sum;
}

LATHE_HD inline float leastOfLanes(const Lanes& values) {
  float least = laneOf(values, 0);
  for (int i = 1; i < laneCount; ++i) {
    const float here = laneOf(values, i);
    least = here < least ? here : least;
  }
  return least;
}

LATHE_HD inline float greatestOfLanes(const Lanes& values) {
  float greatest = laneOf(values, 0);
  for (int i = 1; i < laneCount; ++i) {
    const float here = laneOf(values, i);
    greatest = here > greatest ? here : greatest;
  }
  return greatest;
}

LATHE_HD inline int largestLane(const Lanes& values) {
  int best = 0;
  float greatest = laneOf(values, 0);
  for (int i = 1; i < laneCount; ++i) {
    const float here = laneOf(values, i);
    best = here > greatest ? i : best;
    greatest = here > greatest ? here : greatest;
  }
  return best;
}

LATHE_END

#endif
