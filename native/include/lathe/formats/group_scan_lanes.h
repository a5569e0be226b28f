// The scan of group_search.h on a CPU: a lane is a group, and one thread goes through the points.
#ifndef LATHE_FORMATS_GROUP_SCAN_LANES_H
#define LATHE_FORMATS_GROUP_SCAN_LANES_H

#include "lathe/formats/lane_groups.h"

LATHE_BEGIN

// Where points are many for each second half, and are looked through by halves. Measured: with IQ2_XS's 6.3 that is
// faster than point by point, with IQ3_XXS's 4 it is not.
template <class Codebook>
constexpr bool scansByHalves = Codebook::entries > 6 * Codebook::halfCount;

// Scans by halves take each second half once. So the sums over them are not stored, but `high` without their last
// coordinate, and that coordinate's terms.
template <class Codebook, int bundles>
struct HalfTables {
  static constexpr int highCount =
      scansByHalves<Codebook> ? Codebook::halfCount / Codebook::levels : Codebook::halfCount;
  WideLanes low[bundles][Codebook::halfCount];
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
  const int low = part * Codebook::width;
  const int high = low + halfWidth;
  for (int b = 0; b < bundles; ++b) {
    tabulateSums<Codebook, shifted, halfWidth>(tables.low[b], groups, low, b);
    if constexpr (scansByHalves<Codebook>) {
      tabulateSums<Codebook, shifted, halfWidth - 1>(tables.high[b], groups, high, b);
      tabulateSums<Codebook, shifted, 1>(tables.last[b], groups, high + halfWidth - 1, b);
    } else {
      tabulateSums<Codebook, shifted, halfWidth>(tables.high[b], groups, high, b);
    }
  }
}

// Chains of comparisons that do not wait for each other.
template <int bundles>
constexpr int chainCount() {
  return bundles == 1 ? 4 : 2;
}

// The gain of the best point and, where wanted, its second half, per lane; of equals the first. Of the points that
// share their second half, the best is that with the greatest sum over the first: where there are many, that saves
// their additions. (Rounding keeps the order, so the sum of the greatest is the greatest sum.)
template <class Codebook, bool wanted, int bundles>
inline void scanByHalves(WideLanes* best, WideLanes* half, const HalfTables<Codebook, bundles>& tables) {
  const auto& halves = Codebook::halves();
  static_assert(sizeof(WideLanes) == static_cast<size_t>(halves.stride), "partners are offsets in bytes");
  const uint16_t* partners = halves.partners;
  for (int b = 0; b < bundles; ++b) {
    best[b] = wide(-3e38f);
    if (wanted) half[b] = wide(0.0f);
  }
  for (int h = 0; h < Codebook::halfCount; ++h) {
    WideLanes greatest[2][bundles];
    for (int b = 0; b < bundles; ++b) greatest[0][b] = greatest[1][b] = wide(-3e38f);
    for (int four = halves.fours[h]; four > 0; --four, partners += 4) {
      for (int i = 0; i < 4; ++i) {
        for (int b = 0; b < bundles; ++b) {
          const char* sums = reinterpret_cast<const char*>(tables.low[b]);
          const WideLanes low = *reinterpret_cast<const WideLanes*>(sums + partners[i]);
          greatest[i % 2][b] = larger(low, greatest[i % 2][b]);
        }
      }
    }
    for (int b = 0; b < bundles; ++b) {
      const WideLanes gain = larger(greatest[0][b], greatest[1][b]) + tables.highOf(b, h);
      if (wanted) half[b] = selectLess(best[b], gain, wide(static_cast<float>(h)), half[b]);
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
      const int low = halves.low[e + c];
      const int high = halves.high[e + c];
      for (int b = 0; b < bundles; ++b) found[c][b] = larger(tables.low[b][low] + tables.high[b][high], found[c][b]);
    }
  }
  for (int b = 0; b < bundles; ++b) {
    best[b] = found[0][b];
    for (int c = 1; c < chains; ++c) best[b] = larger(found[c][b], best[b]);
  }
}

template <class Codebook, bool shifted, int bundles>
LATHE_OUTLINE inline void bestGains(float* gains, const LaneGroups<bundles>& groups) {
  HalfTables<Codebook, bundles> tables;
  for (int part = 0; part < groupSize / Codebook::width; ++part) {
    tabulate<Codebook, shifted, bundles>(tables, groups, part);
    WideLanes best[bundles];
    if (scansByHalves<Codebook>)
      scanByHalves<Codebook, false, bundles>(best, nullptr, tables);
    else
      scanByPoints(best, tables);
    for (int b = 0; b < bundles; ++b) {
      float* found = gains + b * wideCount;
      storeWide(found, part == 0 ? best[b] : best[b] + loadWide(found));
    }
  }
}

// The best points, by halves: of those with the second half that was found, the first with its gain.
template <class Codebook, int bundles>
inline void entriesByHalves(WideLanes* best, float* entries, const HalfTables<Codebook, bundles>& tables) {
  const auto& halves = Codebook::halves();
  WideLanes half[bundles];
  scanByHalves<Codebook, true, bundles>(best, half, tables);
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

// The same, point by point.
template <class Codebook, int bundles>
inline void entriesByPoints(WideLanes* found, float* entries, const HalfTables<Codebook, bundles>& tables) {
  constexpr int chains = chainCount<bundles>();
  const auto& halves = Codebook::halves();
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
      const int low = halves.low[e + c];
      const int high = halves.high[e + c];
      const WideLanes here = wide(static_cast<float>(e + c));
      for (int b = 0; b < bundles; ++b) {
        const WideLanes gain = tables.low[b][low] + tables.high[b][high];
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
    found[b] = best[0][b];
    storeWide(entries + b * wideCount, index[0][b]);
  }
}

// The best points, per lane; the first of equals.
template <class Codebook, bool shifted, int bundles>
LATHE_OUTLINE inline void bestEntries(LaneChoices<bundles>& choices, const LaneGroups<bundles>& groups) {
  HalfTables<Codebook, bundles> tables;
  for (int part = 0; part < groupSize / Codebook::width; ++part) {
    tabulate<Codebook, shifted, bundles>(tables, groups, part);
    WideLanes best[bundles];
    if (scansByHalves<Codebook>)
      entriesByHalves<Codebook, bundles>(best, choices.entry[part], tables);
    else
      entriesByPoints<Codebook, bundles>(best, choices.entry[part], tables);
    for (int b = 0; b < bundles; ++b) {
      float* gain = choices.gain + b * wideCount;
      storeWide(gain, part == 0 ? best[b] : best[b] + loadWide(gain));
    }
  }
}

LATHE_END

#endif
