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

// The best codes of one run under d, and their sums.
struct TiedRun {
  uint8_t scale;    // s_k
  uint8_t minimum;  // m_k
  double xr;        // s_k sum p x (q - z)
  double rr;        // s_k^2 sum p (q - z)^2
};

// Chooses d, s_k and m_k with dmin = ratio * d.
template <int runs, int size, int levels, int most, int ratio>
struct TiedSuperSearch {
  using Codes = WholeCodes<0, levels>;
  static_assert((ratio & (ratio - 1)) == 0, "ratio * d has to be an F16");

  Weighted<runs * size, size> block;  // unit > 0
  RunSums sums[runs];
  float starts[runs];  // the d with which the largest s_k of the run's candidate z = ratio is enough
  // Lanes of candidates (TiedScales).
  float zeros[runs][laneCount];
  float scales[runs][laneCount];
  float multiple[runs][laneCount];       // s_k is a multiple of this,
  float mostMultiples[runs][laneCount];  // and at most so many times it
  TiedRun trial[runs];

  // grid: any with members d, dmin, scales [runs], minimums [runs].
  template <class Grid>
  LATHE_HD void search(Grid& grid, int rounds) {
    for (int k = octet(); k < runs; k += octets) fitRun(k);
    teamSync();
    float scale = 0.0f;
    for (int k = 0; k < runs; ++k) scale = largerOf(starts[k], scale);
    double gain = 0.0;
    for (int round = 0; round < rounds; ++round) {
      const uint16_t d = boundedHalf(scale * block.unit);
      const float unitScale = halfToFloat(d) / block.unit;
      for (int k = octet(); k < runs; k += octets) {
        const TiedRun run = bestCodes(k, unitScale);
        if (octetLane() == 0) trial[k] = run;
      }
      teamSync();
      double xr = 0.0;
      double rr = 0.0;
      for (int k = 0; k < runs; ++k) {
        xr += trial[k].xr;
        rr += trial[k].rr;
      }
      const double explainedNow = unitScale * (2.0 * xr - unitScale * rr);
      if (!(explainedNow > gain)) return;
      gain = explainedNow;
      keep(grid, d);
      scale = static_cast<float>(xr / rr);
    }
  }

 private:
  LATHE_HD void fitRun(int k) {
    const RunSums run = runSums<size>(block.xOf(k), block.pOf(k));
    const TiedScales target = fitTiedScales<Codes, size>(block.xOf(k), block.pOf(k), run, levels > 15 ? 2 : 1, ratio);
    const auto stepOf = [](int zero) {
      const int powers = zero | ratio;
      return ratio / (powers & -powers);
    };
    storeLanes(zeros[k], target.zeros);
    storeLanes(scales[k], target.scales);
    storeLanes(multiple[k],
               makeLanes([&](int i) { return static_cast<float>(stepOf(static_cast<int>(inLane(target.zeros, i)))); }));
    storeLanes(mostMultiples[k], makeLanes([&](int i) {
                 const int zero = static_cast<int>(inLane(target.zeros, i));
                 const int limit = zero > ratio ? most * ratio / zero : most;
                 return static_cast<float>(limit / stepOf(zero));
               }));
    float start = 0.0f;
    for (int i = 0; i < laneCount; ++i) {
      const bool isRatio = laneOf(target.zeros, i) == static_cast<float>(ratio);
      const float scale = laneOf(target.scales, i);
      if (isRatio) start = scale / static_cast<float>(most);
    }
    if (octetLane() != 0) return;
    sums[k] = run;
    starts[k] = start;
  }

  template <class Grid>
  LATHE_HD void keep(Grid& grid, uint16_t d) const {
    if (teamLane() == 0) {
      grid.d = d;
      grid.dmin = floatToHalf(halfToFloat(d) * static_cast<float>(ratio));
    }
    for (int k = teamLane(); k < runs; k += teamSize) {
      grid.scales[k] = trial[k].scale;
      grid.minimums[k] = trial[k].minimum;
    }
    teamSync();
  }

  // The nearest F16 > 0 of which ratio times is finite.
  LATHE_HD static uint16_t boundedHalf(float value) {
    const float bound = largestHalf / static_cast<float>(ratio);
    return nonZeroHalf(value < bound ? value : bound);
  }

  LATHE_HD TiedRun bestCodes(int k, float unitScale) const {
    const Lanes z = loadLanes(zeros[k]);
    const Lanes zero = lanes(0.0f);
    const Lanes step = loadLanes(multiple[k]);
    const Lanes limit = loadLanes(mostMultiples[k]);
    const Lanes whole = loadLanes(scales[k]) * inverseOrZero(unitScale) / step - 0.5f;
    TiedRun run = {0, 0, 0.0, 0.0};
    float bestGain = -1e30f;
    for (int up = 0; up < 2; ++up) {
      const Lanes multiples = smaller(roundBetween(whole, zero, limit) + static_cast<float>(up), limit);
      const Lanes codes = multiples * step;
      const Lanes scale = unitScale * codes;
      const TiedSums tied = tiedSums<Codes, size>(block.xOf(k), block.pOf(k), sums[k], inversesOrZero(scale), z);
      const Lanes gains = explained(tied, scale);
      const int best = largestLane(gains);
      const float gain = laneOf(gains, best);
      if (!(gain > bestGain)) continue;
      bestGain = gain;
      const float code = laneOf(codes, best);
      run.scale = static_cast<uint8_t>(code);
      run.minimum = static_cast<uint8_t>(code * laneOf(z, best) / static_cast<float>(ratio));
      run.xr = static_cast<double>(code) * laneOf(tied.xr, best);
      run.rr = static_cast<double>(code) * code * laneOf(tied.rr, best);
    }
    return run;
  }
};

LATHE_END

#endif
