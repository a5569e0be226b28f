// The scan of group_search.h on a CPU: a lane is a group, and one thread goes through the points.
#ifndef LATHE_FORMATS_GROUP_SCAN_LANES_H
#define LATHE_FORMATS_GROUP_SCAN_LANES_H

#include "lathe/formats/lane_groups.h"

LATHE_BEGIN

template <class Codebook, int bundles>
struct HalfTables {
  WideLanes low[Codebook::halfCount * bundles];
  WideLanes high[Codebook::halfCount * bundles];
};

// Sums over halfWidth coordinates from `first` on, for all combinations of levels, of the groups of one bundle.
// table has a stride of `bundles`.
template <class Codebook, bool shifted, int bundles>
inline void tabulateHalf(WideLanes* table, const LaneGroups<bundles>& groups, int first, int bundle) {
  constexpr int levels = Codebook::levels;
  const int lane = bundle * wideCount;
  const WideLanes scale = loadWide(groups.scale + lane);
  int count = 1;
  for (int j = 0; j < Codebook::halfWidth; ++j) {
    const WideLanes weighted = loadWide(groups.p[first + j] + lane) * scale;
    const WideLanes linear = 2.0f * (weighted * loadWide(groups.x[first + j] + lane));
    const WideLanes quadratic = weighted * scale;
    for (int level = levels - 1; level >= 0; --level) {
      // A point with the same level everywhere has its value in any coordinate.
      const float constant = static_cast<float>(Codebook::value(static_cast<uint32_t>(level), 0));
      WideLanes value = wide(constant);
      if (shifted) value = value + loadWide(groups.shift + lane);
      const WideLanes term = value * (linear - quadratic * value);
      for (int i = 0; i < count; ++i) table[(level * count + i) * bundles] = j == 0 ? term : table[i * bundles] + term;
    }
    count *= levels;
  }
}

template <class Codebook, bool shifted, int bundles>
inline void tabulate(HalfTables<Codebook, bundles>& tables, const LaneGroups<bundles>& groups, int part) {
  for (int b = 0; b < bundles; ++b) {
    const int first = part * Codebook::width;
    tabulateHalf<Codebook, shifted, bundles>(tables.low + b, groups, first, b);
    tabulateHalf<Codebook, shifted, bundles>(tables.high + b, groups, first + Codebook::halfWidth, b);
  }
}

// Chains of comparisons that do not wait for each other.
template <int bundles>
constexpr int chainCount() {
  return bundles == 1 ? 4 : 2;
}

// The gain of the best point, per lane. Of the points that share their second half, the best is that with the greatest
// sum over the first: where there are many, that saves their additions.
template <class Codebook, int bundles>
inline void scanByHalves(WideLanes* best, const HalfTables<Codebook, bundles>& tables) {
  const auto& halves = Codebook::halves();
  const uint8_t* partners = halves.partners;
  for (int b = 0; b < bundles; ++b) best[b] = wide(-3e38f);
  for (int h = 0; h < Codebook::halfCount; ++h) {
    WideLanes greatest[2][bundles];
    for (int b = 0; b < bundles; ++b) greatest[0][b] = greatest[1][b] = wide(-3e38f);
    for (int four = halves.fours[h]; four > 0; --four, partners += 4) {
      for (int i = 0; i < 4; ++i) {
        const WideLanes* low = tables.low + partners[i] * bundles;
        for (int b = 0; b < bundles; ++b) greatest[i % 2][b] = larger(low[b], greatest[i % 2][b]);
      }
    }
    for (int b = 0; b < bundles; ++b) {
      const WideLanes gain = larger(greatest[0][b], greatest[1][b]) + tables.high[h * bundles + b];
      best[b] = larger(gain, best[b]);
    }
  }
}

// The same, point by point.
template <class Codebook, int bundles>
inline void scanByPoints(WideLanes* best, const HalfTables<Codebook, bundles>& tables) {
  constexpr int chains = chainCount<bundles>();
  const auto& halves = Codebook::halves();
  WideLanes found[chains][bundles];
  for (int c = 0; c < chains; ++c)
    for (int b = 0; b < bundles; ++b) found[c][b] = wide(-3e38f);
  for (int e = 0; e < Codebook::entries; e += chains) {
    for (int c = 0; c < chains; ++c) {
      const WideLanes* low = tables.low + halves.low[e + c] * bundles;
      const WideLanes* high = tables.high + halves.high[e + c] * bundles;
      for (int b = 0; b < bundles; ++b) found[c][b] = larger(low[b] + high[b], found[c][b]);
    }
  }
  for (int b = 0; b < bundles; ++b) {
    best[b] = found[0][b];
    for (int c = 1; c < chains; ++c) best[b] = larger(found[c][b], best[b]);
  }
}

template <class Codebook, bool shifted, int bundles>
LATHE_OUTLINE inline void bestGains(float* gains, const LaneGroups<bundles>& groups) {
  constexpr bool byHalves = Codebook::entries > 8 * Codebook::halfCount;
  HalfTables<Codebook, bundles> tables;
  for (int part = 0; part < groupSize / Codebook::width; ++part) {
    tabulate<Codebook, shifted, bundles>(tables, groups, part);
    WideLanes best[bundles];
    if (byHalves)
      scanByHalves(best, tables);
    else
      scanByPoints(best, tables);
    for (int b = 0; b < bundles; ++b) {
      float* found = gains + b * wideCount;
      storeWide(found, part == 0 ? best[b] : best[b] + loadWide(found));
    }
  }
}

// The best points, per lane; the first of equals.
template <class Codebook, bool shifted, int bundles>
LATHE_OUTLINE inline void bestEntries(LaneChoices<bundles>& choices, const LaneGroups<bundles>& groups) {
  constexpr int chains = chainCount<bundles>();
  const auto& halves = Codebook::halves();
  HalfTables<Codebook, bundles> tables;
  for (int part = 0; part < groupSize / Codebook::width; ++part) {
    tabulate<Codebook, shifted, bundles>(tables, groups, part);
    WideLanes best[chains][bundles];
    WideLanes index[chains][bundles];
    for (int c = 0; c < chains; ++c) {
      for (int b = 0; b < bundles; ++b) {
        best[c][b] = wide(-3e38f);
        index[c][b] = wide(static_cast<float>(c));
      }
    }
    for (int e = 0; e < Codebook::entries; e += chains) {
      for (int c = 0; c < chains; ++c) {
        const WideLanes* low = tables.low + halves.low[e + c] * bundles;
        const WideLanes* high = tables.high + halves.high[e + c] * bundles;
        const WideLanes here = wide(static_cast<float>(e + c));
        for (int b = 0; b < bundles; ++b) {
          const WideLanes gain = low[b] + high[b];
          index[c][b] = selectLess(best[c][b], gain, here, index[c][b]);
          best[c][b] = larger(gain, best[c][b]);
        }
      }
    }
    for (int b = 0; b < bundles; ++b) {
      for (int c = 1; c < chains; ++c) {
        // Where gains are equal, the lower index counts.
        const WideLanes lower = selectLess(index[c][b], index[0][b], index[c][b], index[0][b]);
        const WideLanes atLeast = selectLess(best[c][b], best[0][b], index[0][b], lower);
        index[0][b] = selectLess(best[0][b], best[c][b], index[c][b], atLeast);
        best[0][b] = larger(best[c][b], best[0][b]);
      }
      float* gain = choices.gain + b * wideCount;
      storeWide(gain, part == 0 ? best[0][b] : best[0][b] + loadWide(gain));
      storeWide(choices.entry[part] + b * wideCount, index[0][b]);
    }
  }
}

LATHE_END

#endif
