// Super-blocks of 256 weights, w = d * multiple(s_k) * sign * magnitude (signed_groups.h): the choice of d and s_k.
//
// Each run's gain is known exactly for any scale, since all points of the codebook are tried for all groups at once. It
// is measured at scales around that of a Gaussian run; a parabola through the best three gives the run's target. d is
// the candidate under which rounding the targets to d * multiple(s) costs least, in shares of each run's energy; then
// every s_k is the best of its neighbours, measured, and d is refitted to the codes in closed form.
//
// A Format has: Codebook, runSize (weights that share s_k), evenSignCount, mostScale (greatest s), firstMultiple and
// multipleStep: multiple(s) = firstMultiple + s multipleStep.
#ifndef LATHE_FORMATS_SIGNED_SUPER_H
#define LATHE_FORMATS_SIGNED_SUPER_H

#include <cmath>

#include "lathe/formats/group_feedback.h"
#include "lathe/formats/signed_groups.h"

LATHE_BEGIN

constexpr int superSize = 256;
constexpr int superBundles = superSize / groupSize / wideCount;

template <int runs>
struct ScaleGrid {
  uint16_t d;            // F16 scale of scales
  uint8_t scales[runs];  // s_k
  float scale[runs];     // d * multiple(s_k)
};

template <class Format>
LATHE_HD constexpr float multipleOf(int scaleCode) {
  return Format::firstMultiple + Format::multipleStep * static_cast<float>(scaleCode);
}

// Runs of a super-block, each with the scale that suits it.
template <int runs>
struct RunTargets {
  float energy[runs];  // sum p x^2
  float scale[runs];   // 0: the run is all zeros
};

// The d for which whole codes come nearest to the targets. firstMultiple and step as in a Format.
template <int runs>
LATHE_HD inline float fittingSuperScale(const RunTargets<runs>& targets, float firstMultiple, float step, int most) {
  float greatest = 0.0f;
  for (int k = 0; k < runs; ++k) greatest = largerOf(greatest, targets.scale[k]);
  constexpr int count = 16;
  LATHE_TEAM_SHARED float values[count];
  LATHE_TEAM_SHARED float loss[count];
  teamSync();
  for (int first = teamLane() * wideCount; first < count; first += teamSize * wideCount) {
    float factors[wideCount];
    for (int i = 0; i < wideCount; ++i) factors[i] = 0.88f + 0.04f * static_cast<float>(first + i);
    const WideLanes candidates = (greatest / (firstMultiple + step * static_cast<float>(most))) * loadWide(factors);
    WideLanes losses = wide(0.0f);
    for (int k = 0; k < runs; ++k) {
      if (!(targets.scale[k] > 0.0f)) continue;
      const WideLanes inverse = candidates * (1.0f / targets.scale[k]);
      const WideLanes asked = (1.0f / inverse - firstMultiple) * (1.0f / step);
      const WideLanes inside = smaller(larger(asked, wide(0.0f)), wide(static_cast<float>(most)));
      const WideLanes code = (inside + roundingShift) - roundingShift;
      const WideLanes miss = inverse * (firstMultiple + step * code) - 1.0f;
      losses = losses + targets.energy[k] * (miss * miss);
    }
    storeWide(values + first, candidates);
    storeWide(loss + first, losses);
  }
  teamSync();
  int best = 0;
  for (int i = 1; i < count; ++i) best = loss[i] < loss[best] ? i : best;
  return values[best];
}

// Loads w [superSize] and importance into groups, in units of the result; 0: all weights are too small to store.
LATHE_HD inline float loadSuper(LaneGroups<superBundles>& groups, const float* w, const float* importance) {
  LATHE_TEAM_SHARED Weighted<superSize, groupSize> block;
  prepare(block, w, importance);
  for (int g = teamLane(); block.unit > 0.0f && g < superSize / groupSize; g += teamSize) {
    for (int j = 0; j < groupSize; ++j) {
      groups.x[j][g] = block.xOf(g)[j];
      groups.p[j][g] = block.pOf(g)[j];
    }
  }
  teamSync();
  return block.unit;
}

// Loads the groups of one run into all lanes, over and over. w and importance [groups * groupSize]; w is multiplied by
// factor and bounded.
template <int runGroups, int bundles>
LATHE_HD inline void loadRun(LaneGroups<bundles>& groups, const float* w, const float* importance, float factor) {
  constexpr float farthest = 1e6f;
  float greatest = 0.0f;
  for (int i = 0; i < runGroups * groupSize; ++i) greatest = largerOf(greatest, importance[i]);
  const float inverse = inverseOrZero(greatest);
  for (int lane = teamLane(); lane < LaneGroups<bundles>::count; lane += teamSize) {
    for (int j = 0; j < groupSize; ++j) {
      const int i = lane % runGroups * groupSize + j;
      const float x = w[i] * factor;
      groups.x[j][lane] = x < -farthest ? -farthest : x > farthest ? farthest : x;
      groups.p[j][lane] = importance[i] * inverse;
    }
  }
}

// energy = sum p x^2 over a run of groups; its root mean square under p.
LATHE_HD inline float runMeasures(float& energy, const LaneGroups<superBundles>& groups, int first, int number) {
  float weight = 0.0f;
  energy = 0.0f;
  for (int g = first; g < first + number; ++g) {
    for (int j = 0; j < groupSize; ++j) {
      const float x = groups.x[j][g];
      weight += groups.p[j][g];
      energy += groups.p[j][g] * x * x;
    }
  }
  return sqrtf(energy / weight);
}

// Where gains [steps], measured at 1, ratio, ratio^2 and so on, have their peak: the top of a parabola.
template <int steps>
LATHE_HD inline float peakOf(const float* gains, float ratio) {
  int best = 0;
  float place = 1.0f;
  float bestPlace = 1.0f;
  for (int c = 1; c < steps; ++c) {
    place *= ratio;
    if (!(gains[c] > gains[best])) continue;
    best = c;
    bestPlace = place;
  }
  if (best == 0 || best == steps - 1) return bestPlace;
  const float before = gains[best] - gains[best - 1];
  const float after = gains[best] - gains[best + 1];
  if (!(before + after > 0.0f)) return bestPlace;
  return bestPlace * (1.0f + (ratio - 1.0f) * 0.5f * (before - after) / (before + after));
}

// The whole number nearest to asked (step 0), the next nearest (1), the one on the other side (2), between 0 and most.
LATHE_HD inline int neighbour(float asked, int most, int step) {
  const int nearest = roundBetween(asked, 0, most);
  const int towards = asked < static_cast<float>(nearest) ? -1 : 1;
  const int code = nearest + (step == 0 ? 0 : step == 1 ? towards : -towards);
  return code < 0 ? 0 : code > most ? most : code;
}

// The d that is best for given codes, sum(m p x v) / sum(m^2 p v^2) with m = multiple(s_k), in units of `unit`; the old
// one where F16 is too coarse for the new one to be better, and 0 where neither is better than that.
LATHE_HD inline uint16_t refittedSuperScale(uint16_t old, float unit, const LaneGroups<superBundles>& groups,
                                            const float (&values)[groupSize][superSize / groupSize],
                                            const float* multiples) {
  constexpr int count = superSize / groupSize;
  LATHE_TEAM_SHARED float xv[count];
  LATHE_TEAM_SHARED float vv[count];
  teamSync();
  for (int g = teamLane(); g < count; g += teamSize) xv[g] = vv[g] = 0.0f;
  for (int j = 0; j < groupSize; ++j) {
    for (int g = teamLane(); g < count; g += teamSize) {
      const float weighted = groups.p[j][g] * values[j][g];
      xv[g] += weighted * groups.x[j][g];
      vv[g] += weighted * values[j][g];
    }
  }
  teamSync();
  double products = 0.0;
  double squares = 0.0;
  for (int g = 0; g < count; ++g) {
    const double multiple = multiples[g];
    products += multiple * xv[g];
    squares += multiple * multiple * vv[g];
  }
  const uint16_t fitted = products > 0.0 ? nonZeroHalf(static_cast<float>(products / squares) * unit) : uint16_t{0};
  const double oldScale = halfToFloat(old) / unit;
  const double newScale = halfToFloat(fitted) / unit;
  const double oldGain = oldScale * (2.0 * products - oldScale * squares);
  const double newGain = newScale * (2.0 * products - newScale * squares);
  if (!(oldGain > newGain)) return newGain > 0.0 ? fitted : uint16_t{0};
  return oldGain > 0.0 ? old : uint16_t{0};
}

template <class Format>
struct SignedSuperFit {
  using Codebook = typename Format::Codebook;
  static constexpr int runs = superSize / Format::runSize;
  static constexpr int groupsPerRun = Format::runSize / groupSize;
  static constexpr int count = superSize / groupSize;
  static constexpr bool adjusts = true;
  using Grid = ScaleGrid<runs>;

  LaneGroups<superBundles> groups;
  float unit;

  LATHE_HD LATHE_OUTLINE void begin(const float* w, const float* importance) {
    const float loaded = loadSuper(groups, w, importance);
    if (teamLane() == 0) unit = loaded;
    teamSync();
  }

  // Chooses grid.
  LATHE_HD LATHE_OUTLINE void choose(Grid& grid, bool) {
    uint16_t d = 0;
    for (int k = teamLane(); k < runs; k += teamSize) grid.scales[k] = 0;
    if (unit > 0.0f) {
      LATHE_TEAM_SHARED float given[groupSize][count];
      copyGroups(given, groups.x);
      LATHE_TEAM_SHARED LaneSigns<count> signs;
      takeSigns<Format::evenSignCount>(signs, groups);
      if (Format::evenSignCount) flip(groups, signs.flipped[0]);
      LATHE_TEAM_SHARED RunTargets<runs> targets;
      findTargets(targets);
      const float fitting =
          fittingSuperScale<runs>(targets, Format::firstMultiple, Format::multipleStep, Format::mostScale);
      d = nonZeroHalf(fitting * unit);
      chooseScales(grid, d, targets);
      d = refit(grid, d);
      copyGroups(groups.x, given);
    }
    finish(grid, d);
  }

  // The codes of the whole super-block under grid.
  LATHE_HD LATHE_OUTLINE void code(const Grid& grid, SignedCode* codes) {
    for (int g = teamLane(); g < count; g += teamSize)
      groups.scale[g] = unit > 0.0f ? grid.scale[g / groupsPerRun] / unit : 0.0f;
    if (unit > 0.0f) {
      bestSignedCodes<Format>(codes, groups);
    } else {
      for (int g = teamLane(); g < count; g += teamSize) codes[g] = 0;
      teamSync();
    }
  }

  // values [groupSize] that the code of a group stands for.
  LATHE_HD static void decode(const Grid& grid, int group, SignedCode code, float* values) {
    signedValues<Codebook>(values, code);
    for (int j = 0; j < groupSize; ++j) values[j] *= grid.scale[group / groupsPerRun];
  }

  // Chooses the scale of one run again, for weights that have changed since; d stays. w and importance [runSize].
  LATHE_HD LATHE_OUTLINE static void adjust(Grid& grid, int run, const float* w, const float* importance) {
    constexpr int lanes = 16;
    constexpr int trials = lanes / groupsPerRun;
    const float d = halfToFloat(grid.d);
    if (!(d > 0.0f)) return;
    LATHE_TEAM_SHARED LaneGroups<lanes / wideCount> lanesOfRun;
    loadRun<groupsPerRun>(lanesOfRun, w, importance, 1.0f / d);
    int first = static_cast<int>(grid.scales[run]) - (trials / 2 - 1);
    if (first + trials > Format::mostScale + 1) first = Format::mostScale + 1 - trials;
    if (first < 0) first = 0;
    for (int lane = teamLane(); lane < lanes; lane += teamSize)
      lanesOfRun.scale[lane] = multipleOf<Format>(first + lane / groupsPerRun);
    LATHE_TEAM_SHARED LaneSigns<lanes> signs;
    takeSigns<Format::evenSignCount>(signs, lanesOfRun);
    if (Format::evenSignCount) flip(lanesOfRun, signs.flipped[0]);
    LATHE_TEAM_SHARED float gains[lanes];
    bestGains<Codebook, false>(gains, lanesOfRun);
    float best = 0.0f;
    int chosen = first;
    for (int trial = 0; trial < trials; ++trial) {
      float gain = gains[trial * groupsPerRun];
      for (int i = 1; i < groupsPerRun; ++i) gain += gains[trial * groupsPerRun + i];
      if (trial > 0 && !(gain > best)) continue;
      best = gain;
      chosen = first + trial;
    }
    if (teamLane() == 0) {
      grid.scales[run] = static_cast<uint8_t>(chosen);
      grid.scale[run] = d * multipleOf<Format>(chosen);
    }
    teamSync();
  }

  // For codeRows (group_feedback.h).
  LATHE_HD static void readGrid(float& scale, float&, const Grid& grid, int group) {
    scale = grid.scale[group / groupsPerRun];
  }

  LATHE_HD static void bestCodes(RowCodes<SignedCode>& rows, LaneGroups<1>& given) {
    bestSignedCodes<Format>(rows.code, given);
    for (int part = 0; part < groupSize / Codebook::width; ++part) {
      uint32_t entries[wideCount];
      for (int lane = 0; lane < wideCount; ++lane)
        entries[lane] = Codebook::entry(static_cast<int>(entryOfCode(rows.code[lane], part)));
      for (int i = teamLane(); i < Codebook::width; i += teamSize) {
        const int j = part * Codebook::width + i;
        for (int lane = 0; lane < wideCount; ++lane)
          rows.value[j][lane] = withSign(Codebook::value(entries[lane], i), signsOfCode(rows.code[lane]), j);
      }
    }
    teamSync();
  }

 private:
  LATHE_HD static void copyGroups(float (&to)[groupSize][count], const float (&from)[groupSize][count]) {
    for (int j = 0; j < groupSize; ++j)
      for (int g = teamLane(); g < count; g += teamSize) to[j][g] = from[j][g];
  }

  LATHE_HD static void finish(Grid& grid, uint16_t d) {
    if (teamLane() == 0) grid.d = d;
    for (int k = teamLane(); k < runs; k += teamSize)
      grid.scale[k] = halfToFloat(d) * multipleOf<Format>(grid.scales[k]);
    teamSync();
  }

  // gains [runs] at scales [runs], which the thread of a run reads and writes alone.
  LATHE_HD void measure(float* gains, const float* scales) {
    LATHE_TEAM_SHARED float laneGains[count];
    teamSync();
    for (int g = teamLane(); g < count; g += teamSize) groups.scale[g] = scales[g / groupsPerRun];
    bestGains<Codebook, false>(laneGains, groups);
    for (int k = teamLane(); k < runs; k += teamSize) {
      gains[k] = laneGains[k * groupsPerRun];
      for (int i = 1; i < groupsPerRun; ++i) gains[k] += laneGains[k * groupsPerRun + i];
    }
  }

  LATHE_HD void findTargets(RunTargets<runs>& targets) {
    constexpr int steps = 7;
    constexpr float ratio = 1.16f;
    constexpr float lowest = 0.62f;
    LATHE_TEAM_SHARED float scales[steps][runs];
    LATHE_TEAM_SHARED float gains[steps][runs];
    teamSync();
    for (int k = teamLane(); k < runs; k += teamSize) {
      const float size = runMeasures(targets.energy[k], groups, k * groupsPerRun, groupsPerRun);
      scales[0][k] = lowest * Format::typicalScale * size;
    }
    for (int c = 0; c < steps; ++c) {
      for (int k = teamLane(); c > 0 && k < runs; k += teamSize) scales[c][k] = scales[c - 1][k] * ratio;
      measure(gains[c], scales[c]);
    }
    // Weights that are all of one size are met by the codebook's least values, far from where Gaussian ones are.
    LATHE_TEAM_SHARED float equal[runs];
    LATHE_TEAM_SHARED float equalGains[runs];
    for (int k = teamLane(); k < runs; k += teamSize)
      equal[k] = scales[0][k] / (lowest * Format::typicalScale * static_cast<float>(Codebook::value(0, 0)));
    measure(equalGains, equal);
    for (int k = teamLane(); k < runs; k += teamSize) {
      float curve[steps];
      float greatest = gains[0][k];
      for (int c = 0; c < steps; ++c) {
        curve[c] = gains[c][k];
        greatest = largerOf(greatest, curve[c]);
      }
      targets.scale[k] = equalGains[k] > greatest ? equal[k] : scales[0][k] * peakOf<steps>(curve, ratio);
    }
    teamSync();
  }

  // The best code of each run among the neighbours of its target.
  LATHE_HD void chooseScales(Grid& grid, uint16_t half, const RunTargets<runs>& targets) {
    const float d = halfToFloat(half) / unit;
    LATHE_TEAM_SHARED float best[runs];
    LATHE_TEAM_SHARED float scales[runs];
    LATHE_TEAM_SHARED float gains[runs];
    LATHE_TEAM_SHARED int codes[runs];
    for (int step = 0; step < 3; ++step) {
      for (int k = teamLane(); k < runs; k += teamSize) {
        const float asked = (targets.scale[k] / d - Format::firstMultiple) / Format::multipleStep;
        codes[k] = neighbour(asked, Format::mostScale, step);
        scales[k] = d * multipleOf<Format>(codes[k]);
      }
      measure(gains, scales);
      for (int k = teamLane(); k < runs; k += teamSize) {
        if (step > 0 && !(gains[k] > best[k])) continue;
        best[k] = gains[k];
        grid.scales[k] = static_cast<uint8_t>(codes[k]);
      }
    }
    teamSync();
  }

  // d to the codes by least squares.
  LATHE_HD uint16_t refit(const Grid& grid, uint16_t half) {
    const float d = halfToFloat(half) / unit;
    for (int g = teamLane(); g < count; g += teamSize)
      groups.scale[g] = d * multipleOf<Format>(grid.scales[g / groupsPerRun]);
    LATHE_TEAM_SHARED LaneChoices<superBundles> choices;
    bestEntries<Codebook, false>(choices, groups);
    LATHE_TEAM_SHARED float values[groupSize][count];
    entryValues<Codebook, superBundles>(values, choices);
    LATHE_TEAM_SHARED float multiples[count];
    for (int g = teamLane(); g < count; g += teamSize) multiples[g] = multipleOf<Format>(grid.scales[g / groupsPerRun]);
    return refittedSuperScale(half, unit, groups, values, multiples);
  }
};

LATHE_END

#endif
