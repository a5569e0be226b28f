// Super-blocks of runs of weights with a scale and a minimum per run (super_affine.h) in which every run has a code for
// exactly 0.
//
// With dmin = r d, r a power of two, run k's value of code z is d s_k z - r d m_k: it is 0 where m_k = z s_k / r. All
// products are exact in F32 and r d is an F16, so the difference is exactly 0. Every run chooses its own z, among those
// for which z s_k / r is whole and not more than `most`: z = r goes with every s_k, other z with multiples of
// r / gcd(r, z) only.
//
// For each run and z the best scale is searched alone; then, by turns, every (z, s_k) is chosen by the error that it
// gives with d, and d is refitted to the codes: d = sum(s_k p x (q - z)) / sum(s_k^2 p (q - z)^2).
#ifndef LATHE_FORMATS_SUPER_TIED_H
#define LATHE_FORMATS_SUPER_TIED_H

#include "lathe/formats/tied_search.h"

LATHE_BEGIN

// Chooses d, s_k and m_k with dmin = ratio * d. block.unit > 0.
template <int runs, int size, int levels, int most, int ratio>
struct TiedSuperSearch {
  using Codes = WholeCodes<0, levels>;
  static_assert((ratio & (ratio - 1)) == 0, "ratio * d has to be an F16");

  const Weighted<runs * size>& block;
  RunSums sums[runs];
  TiedScales targets[runs];
  // Per candidate: s_k is a multiple of this, and at most so many times it.
  Lanes multiple[runs];
  Lanes mostMultiples[runs];
  // result
  uint16_t d;
  uint8_t scales[runs];
  uint8_t minimums[runs];

  LATHE_HD explicit TiedSuperSearch(const Weighted<runs * size>& weights) : block(weights), d(0) {
    for (int k = 0; k < runs; ++k) {
      const float* x = block.x + k * size;
      const float* p = block.p + k * size;
      sums[k] = runSums<size>(x, p);
      targets[k] = fitTiedScales<Codes, size>(x, p, sums[k], levels > 15 ? 2 : 1, ratio);
      findMultiples(k);
      scales[k] = minimums[k] = 0;
    }
  }

  LATHE_HD void search(int rounds) {
    float scale = 0.0f;
    for (int k = 0; k < runs; ++k) scale = largerOf(startOf(targets[k]), scale);
    double gain = 0.0;
    for (int round = 0; round < rounds; ++round) {
      const uint16_t trial = boundedHalf(scale * block.unit);
      uint8_t trialScales[runs];
      uint8_t trialMinimums[runs];
      double xr = 0.0;
      double rr = 0.0;
      const float unitScale = halfToFloat(trial) / block.unit;
      for (int k = 0; k < runs; ++k) assignRun(k, unitScale, trialScales[k], trialMinimums[k], xr, rr);
      const double explainedNow = unitScale * (2.0 * xr - unitScale * rr);
      if (!(explainedNow > gain)) return;
      gain = explainedNow;
      d = trial;
      memcpy(scales, trialScales, sizeof scales);
      memcpy(minimums, trialMinimums, sizeof minimums);
      scale = static_cast<float>(xr / rr);
    }
  }

 private:
  LATHE_HD void findMultiples(int k) {
    multiple[k] = mostMultiples[k] = lanes(0.0f);
    for (int i = 0; i < laneCount; ++i) {
      const int zero = static_cast<int>(targets[k].zeros[i]);
      const int powers = zero | ratio;
      const int step = ratio / (powers & -powers);
      const int limit = zero > ratio ? most * ratio / zero : most;
      multiple[k][i] = static_cast<float>(step);
      mostMultiples[k][i] = static_cast<float>(limit / step);
    }
  }

  // The d with which the largest s_k of this run's candidate z = ratio is enough.
  LATHE_HD static float startOf(const TiedScales& target) {
    float start = 0.0f;
    for (int i = 0; i < laneCount; ++i) {
      if (target.zeros[i] == static_cast<float>(ratio)) start = target.scales[i] / static_cast<float>(most);
    }
    return start;
  }

  // The nearest F16 > 0 of which ratio times is finite.
  LATHE_HD static uint16_t boundedHalf(float value) {
    const float bound = largestHalf / static_cast<float>(ratio);
    return nonZeroHalf(value < bound ? value : bound);
  }

  LATHE_HD void assignRun(int k, float unitScale, uint8_t& scaleCode, uint8_t& minimumCode, double& xr,
                          double& rr) const {
    const Lanes z = targets[k].zeros;
    const Lanes zero = lanes(0.0f);
    const Lanes whole = targets[k].scales * inverseOrZero(unitScale) / multiple[k] - 0.5f;
    float bestGain = -1e30f;
    double bestXr = 0.0;
    double bestRr = 0.0;
    for (int up = 0; up < 2; ++up) {
      const Lanes multiples =
          smaller(roundBetween(whole, zero, mostMultiples[k]) + static_cast<float>(up), mostMultiples[k]);
      const Lanes codes = multiples * multiple[k];
      const Lanes scale = unitScale * codes;
      const TiedSums tied =
          tiedSums<Codes, size>(block.x + k * size, block.p + k * size, sums[k], inversesOrZero(scale), z);
      const Lanes gains = explained(tied, scale);
      const int best = largestLane(gains);
      if (!(gains[best] > bestGain)) continue;
      bestGain = gains[best];
      scaleCode = static_cast<uint8_t>(codes[best]);
      minimumCode = static_cast<uint8_t>(codes[best] * z[best] / static_cast<float>(ratio));
      bestXr = static_cast<double>(codes[best]) * tied.xr[best];
      bestRr = static_cast<double>(codes[best]) * codes[best] * tied.rr[best];
    }
    xr += bestXr;
    rr += bestRr;
  }
};

LATHE_END

#endif
