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

// The best scale of one run under d, and its sums.
struct SignedRun {
  int scale;  // s_k
  float xq;   // sum p x q
  float qq;   // sum p q^2
};

// Chooses d and s_k.
template <class Codes, int runs, int size, int scaleLow, int scaleHigh>
struct SignedSuperSearch {
  Weighted<runs * size, size> block;  // unit > 0
  float positive[runs];               // best scale > 0 of run k, or 0
  float negative[runs];               // best scale < 0 of run k, or 0
  float better[runs];                 // that of both which explains more
  SignedRun trial[runs];

  // grid: any with members d and scales [runs].
  template <class Grid>
  LATHE_HD void search(Grid& grid, int rounds) {
    float current = firstScale();
    double gain = 0.0;  // of sum(p x^2)
    for (int round = 0; round < rounds; ++round) {
      const uint16_t d = nonZeroHalf(current * block.unit);
      if ((d & 0x7fffu) == 0) return;
      const float scale = halfToFloat(d) / block.unit;
      for (int k = octet(); k < runs; k += octets) {
        const SignedRun run = bestScale(k, scale);
        if (octetLane() == 0) trial[k] = run;
      }
      teamSync();
      double xq = 0.0;
      double qq = 0.0;
      for (int k = 0; k < runs; ++k) {
        xq += static_cast<double>(trial[k].scale) * trial[k].xq;
        qq += static_cast<double>(trial[k].scale) * trial[k].scale * trial[k].qq;
      }
      const double explained = scale * (2.0 * xq - scale * qq);
      if (!(explained > gain)) return;
      gain = explained;
      if (teamLane() == 0) grid.d = d;
      for (int k = teamLane(); k < runs; k += teamSize) grid.scales[k] = static_cast<int8_t>(trial[k].scale);
      teamSync();
      if (!(qq > 0.0)) return;
      current = static_cast<float>(xq / qq);
    }
  }

 private:
  // The first d / unit.
  LATHE_HD float firstScale() {
    for (int k = octet(); k < runs; k += octets) {
      const FittedScales fitted = fitScales<Codes, size>(block.xOf(k), block.pOf(k), 1);
      if (octetLane() != 0) continue;
      positive[k] = fitted.positive.scale;
      negative[k] = fitted.negative.scale;
      better[k] = fitted.positive.gain < fitted.negative.gain ? fitted.negative.scale : fitted.positive.scale;
    }
    teamSync();
    float largest = 0.0f;
    for (int k = 0; k < runs; ++k)
      if (largerOf(better[k], -better[k]) > largerOf(largest, -largest)) largest = better[k];
    return largest / static_cast<float>(scaleLow);
  }

  // The scale of run k that explains most with d.
  LATHE_HD SignedRun bestScale(int k, float scale) const {
    const float up = roundBetween(positive[k] / scale, scaleLow, scaleHigh);
    const float down = roundBetween(negative[k] / scale, scaleLow, scaleHigh);
    Lanes candidates = lanes(up - 1.0f, up, up + 1.0f, up + 2.0f, down - 2.0f, down - 1.0f, down, down + 1.0f);
    candidates = smaller(larger(candidates, lanes(scaleLow)), lanes(scaleHigh));
    const Lanes scales = scale * candidates;
    const CodeSums sums = codeSums<Codes, size>(block.xOf(k), block.pOf(k), inversesOrZero(scales), lanes(0.0f));
    const int best = largestLane(scales * (2.0f * sums.xq - scales * sums.qq));
    return {static_cast<int>(laneOf(candidates, best)), laneOf(sums.xq, best), laneOf(sums.qq, best)};
  }
};

LATHE_END

#endif
