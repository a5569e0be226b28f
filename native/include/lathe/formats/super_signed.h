// Super-blocks of runs of weights with one scale per run: w = d * s_k * q, q the value of a code around 0, s_k a whole
// number between scaleLow and scaleHigh, d an F16.
//
// Q3_K, Q6_K and IQ4_XS are of this kind.
//
// Each run's best scale is searched alone; then, by turns, every s_k is chosen by the error that it gives with d, and d
// is refitted to the codes: d = sum(s_k p x q) / sum(s_k^2 p q^2).
#ifndef LATHE_FORMATS_SUPER_SIGNED_H
#define LATHE_FORMATS_SUPER_SIGNED_H

#include "lathe/formats/scale_search.h"

LATHE_BEGIN

// Chooses d and s_k. block.unit > 0.
template <class Codes, int runs, int size, int scaleLow, int scaleHigh>
struct SignedSuperSearch {
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
    gain = 0.0;
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
    for (int k = 0; k < runs; ++k) {
      const FittedScales fitted = fitScales<Codes, size>(block.x + k * size, block.p + k * size, 1);
      positive[k] = fitted.positive.scale;
      negative[k] = fitted.negative.scale;
      const float better = fitted.positive.gain < fitted.negative.gain ? negative[k] : positive[k];
      if (largerOf(better, -better) > largerOf(largest, -largest)) largest = better;
    }
    start = largest / static_cast<float>(scaleLow);
  }

  // The scale of run k that explains most with d, and its share of the sums that d is refitted with.
  LATHE_HD void chooseScale(int k, float scale, int& chosen, double& xq, double& qq) const {
    const float up = roundBetween(positive[k] / scale, scaleLow, scaleHigh);
    const float down = roundBetween(negative[k] / scale, scaleLow, scaleHigh);
    Lanes candidates = lanes(up - 1.0f, up, up + 1.0f, up + 2.0f, down - 2.0f, down - 1.0f, down, down + 1.0f);
    candidates = smaller(larger(candidates, lanes(scaleLow)), lanes(scaleHigh));
    const Lanes trial = scale * candidates;
    const CodeSums sums =
        codeSums<Codes, size>(block.x + k * size, block.p + k * size, inversesOrZero(trial), lanes(0.0f));
    const int best = largestLane(trial * (2.0f * sums.xq - trial * sums.qq));
    chosen = static_cast<int>(candidates[best]);
    xq += static_cast<double>(chosen) * sums.xq[best];
    qq += static_cast<double>(chosen) * chosen * sums.qq[best];
  }
};

LATHE_END

#endif
