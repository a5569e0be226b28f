// The scan of group_search.h in device code: the team goes through one group after another and deals the points out.
#ifndef LATHE_FORMATS_GROUP_SCAN_TEAM_H
#define LATHE_FORMATS_GROUP_SCAN_TEAM_H

#include "lathe/formats/lane_groups.h"

LATHE_BEGIN

// The sums over either half of the coordinates of one group, for all combinations of levels: half(index) of
// iq_codebooks.h.
template <class Codebook>
struct TeamTables {
  static constexpr int halves = 2;
  float term[Codebook::width][Codebook::levels];
  float low[Codebook::halfCount];
  float high[Codebook::halfCount];
  // The same over fewer coordinates, by turns.
  float partial[2][halves][Codebook::halfCount / Codebook::levels];
};

// What a point gains in coordinate j of `part` at a level.
template <class Codebook, bool shifted, int bundles>
LATHE_HD inline float termOf(const LaneGroups<bundles>& groups, int group, int j, int level) {
  const float scale = groups.scale[group];
  const float weighted = groups.p[j][group] * scale;
  const float linear = 2.0f * (weighted * groups.x[j][group]);
  const float quadratic = weighted * scale;
  // A point with the same level everywhere has its value in any coordinate.
  float value = static_cast<float>(Codebook::value(static_cast<uint32_t>(level), 0));
  if (shifted) value = value + groups.shift[group];
  return value * (linear - quadratic * value);
}

// One more coordinate, j of each half: to[half][level * count + i] = from[half][i] + term of the level.
template <class Codebook, int j, int count, class From, class To>
LATHE_HD inline void addCoordinate(const TeamTables<Codebook>& tables, From from, To to) {
  constexpr int next = count * Codebook::levels;
  for (int i = teamLane(); i < 2 * next; i += teamSize) {
    const int half = i / next;
    const int index = i % next;
    const float term = tables.term[half * Codebook::halfWidth + j][index / count];
    to(half)[index] = from(half, index % count) + term;
  }
  teamSync();
}

template <class Codebook, bool shifted, int bundles>
LATHE_HD inline void tabulate(TeamTables<Codebook>& tables, const LaneGroups<bundles>& groups, int group, int part) {
  constexpr int levels = Codebook::levels;
  for (int i = teamLane(); i < Codebook::width * levels; i += teamSize) {
    const int j = i / levels;
    tables.term[j][i % levels] = termOf<Codebook, shifted>(groups, group, part * Codebook::width + j, i % levels);
  }
  teamSync();
  const auto last = [&](int half) { return half == 0 ? tables.low : tables.high; };
  const auto first = [&](int half, int level) { return tables.term[half * Codebook::halfWidth][level]; };
  if constexpr (Codebook::halfWidth == 2) {
    addCoordinate<Codebook, 1, levels>(tables, first, last);
  } else {
    static_assert(Codebook::halfWidth == 4, "halves of 2 or 4 coordinates");
    const auto partial = [&](int turn) { return [&tables, turn](int half) { return tables.partial[turn][half]; }; };
    const auto read = [&](int turn) {
      return [&tables, turn](int half, int index) { return tables.partial[turn][half][index]; };
    };
    addCoordinate<Codebook, 1, levels>(tables, first, partial(0));
    addCoordinate<Codebook, 2, levels * levels>(tables, read(0), partial(1));
    addCoordinate<Codebook, 3, levels * levels * levels>(tables, read(1), last);
  }
}

struct FoundPoint {
  float gain;
  int entry;
};

// The best of all points; all threads get it.
template <class Codebook>
LATHE_HD inline FoundPoint scanPoints(const TeamTables<Codebook>& tables) {
  const auto& halves = Codebook::halves();
  FoundPoint best = {-3e38f, teamLane()};
  for (int e = teamLane(); e < Codebook::entries; e += teamSize) {
    const float gain = tables.low[halves.low[e]] + tables.high[halves.high[e]];
    best.entry = gain > best.gain ? e : best.entry;
    best.gain = gain > best.gain ? gain : best.gain;
  }
  for (int distance = teamSize / 2; distance > 0; distance /= 2) {
    const float gain = __shfl_xor_sync(0xffffffffu, best.gain, distance, teamSize);
    const int entry = __shfl_xor_sync(0xffffffffu, best.entry, distance, teamSize);
    // Where gains are equal, the lower index counts.
    const bool better = gain > best.gain || (gain == best.gain && entry < best.entry);
    best.entry = better ? entry : best.entry;
    best.gain = better ? gain : best.gain;
  }
  return best;
}

// use(group, part, best) of every part of every group.
template <class Codebook, bool shifted, int bundles, class Use>
LATHE_HD inline void scanGroups(const LaneGroups<bundles>& groups, Use use) {
  LATHE_TEAM_SHARED TeamTables<Codebook> tables;
  teamSync();
  for (int group = 0; group < LaneGroups<bundles>::count; ++group) {
    for (int part = 0; part < groupSize / Codebook::width; ++part) {
      tabulate<Codebook, shifted>(tables, groups, group, part);
      const FoundPoint best = scanPoints(tables);
      if (teamLane() == 0) use(group, part, best);
      teamSync();
    }
  }
}

template <class Codebook, bool shifted, int bundles>
LATHE_HD LATHE_OUTLINE inline void bestGains(float* gains, const LaneGroups<bundles>& groups) {
  scanGroups<Codebook, shifted>(groups, [&](int group, int part, const FoundPoint& best) {
    gains[group] = part == 0 ? best.gain : best.gain + gains[group];
  });
}

template <class Codebook, bool shifted, int bundles>
LATHE_HD LATHE_OUTLINE inline void bestEntries(LaneChoices<bundles>& choices, const LaneGroups<bundles>& groups) {
  scanGroups<Codebook, shifted>(groups, [&](int group, int part, const FoundPoint& best) {
    choices.gain[group] = part == 0 ? best.gain : best.gain + choices.gain[group];
    choices.entry[part][group] = static_cast<float>(best.entry);
  });
}

LATHE_END

#endif
