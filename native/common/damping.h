// The parts of the damped inverse factor that every backend decides alike.
#ifndef LATHE_COMMON_DAMPING_H
#define LATHE_COMMON_DAMPING_H

#include <cmath>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "lathe/backend.h"
#include "lathe/limits.h"

namespace lathe {

[[noreturn]] inline void rejectEntry(int64_t i, int64_t j, double value, const char* expected) {
  throw std::runtime_error("inverseFactor: H[" + std::to_string(i) + "," + std::to_string(j) + "] is " +
                           std::to_string(value) + ", expected " + expected);
}

// Sets dead columns' values of H's diagonal to 1; rejects values that no sum of squares can have. Returns the number
// of dead columns.
template <class T>
int64_t mendDiagonal(std::vector<T>& diagonal) {
  int64_t dead = 0;
  for (size_t i = 0; i < diagonal.size(); i++) {
    const int64_t column = static_cast<int64_t>(i);
    if (!std::isfinite(diagonal[i]) || diagonal[i] < 0)
      rejectEntry(column, column, diagonal[i], "a finite value that is not negative");
    if (diagonal[i] != 0) continue;
    diagonal[i] = 1;
    dead++;
  }
  return dead;
}

// Calls attempt(added), added = lambda * mean(diagonal), with growing lambda until it returns true.
template <class T, class Attempt>
void raiseDamping(FactorReport& report, const std::vector<T>& diagonal, double damping, Attempt attempt) {
  const double cols = static_cast<double>(diagonal.size());
  const double mean = std::accumulate(diagonal.begin(), diagonal.end(), 0.0) / cols;
  report.damping = damping;
  for (report.attempts = 1; report.damping <= kGreatestDamping; report.attempts++) {
    if (attempt(report.damping * mean)) return;
    report.damping = report.damping == 0 ? 1e-6 : report.damping * 10;
  }
  throw std::runtime_error("inverseFactor: H of " + std::to_string(diagonal.size()) +
                           " columns is not positive definite even with damping " + std::to_string(kGreatestDamping));
}

}  // namespace lathe

#endif
