// Super-blocks of 256 weights, w = d * (2 s_k + 1) * (t + delta), with the digits t of 8 weights from a codebook and
// delta = 1/8 or -1/8, for a run of weights (IQ1_S) or for every group of 8 (IQ1_M).
//
// A run's target scale is where digits that were free of the codebook would gain most, times what the codebook takes
// off on average. d is chosen as in signed_super.h; then every s_k and delta is the best of the target's neighbours,
// with the gain measured over all points of the codebook, and d is refitted to the codes in closed form.
#ifndef LATHE_FORMATS_TERNARY_SUPER_H
#define LATHE_FORMATS_TERNARY_SUPER_H

#include "lathe/formats/signed_super.h"

LATHE_BEGIN

constexpr float ternaryShift = 0.125f;

// The code of 8 weights: the entry, and bit 11: delta is negative (IQ1_M; IQ1_S has it in the grid).
using TernaryCode = uint16_t;
constexpr TernaryCode negativeShift = 1u << 11;

LATHE_HD inline float shiftOfCode(TernaryCode code) { return code & negativeShift ? -ternaryShift : ternaryShift; }

template <int runs>
struct TernaryGrid {
  uint16_t d;              // F16 scale of scales
  uint8_t scales[runs];    // s_k
  uint8_t negative[runs];  // 1: delta < 0 (IQ1_S)
  float scale[runs];       // d * (2 s_k + 1)
};

// A Format has: runSize (weights that share s_k), shiftOfGroup (delta is a group's own).
template <class Format>
struct TernarySuperFit {
  static constexpr int runs = superSize / Format::runSize;
  static constexpr int groupsPerRun = Format::runSize / groupSize;
  static constexpr int count = superSize / groupSize;
  static constexpr int mostScale = 7;
  static constexpr bool adjusts = false;  // was tried, and errors on other text were as often larger as smaller
  using Grid = TernaryGrid<runs>;

  LaneGroups<superBundles> groups;  // shift: as chosen so far
  LaneChoices<superBundles> choices;
  float unit;

  LATHE_HD LATHE_OUTLINE void begin(const float* w, const float* importance) {
    const float loaded = loadSuper(groups, w, importance);
    if (teamLane() == 0) unit = loaded;
    setShift(ternaryShift);
    teamSync();
  }

  // Chooses grid and the shifts; thorough: the neighbours of each s_k are tried too.
  LATHE_HD LATHE_OUTLINE void choose(Grid& grid, bool thorough) {
    uint16_t d = 0;
    for (int k = teamLane(); k < runs; k += teamSize) grid.scales[k] = 0;
    if (unit > 0.0f) {
      LATHE_TEAM_SHARED RunTargets<runs> targets;
      findTargets(targets);
      d = nonZeroHalf(fittingSuperScale<runs>(targets, 1.0f, 2.0f, mostScale) * unit);
      chooseScales(grid, d, targets, thorough ? 3 : 1);
      d = refit(grid, d);
    }
    if (teamLane() == 0) grid.d = d;
    for (int k = teamLane(); k < runs; k += teamSize) {
      grid.scale[k] = halfToFloat(d) * multipleOf(grid.scales[k]);
      grid.negative[k] = groups.shift[k * groupsPerRun] < 0.0f;
    }
    teamSync();
  }

  // The codes of the whole super-block: those that the grid chosen last was fitted to.
  LATHE_HD void code(const Grid&, TernaryCode* codes) const {
    for (int g = teamLane(); g < count; g += teamSize) {
      const int negative = groups.shift[g] < 0.0f ? negativeShift : 0;
      codes[g] = unit > 0.0f ? static_cast<TernaryCode>(static_cast<int>(choices.entry[0][g]) | negative) : 0;
    }
    teamSync();
  }

  // values [groupSize] that the code of a group stands for.
  LATHE_HD static void decode(const Grid& grid, int group, TernaryCode code, float* values) {
    float scale;
    float shift;
    readGrid(scale, shift, grid, group);
    if (Format::shiftOfGroup) shift = shiftOfCode(code);
    const uint32_t entry = Iq1Codebook::entry(code & 2047);
    for (int j = 0; j < groupSize; ++j) values[j] = scale * (static_cast<float>(iq1Digit(entry, j)) + shift);
  }

  // For codeRows (group_feedback.h).
  LATHE_HD static void readGrid(float& scale, float& shift, const Grid& grid, int group) {
    const int run = group / groupsPerRun;
    scale = grid.scale[run];
    shift = grid.negative[run] ? -ternaryShift : ternaryShift;
  }

  LATHE_HD static void bestCodes(RowCodes<TernaryCode>& rows, LaneGroups<1>& given) {
    LATHE_TEAM_SHARED LaneChoices<1> choices;
    if (Format::shiftOfGroup) {
      for (int lane = teamLane(); lane < wideCount; lane += teamSize) given.shift[lane] = -ternaryShift;
      LATHE_TEAM_SHARED LaneChoices<1> negative;
      bestEntries<Iq1Codebook, true>(negative, given);
      for (int lane = teamLane(); lane < wideCount; lane += teamSize) given.shift[lane] = ternaryShift;
      bestEntries<Iq1Codebook, true>(choices, given);
      for (int lane = teamLane(); lane < wideCount; lane += teamSize) {
        if (!(choices.gain[lane] < negative.gain[lane])) continue;
        choices.entry[0][lane] = negative.entry[0][lane];
        given.shift[lane] = -ternaryShift;
      }
    } else {
      bestEntries<Iq1Codebook, true>(choices, given);
    }
    entryValues<Iq1Codebook, 1>(rows.value, choices);
    for (int lane = teamLane(); lane < wideCount; lane += teamSize) {
      const int negative = given.shift[lane] < 0.0f ? negativeShift : 0;
      rows.code[lane] = static_cast<TernaryCode>(static_cast<int>(choices.entry[0][lane]) | negative);
      for (int j = 0; j < groupSize; ++j) rows.value[j][lane] += given.shift[lane];
    }
    teamSync();
  }

 private:
  LATHE_HD static float multipleOf(int scaleCode) { return static_cast<float>(2 * scaleCode + 1); }

  LATHE_HD void setShift(float shift) {
    for (int g = teamLane(); g < count; g += teamSize) groups.shift[g] = shift;
  }

  LATHE_HD void setScales(const float* scales) {
    for (int g = teamLane(); g < count; g += teamSize) groups.scale[g] = scales[g / groupsPerRun];
  }

  // What digits free of the codebook gain, per group.
  LATHE_HD void freeGains(float* gains) const {
    for (int lane = teamLane() * wideCount; lane < count; lane += teamSize * wideCount) {
      const WideLanes scale = loadWide(groups.scale + lane);
      const WideLanes shift = loadWide(groups.shift + lane);
      WideLanes sum = wide(0.0f);
      for (int j = 0; j < groupSize; ++j) {
        const WideLanes weighted = loadWide(groups.p[j] + lane) * scale;
        const WideLanes linear = 2.0f * (weighted * loadWide(groups.x[j] + lane));
        const WideLanes quadratic = weighted * scale;
        const WideLanes low = shift - 1.0f;
        const WideLanes high = shift + 1.0f;
        const WideLanes outer = larger(low * (linear - quadratic * low), high * (linear - quadratic * high));
        sum = sum + larger(shift * (linear - quadratic * shift), outer);
      }
      storeWide(gains + lane, sum);
    }
  }

  // The better delta's gain of every run: per run, or the sum over groups that each have their own.
  template <class Measure>
  LATHE_HD void gainsOfShifts(float* gains, float* shifts, Measure measure) {
    LATHE_TEAM_SHARED float positive[count];
    LATHE_TEAM_SHARED float negative[count];
    setShift(ternaryShift);
    measure(positive);
    setShift(-ternaryShift);
    measure(negative);
    if (!Format::shiftOfGroup) {
      sumGroups(positive);
      sumGroups(negative);
    }
    teamSync();
    for (int g = teamLane(); g < count; g += teamSize) {
      shifts[g] = positive[g] < negative[g] ? -ternaryShift : ternaryShift;
      positive[g] = positive[g] < negative[g] ? negative[g] : positive[g];
    }
    if (Format::shiftOfGroup) sumGroups(positive);
    teamSync();
    for (int k = teamLane(); k < runs; k += teamSize) gains[k] = positive[k * groupsPerRun];
  }

  // Every group gets the sum of its run.
  LATHE_HD static void sumGroups(float* laneValues) {
    teamSync();
    for (int k = teamLane(); k < runs; k += teamSize) {
      float sum = laneValues[k * groupsPerRun];
      for (int i = 1; i < groupsPerRun; ++i) sum += laneValues[k * groupsPerRun + i];
      for (int i = 0; i < groupsPerRun; ++i) laneValues[k * groupsPerRun + i] = sum;
    }
  }

  LATHE_HD void findTargets(RunTargets<runs>& targets) {
    constexpr int steps = 9;
    constexpr float ratio = 1.12f;
    constexpr float typicalScale = 1.1f;
    LATHE_TEAM_SHARED float scales[steps][runs];
    LATHE_TEAM_SHARED float gains[steps][runs];
    LATHE_TEAM_SHARED float shifts[count];
    for (int k = teamLane(); k < runs; k += teamSize)
      scales[0][k] = 0.635f * typicalScale * runMeasures(targets.energy[k], groups, k * groupsPerRun, groupsPerRun);
    for (int c = 0; c < steps; ++c) {
      for (int k = teamLane(); c > 0 && k < runs; k += teamSize) scales[c][k] = scales[c - 1][k] * ratio;
      teamSync();
      setScales(scales[c]);
      gainsOfShifts(gains[c], shifts, [&](float* laneGains) { freeGains(laneGains); });
    }
    for (int k = teamLane(); k < runs; k += teamSize) {
      float curve[steps];
      for (int c = 0; c < steps; ++c) curve[c] = gains[c][k];
      targets.scale[k] = scales[0][k] * peakOf<steps>(curve, ratio);
    }
    teamSync();
  }

  LATHE_HD void chooseScales(Grid& grid, uint16_t half, const RunTargets<runs>& targets, int trials) {
    const float d = halfToFloat(half) / unit;
    LATHE_TEAM_SHARED float best[runs];
    LATHE_TEAM_SHARED float chosen[count];
    LATHE_TEAM_SHARED float scales[runs];
    LATHE_TEAM_SHARED float gains[runs];
    LATHE_TEAM_SHARED float shifts[count];
    LATHE_TEAM_SHARED int codes[runs];
    for (int trial = 0; trial < trials; ++trial) {
      for (int k = teamLane(); k < runs; k += teamSize) {
        codes[k] = neighbour(0.5f * (targets.scale[k] / d - 1.0f), mostScale, trial);
        scales[k] = d * multipleOf(codes[k]);
      }
      teamSync();
      setScales(scales);
      gainsOfShifts(gains, shifts, [&](float* laneGains) { bestGains<Iq1Codebook, true>(laneGains, groups); });
      for (int k = teamLane(); k < runs; k += teamSize) {
        if (trial > 0 && !(gains[k] > best[k])) continue;
        best[k] = gains[k];
        grid.scales[k] = static_cast<uint8_t>(codes[k]);
        for (int g = k * groupsPerRun; g < (k + 1) * groupsPerRun; ++g) chosen[g] = shifts[g];
      }
    }
    teamSync();
    for (int g = teamLane(); g < count; g += teamSize) groups.shift[g] = chosen[g];
  }

  // d to the codes by least squares.
  LATHE_HD uint16_t refit(const Grid& grid, uint16_t half) {
    const float d = halfToFloat(half) / unit;
    for (int g = teamLane(); g < count; g += teamSize) groups.scale[g] = d * multipleOf(grid.scales[g / groupsPerRun]);
    bestEntries<Iq1Codebook, true>(choices, groups);
    LATHE_TEAM_SHARED float values[groupSize][count];
    entryValues<Iq1Codebook, superBundles>(values, choices);
    for (int j = 0; j < groupSize; ++j)
      for (int g = teamLane(); g < count; g += teamSize) values[j][g] += groups.shift[g];
    LATHE_TEAM_SHARED float multiples[count];
    for (int g = teamLane(); g < count; g += teamSize) multiples[g] = multipleOf(grid.scales[g / groupsPerRun]);
    return refittedSuperScale(half, unit, groups, values, multiples);
  }
};

LATHE_END

#endif
