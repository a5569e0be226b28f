// Super-blocks of runs of weights with one scale per run: w = d * s_k * q, q a whole code between low and high, s_k a
// whole number between scaleLow and scaleHigh, d an F16.
//
// Q3_K and Q6_K are of this kind. So are Q2_K, Q4_K and Q5_K when their minimums are tied to their scales so that 0 is
// exact (super_affine.h); then s_k >= 0 and only d has a sign.
//
// Each run's best scale is searched alone; then, by turns, every s_k is chosen by the error that it gives with d, and d
// is refitted to the codes: d = sum(s_k p x q) / sum(s_k^2 p q^2).
#ifndef LATHE_FORMATS_SUPER_SIGNED_H
#define LATHE_FORMATS_SUPER_SIGNED_H

#include "lathe/formats/scale_search.h"

LATHE_BEGIN

// The nearest finite F16 that is not 0 unless value is.
LATHE_HD inline uint16_t nonZeroHalf(float value) {
  const uint16_t half = floatToFiniteHalf(value);
  const bool vanished = (half & 0x7fffu) == 0 && value != 0.0f;
  return vanished ? static_cast<uint16_t>(half | 1u) : half;
}

// Chooses d and s_k. block.unit > 0.
template <int runs, int size, int low, int high, int scaleLow, int scaleHigh>
struct SignedSuperSearch {
  using Codes = WholeCodes<low, high>;
  const Weighted<runs * size>& block;
  float positive[runs];  // best scale > 0 of run k, or 0
  float negative[runs];  // best scale < 0 of run k, or 0
  float start;           // first d / unit
  // result
  uint16_t d;
  int scales[runs];
  double gain;  // of sum(p x^2)

  LATHE_HD explicit SignedSuperSearch(const Weighted<runs * size>& weights) : block(weights) {
    fitRuns();
    d = 0;
    gain = -1.0;
    for (int k = 0; k < runs; ++k) scales[k] = 0;
  }

  LATHE_HD void search(int rounds) {
    float current = start;
    for (int round = 0; round < rounds; ++round) {
      const uint16_t candidate = nonZeroHalf(current * block.unit);
      if ((candidate & 0x7fffu) == 0) return;
      int chosen[runs];
      double xq = 0.0;
      double qq = 0.0;
      const float scale = halfToFloat(candidate) / block.unit;
      for (int k = 0; k < runs; ++k) chooseScale(k, scale, chosen[k], xq, qq);
      const double explained = scale * (2.0 * xq - scale * qq);
      if (!(explained > gain)) return;
      gain = explained;
      d = candidate;
      for (int k = 0; k < runs; ++k) scales[k] = chosen[k];
      if (!(qq > 0.0)) return;
      current = static_cast<float>(xq / qq);
    }
  }

 private:
  LATHE_HD void fitRuns() {
    float largest = 0.0f;
    float positiveGain = 0.0f;
    float negativeGain = 0.0f;
    float largestPositive = 0.0f;
    float largestNegative = 0.0f;
    for (int k = 0; k < runs; ++k) {
      const FittedScale up = fitScale<Codes, size>(block.x + k * size, block.p + k * size, Codes::high, 1.0f);
      const FittedScale down = fitScale<Codes, size>(block.x + k * size, block.p + k * size, Codes::high, -1.0f);
      positive[k] = up.scale;
      negative[k] = down.scale;
      positiveGain += up.gain;
      negativeGain += down.gain;
      largestPositive = largestPositive < up.scale ? up.scale : largestPositive;
      largestNegative = down.scale < largestNegative ? down.scale : largestNegative;
      const float better = up.gain < down.gain ? down.scale : up.scale;
      const float magnitude = better < 0.0f ? -better : better;
      largest = (largest < 0.0f ? -largest : largest) < magnitude ? better : largest;
    }
    if (scaleLow < 0) {
      start = largest / static_cast<float>(scaleLow);
    } else {
      start = (positiveGain < negativeGain ? largestNegative : largestPositive) / static_cast<float>(scaleHigh);
    }
  }

  // The scale of run k that explains most with d, and its share of the sums that d is refitted with.
  LATHE_HD void chooseScale(int k, float scale, int& chosen, double& xq, double& qq) const {
    int candidates[laneCount];
    Lanes trial;
    if (scaleLow < 0) {
      const int up = nearestScale(positive[k] / scale);
      const int down = nearestScale(negative[k] / scale);
      for (int i = 0; i < laneCount; ++i) candidates[i] = (i < 4 ? up : down) + i % 4 - 1;
    } else {
      const int centre = nearestScale((scale < 0.0f ? negative[k] : positive[k]) / scale);
      for (int i = 0; i < laneCount; ++i) candidates[i] = centre + i - 3;
    }
    for (int i = 0; i < laneCount; ++i) {
      candidates[i] = candidates[i] < scaleLow ? scaleLow : candidates[i] > scaleHigh ? scaleHigh : candidates[i];
      trial[i] = scale * static_cast<float>(candidates[i]);
    }
    const CodeSums sums =
        codeSums<Codes, size>(block.x + k * size, block.p + k * size, inversesOrZero(trial), lanes(0.0f));
    const int best = largestLane(trial * (2.0f * sums.xq - trial * sums.qq));
    chosen = candidates[best];
    xq += static_cast<double>(chosen) * sums.xq[best];
    qq += static_cast<double>(chosen) * chosen * sums.qq[best];
  }

  LATHE_HD static int nearestScale(float value) { return roundBetween(value, scaleLow, scaleHigh); }
};

LATHE_END

#endif
