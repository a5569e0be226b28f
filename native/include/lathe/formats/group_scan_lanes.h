// The scan of group_search.h on a CPU: a lane is a group, and one thread goes through the points.
#ifndef LATHE_FORMATS_GROUP_SCAN_LANES_H
#define LATHE_FORMATS_GROUP_SCAN_LANES_H

#include "lathe/formats/codebook_maxima.h"
#include "lathe/formats/lane_groups.h"

LATHE_BEGIN

// Sums over first halves, with their maxima; and over second halves, of which each is needed once, so without their
// last coordinate, whose terms stand apart.
template <class Codebook, int bundles>
struct HalfTables {
  static constexpr int highCount = Codebook::halfCount / Codebook::levels;
  WideLanes low[bundles][maximaOf<Codebook>.slots];
  WideLanes high[bundles][highCount];
  WideLanes last[bundles][Codebook::levels];

  WideLanes highOf(int bundle, int half) const {
    return high[bundle][half % highCount] + last[bundle][half / highCount];
  }
};

// Sums over `coordinates` of them from `first` on, for all combinations of levels, of the groups of one bundle.
template <class Codebook, bool shifted, int coordinates, int bundles>
inline void tabulateSums(WideLanes* table, const LaneGroups<bundles>& groups, int first, int bundle) {
  constexpr int levels = Codebook::levels;
  const int lane = bundle * wideCount;
  const WideLanes scale = loadWide(groups.scale + lane);
  int count = 1;
  for (int j = first; j < first + coordinates; ++j) {
    const WideLanes weighted = loadWide(groups.p[j] + lane) * scale;
    const WideLanes linear = 2.0f * (weighted * loadWide(groups.x[j] + lane));
    const WideLanes quadratic = weighted * scale;
    WideLanes terms[levels];
    for (int level = 0; level < levels; ++level) {
      // A point with the same level everywhere has its value in any coordinate.
      const float constant = static_cast<float>(Codebook::value(static_cast<uint32_t>(level), 0));
      WideLanes value = wide(constant);
      if (shifted) value = value + loadWide(groups.shift + lane);
      terms[level] = value * (linear - quadratic * value);
    }
    if (j == first) {
      for (int level = 0; level < levels; ++level) table[level] = terms[level];
    } else {
      for (int i = 0; i < count; ++i) {
        const WideLanes sum = table[i];
        for (int level = 0; level < levels; ++level) table[level * count + i] = sum + terms[level];
      }
    }
    count *= levels;
  }
}

template <class Codebook, bool shifted, int bundles>
inline void tabulate(HalfTables<Codebook, bundles>& tables, const LaneGroups<bundles>& groups, int part) {
  constexpr int halfWidth = Codebook::halfWidth;
  const auto& maxima = maximaOf<Codebook>;
  const int first = part * Codebook::width;
  const int last = first + Codebook::width - 1;
  for (int b = 0; b < bundles; ++b) {
    WideLanes* low = tables.low[b];
    tabulateSums<Codebook, shifted, halfWidth>(low, groups, first, b);
    tabulateSums<Codebook, shifted, halfWidth - 1>(tables.high[b], groups, first + halfWidth, b);
    tabulateSums<Codebook, shifted, 1>(tables.last[b], groups, last, b);
    WideLanes* next = low + Codebook::halfCount;
    for (const auto& pair : maxima.pairs) *next++ = larger(low[pair[0]], low[pair[1]]);
  }
}

// The gain of the best point and, where wanted, its second half, per lane; of equals the first. (Rounding keeps the
// order, so the greatest sum over the first half gives the greatest sum over both.)
template <class Codebook, bool wanted, int bundles>
inline void scanHalves(WideLanes* best, WideLanes* half, const HalfTables<Codebook, bundles>& tables) {
  const auto& maxima = maximaOf<Codebook>;
  static_assert(maxima.together == 2, "one for each chain of comparisons");
  const uint8_t* partners = maxima.partners;
  for (int b = 0; b < bundles; ++b) {
    best[b] = wide(-3e38f);
    if (wanted) half[b] = wide(0.0f);
  }
  for (int s = 0; s < maxima.secondCount; ++s) {
    const auto& second = maxima.seconds[s];
    WideLanes greatest[2][bundles];  // chains that do not wait for each other
    for (int i = 0; i < 2; ++i)
      for (int b = 0; b < bundles; ++b) greatest[i][b] = tables.low[b][partners[i]];
    partners += 2;
    for (int round = 1; round < second.rounds; ++round, partners += 2) {
      for (int i = 0; i < 2; ++i)
        for (int b = 0; b < bundles; ++b) greatest[i][b] = larger(tables.low[b][partners[i]], greatest[i][b]);
    }
    for (int b = 0; b < bundles; ++b) {
      const WideLanes gain = larger(greatest[0][b], greatest[1][b]) + tables.highOf(b, second.half);
      if (wanted) half[b] = selectLess(best[b], gain, wide(static_cast<float>(second.half)), half[b]);
      best[b] = larger(gain, best[b]);
    }
  }
}

template <class Codebook, bool shifted, int bundles>
LATHE_OUTLINE inline void bestGains(float* gains, const LaneGroups<bundles>& groups) {
  HalfTables<Codebook, bundles> tables;
  for (int part = 0; part < groupSize / Codebook::width; ++part) {
    tabulate<Codebook, shifted, bundles>(tables, groups, part);
    WideLanes best[bundles];
    scanHalves<Codebook, false, bundles>(best, nullptr, tables);
    for (int b = 0; b < bundles; ++b) {
      float* found = gains + b * wideCount;
      storeWide(found, part == 0 ? best[b] : best[b] + loadWide(found));
    }
  }
}

// The best points: of those with the second half that was found, the first with its gain.
template <class Codebook, int bundles>
inline void findEntries(WideLanes* best, float* entries, const HalfTables<Codebook, bundles>& tables) {
  const auto& halves = Codebook::halves();
  WideLanes half[bundles];
  scanHalves<Codebook, true, bundles>(best, half, tables);
  for (int b = 0; b < bundles; ++b) {
    float gains[wideCount];
    float seconds[wideCount];
    storeWide(gains, best[b]);
    storeWide(seconds, half[b]);
    for (int lane = 0; lane < wideCount; ++lane) {
      const int h = static_cast<int>(seconds[lane]);
      const float high = laneOf(tables.highOf(b, h), lane);
      int e = halves.first[h];
      while (e + 1 < halves.first[h + 1] && laneOf(tables.low[b][halves.low[e]], lane) + high != gains[lane]) ++e;
      entries[b * wideCount + lane] = static_cast<float>(e);
    }
  }
}

// The best points, per lane; the first of equals.
template <class Codebook, bool shifted, int bundles>
LATHE_OUTLINE inline void bestEntries(LaneChoices<bundles>& choices, const LaneGroups<bundles>& groups) {
  HalfTables<Codebook, bundles> tables;
  for (int part = 0; part < groupSize / Codebook::width; ++part) {
    tabulate<Codebook, shifted, bundles>(tables, groups, part);
    WideLanes best[bundles];
    findEntries<Codebook, bundles>(best, choices.entry[part], tables);
    for (int b = 0; b < bundles; ++b) {
      float* gain = choices.gain + b * wideCount;
      storeWide(gain, part == 0 ? best[b] : best[b] + loadWide(gain));
    }
  }
}

LATHE_END

#endif
