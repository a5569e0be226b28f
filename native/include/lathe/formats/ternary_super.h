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

  LATHE_HD LATHE_OUTLINE TernarySuperFit(const float* w, const float* importance) {
    unit = loadSuper(groups, w, importance);
    setShift(ternaryShift);
  }

  // Chooses grid and the shifts; thorough: the neighbours of each s_k are tried too.
  LATHE_HD LATHE_OUTLINE void choose(Grid& grid, bool thorough) {
    grid.d = 0;
    for (int k = 0; k < runs; ++k) grid.scales[k] = grid.negative[k] = 0;
    if (unit > 0.0f) {
      RunTargets<runs> targets;
      findTargets(targets);
      grid.d = nonZeroHalf(fittingSuperScale<runs>(targets, 1.0f, 2.0f, mostScale) * unit);
      chooseScales(grid, targets, thorough ? 3 : 1);
      refit(grid);
    }
    for (int k = 0; k < runs; ++k) {
      grid.scale[k] = halfToFloat(grid.d) * multipleOf(grid.scales[k]);
      grid.negative[k] = groups.shift[k * groupsPerRun] < 0.0f;
    }
  }

  // The codes of the whole super-block: those that the grid chosen last was fitted to.
  LATHE_HD void code(const Grid&, TernaryCode* codes) const {
    for (int g = 0; g < count; ++g) {
      const int negative = groups.shift[g] < 0.0f ? negativeShift : 0;
      codes[g] = unit > 0.0f ? static_cast<TernaryCode>(static_cast<int>(choices.entry[0][g]) | negative) : 0;
    }
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
    LaneChoices<1> choices;
    if (Format::shiftOfGroup) {
      for (int lane = 0; lane < wideCount; ++lane) given.shift[lane] = -ternaryShift;
      LaneChoices<1> negative;
      bestEntries<Iq1Codebook, true>(negative, given);
      for (int lane = 0; lane < wideCount; ++lane) given.shift[lane] = ternaryShift;
      bestEntries<Iq1Codebook, true>(choices, given);
      for (int lane = 0; lane < wideCount; ++lane) {
        if (!(choices.gain[lane] < negative.gain[lane])) continue;
        choices.entry[0][lane] = negative.entry[0][lane];
        given.shift[lane] = -ternaryShift;
      }
    } else {
      bestEntries<Iq1Codebook, true>(choices, given);
    }
    entryValues<Iq1Codebook, 1>(rows.value, choices);
    for (int lane = 0; lane < wideCount; ++lane) {
      const int negative = given.shift[lane] < 0.0f ? negativeShift : 0;
      rows.code[lane] = static_cast<TernaryCode>(static_cast<int>(choices.entry[0][lane]) | negative);
      for (int j = 0; j < groupSize; ++j) rows.value[j][lane] += given.shift[lane];
    }
  }

 private:
  LATHE_HD static float multipleOf(int scaleCode) { return static_cast<float>(2 * scaleCode + 1); }

  LATHE_HD void setShift(float shift) {
    for (int g = 0; g < count; ++g) groups.shift[g] = shift;
  }

  LATHE_HD void setScales(const float* scales) {
    for (int g = 0; g < count; ++g) groups.scale[g] = scales[g / groupsPerRun];
  }

  // Sums of lanes over runs.
  LATHE_HD static void sumRuns(float* sums, const float* laneValues) {
    for (int k = 0; k < runs; ++k) {
      sums[k] = laneValues[k * groupsPerRun];
      for (int i = 1; i < groupsPerRun; ++i) sums[k] += laneValues[k * groupsPerRun + i];
    }
  }

  // What digits free of the codebook gain, per group.
  LATHE_HD void freeGains(float* gains) const {
    for (int lane = 0; lane < count; lane += wideCount) {
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
    float positive[count];
    float negative[count];
    setShift(ternaryShift);
    measure(positive);
    setShift(-ternaryShift);
    measure(negative);
    if (!Format::shiftOfGroup) {
      sumGroups(positive);
      sumGroups(negative);
    }
    for (int g = 0; g < count; ++g) {
      shifts[g] = positive[g] < negative[g] ? -ternaryShift : ternaryShift;
      positive[g] = positive[g] < negative[g] ? negative[g] : positive[g];
    }
    if (Format::shiftOfGroup) sumGroups(positive);
    for (int k = 0; k < runs; ++k) gains[k] = positive[k * groupsPerRun];
  }

  // Every group gets the sum of its run.
  LATHE_HD static void sumGroups(float* laneValues) {
    float sums[runs];
    sumRuns(sums, laneValues);
    for (int g = 0; g < count; ++g) laneValues[g] = sums[g / groupsPerRun];
  }

  LATHE_HD void findTargets(RunTargets<runs>& targets) {
    constexpr int steps = 9;
    constexpr float ratio = 1.12f;
    constexpr float typicalScale = 1.1f;
    float scales[steps][runs];
    float gains[steps][runs];
    float shifts[count];
    for (int k = 0; k < runs; ++k) scales[0][k] = 0.635f * typicalScale * rootMeanSquare(targets.energy[k], k);
    for (int c = 0; c < steps; ++c) {
      for (int k = 0; c > 0 && k < runs; ++k) scales[c][k] = scales[c - 1][k] * ratio;
      setScales(scales[c]);
      gainsOfShifts(gains[c], shifts, [&](float* laneGains) { freeGains(laneGains); });
    }
    for (int k = 0; k < runs; ++k) {
      float curve[steps];
      for (int c = 0; c < steps; ++c) curve[c] = gains[c][k];
      targets.scale[k] = scales[0][k] * peakOf<steps>(curve, ratio);
    }
  }

  LATHE_HD float rootMeanSquare(float& energy, int run) const {
    return runMeasures(energy, groups, run * groupsPerRun, groupsPerRun);
  }

  LATHE_HD void chooseScales(Grid& grid, const RunTargets<runs>& targets, int trials) {
    const float d = halfToFloat(grid.d) / unit;
    float best[runs];
    float chosen[count];
    for (int trial = 0; trial < trials; ++trial) {
      float scales[runs];
      float gains[runs];
      float shifts[count];
      int codes[runs];
      for (int k = 0; k < runs; ++k) {
        codes[k] = neighbour(0.5f * (targets.scale[k] / d - 1.0f), mostScale, trial);
        scales[k] = d * multipleOf(codes[k]);
      }
      setScales(scales);
      gainsOfShifts(gains, shifts, [&](float* laneGains) { bestGains<Iq1Codebook, true>(laneGains, groups); });
      for (int k = 0; k < runs; ++k) {
        if (trial > 0 && !(gains[k] > best[k])) continue;
        best[k] = gains[k];
        grid.scales[k] = static_cast<uint8_t>(codes[k]);
        for (int g = k * groupsPerRun; g < (k + 1) * groupsPerRun; ++g) chosen[g] = shifts[g];
      }
    }
    for (int g = 0; g < count; ++g) groups.shift[g] = chosen[g];
  }

  // d to the codes by least squares.
  LATHE_HD void refit(Grid& grid) {
    const float d = halfToFloat(grid.d) / unit;
    for (int g = 0; g < count; ++g) groups.scale[g] = d * multipleOf(grid.scales[g / groupsPerRun]);
    bestEntries<Iq1Codebook, true>(choices, groups);
    float values[groupSize][count];
    entryValues<Iq1Codebook, superBundles>(values, choices);
    for (int j = 0; j < groupSize; ++j)
      for (int g = 0; g < count; ++g) values[j][g] += groups.shift[g];
    float multiples[count];
    for (int g = 0; g < count; ++g) multiples[g] = multipleOf(grid.scales[g / groupsPerRun]);
    grid.d = refittedSuperScale(grid.d, unit, groups, values, multiples);
  }
};

LATHE_END

#endif
