// Formats whose weights are w = d * multiple(s_k) * sign * magnitude, with the magnitudes of 8 weights from a codebook:
// IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S. Here: signs and codebook entries of groups whose scales are given.
//
// Where a format stores 7 signs of 8 (evenSignCount), their product is +1. A group with an odd number of negative
// weights has to give one of them the wrong sign: with magnitude v that costs 4 s p |x| v, so the weights with the two
// least p |x| are tried, each with the magnitudes that are best then.
#ifndef LATHE_FORMATS_SIGNED_GROUPS_H
#define LATHE_FORMATS_SIGNED_GROUPS_H

#include "lathe/formats/group_search.h"
#include "lathe/formats/scale_search.h"

LATHE_BEGIN

// The code of 8 weights: the entries of both parts (IQ3) or the one entry in bits 0 .. 9 and 10 .. 19, signs from bit
// 20 on.
using SignedCode = uint32_t;

LATHE_HD inline uint32_t entryOfCode(SignedCode code, int part) { return (code >> (10 * part)) & 1023u; }
LATHE_HD inline uint32_t signsOfCode(SignedCode code) { return code >> 20; }

// The signs of groups, apart from their magnitudes.
template <int count>
struct LaneSigns {
  uint32_t bits[count];     // bit j set: weight j is stored negative
  float flipped[2][count];  // where the number of signs has to be even and is not: the cheapest two to give up, else -1
  float least[2][count];    // what these cost
};

// Replaces x by its magnitude. With evenSignCount, finds what may be flipped.
template <bool evenSignCount, int bundles>
LATHE_HD inline void takeSigns(LaneSigns<bundles * wideCount>& signs, LaneGroups<bundles>& groups) {
  constexpr int count = bundles * wideCount;
  auto& least = signs.least;
  for (int lane = teamLane(); lane < count; lane += teamSize) {
    signs.bits[lane] = 0;
    signs.flipped[0][lane] = signs.flipped[1][lane] = -1.0f;
    least[0][lane] = least[1][lane] = 3e38f;
  }
  for (int j = 0; j < groupSize; ++j) {
    for (int lane = teamLane(); lane < count; lane += teamSize) {
      const float x = groups.x[j][lane];
      const uint32_t negative = x < 0.0f ? 1u : 0u;
      signs.bits[lane] |= negative << j;
      groups.x[j][lane] = negative ? 0.0f - x : x;
    }
    for (int lane = teamLane(); evenSignCount && lane < count; lane += teamSize) {
      const float cost = groups.x[j][lane] * groups.p[j][lane];
      const bool first = cost < least[0][lane];
      const bool second = cost < least[1][lane];
      const float here = static_cast<float>(j);
      signs.flipped[1][lane] = first ? signs.flipped[0][lane] : second ? here : signs.flipped[1][lane];
      least[1][lane] = first ? least[0][lane] : second ? cost : least[1][lane];
      signs.flipped[0][lane] = first ? here : signs.flipped[0][lane];
      least[0][lane] = first ? cost : least[0][lane];
    }
  }
  for (int lane = teamLane(); evenSignCount && lane < count; lane += teamSize) {
    const bool odd = evenSigns(signs.bits[lane] & 127u) != signs.bits[lane];
    signs.flipped[0][lane] = odd ? signs.flipped[0][lane] : -1.0f;
    signs.flipped[1][lane] = odd ? signs.flipped[1][lane] : -1.0f;
  }
}

// Negates x where flipped names its coordinate; a second call takes it back.
template <int bundles>
LATHE_HD inline void flip(LaneGroups<bundles>& groups, const float* flipped) {
  for (int j = 0; j < groupSize; ++j) {
    for (int lane = teamLane(); lane < bundles * wideCount; lane += teamSize) {
      const float x = groups.x[j][lane];
      groups.x[j][lane] = flipped[lane] == static_cast<float>(j) ? 0.0f - x : x;
    }
  }
}

// The values of the entries found, without sign, scale and shift.
template <class Codebook, int bundles>
LATHE_HD inline void entryValues(float (&values)[groupSize][bundles * wideCount], const LaneChoices<bundles>& choices) {
  constexpr int count = bundles * wideCount;
  LATHE_TEAM_SHARED uint32_t entries[count];
  for (int part = 0; part < groupSize / Codebook::width; ++part) {
    for (int lane = teamLane(); lane < count; lane += teamSize)
      entries[lane] = Codebook::entry(static_cast<int>(choices.entry[part][lane]));
    for (int j = 0; j < Codebook::width; ++j)
      for (int lane = teamLane(); lane < count; lane += teamSize)
        values[part * Codebook::width + j][lane] = static_cast<float>(Codebook::value(entries[lane], j));
  }
}

// The best codes of groups under their scales. x is overwritten.
template <class Format, int bundles>
LATHE_HD LATHE_OUTLINE inline void bestSignedCodes(SignedCode* codes, LaneGroups<bundles>& groups) {
  using Codebook = typename Format::Codebook;
  constexpr int count = bundles * wideCount;
  LATHE_TEAM_SHARED LaneSigns<count> signs;
  takeSigns<Format::evenSignCount>(signs, groups);
  if (Format::evenSignCount) flip(groups, signs.flipped[0]);
  LATHE_TEAM_SHARED LaneChoices<bundles> choices;
  bestEntries<Codebook, false>(choices, groups);
  if (Format::evenSignCount) {
    flip(groups, signs.flipped[0]);
    flip(groups, signs.flipped[1]);
    LATHE_TEAM_SHARED LaneChoices<bundles> others;
    bestEntries<Codebook, false>(others, groups);
    for (int lane = teamLane(); lane < count; lane += teamSize) {
      const bool better = others.gain[lane] > choices.gain[lane];
      for (int part = 0; part < groupSize / Codebook::width; ++part)
        choices.entry[part][lane] = better ? others.entry[part][lane] : choices.entry[part][lane];
      const float flipped = better ? signs.flipped[1][lane] : signs.flipped[0][lane];
      signs.bits[lane] ^= flipped < 0.0f ? 0u : 1u << static_cast<int>(flipped);
    }
  }
  for (int lane = teamLane(); lane < count; lane += teamSize) {
    codes[lane] = static_cast<uint32_t>(choices.entry[0][lane]) | (signs.bits[lane] << 20);
    if (Codebook::width < groupSize) codes[lane] |= static_cast<uint32_t>(choices.entry[1][lane]) << 10;
  }
  teamSync();
}

// values [groupSize] of a code, without scale.
template <class Codebook>
LATHE_HD inline void signedValues(float* values, SignedCode code) {
  const uint32_t signs = signsOfCode(code);
  for (int j = 0; j < groupSize; ++j) {
    const uint32_t entry = Codebook::entry(static_cast<int>(entryOfCode(code, j / Codebook::width)));
    values[j] = withSign(Codebook::value(entry, j % Codebook::width), signs, j);
  }
}

LATHE_END

#endif
