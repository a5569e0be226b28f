// Lanes of lanes.h by their number where one thread holds all of them.
#ifndef LATHE_FORMATS_LANES_OF_THREAD_H
#define LATHE_FORMATS_LANES_OF_THREAD_H

#include "lathe/formats/lanes.h"

LATHE_BEGIN

// One T per lane.
template <class T>
struct PerLane {
  T values[laneCount];
};

// make(i) of every lane i. Within make, inLane(values, i) is lane i of other values.
template <class T, class Make>
inline PerLane<T> makePerLane(Make make) {
  PerLane<T> result;
  for (int i = 0; i < laneCount; ++i) result.values[i] = static_cast<T>(make(i));
  return result;
}
template <class Make>
inline Lanes makeLanes(Make make) {
  Lanes result = lanes(0.0f);
  for (int i = 0; i < laneCount; ++i) result[i] = make(i);
  return result;
}
template <class T>
inline T inLane(const PerLane<T>& values, int lane) {
  return values.values[lane];
}
inline float inLane(const Lanes& values, int lane) { return values[lane]; }

// Any lane's value.
template <class T>
inline T laneOf(const PerLane<T>& values, int lane) {
  return values.values[lane];
}
inline float laneOf(const Lanes& values, int lane) { return values[lane]; }

// values [laneCount]
inline Lanes loadLanes(const float* values) {
  Lanes result;
  memcpy(&result, values, sizeof result);
  return result;
}
inline void storeLanes(float* values, const Lanes& from) { memcpy(values, &from, sizeof from); }

inline float sumOfLanes(const Lanes& values) {
  return ((values[0] + values[1]) + (values[2] + values[3])) + ((values[4] + values[5]) + (values[6] + values[7]));
}

inline float leastOfLanes(const Lanes& values) {
  float least = values[0];
  for (int i = 1; i < laneCount; ++i) least = values[i] < least ? values[i] : least;
  return least;
}

inline float greatestOfLanes(const Lanes& values) {
  float greatest = values[0];
  for (int i = 1; i < laneCount; ++i) greatest = values[i] > greatest ? values[i] : greatest;
  return greatest;
}

// Index of the greatest lane, the first of equals.
inline int largestLane(const Lanes& values) {
  int best = 0;
  for (int i = 1; i < laneCount; ++i) best = values[i] > values[best] ? i : best;
  return best;
}

LATHE_END

#endif
