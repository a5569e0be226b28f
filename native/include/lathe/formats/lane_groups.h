// Groups of 8 weights and what a search for points of a codebook finds for them (group_search.h).
#ifndef LATHE_FORMATS_LANE_GROUPS_H
#define LATHE_FORMATS_LANE_GROUPS_H

#include "lathe/formats/iq_codebooks.h"
#include "lathe/formats/wide_lanes.h"

LATHE_BEGIN

constexpr int groupSize = 8;

// Groups of 8 weights, one per lane.
template <int bundles>
struct LaneGroups {
  static constexpr int count = bundles * wideCount;
  float x[groupSize][count];
  float p[groupSize][count];
  float scale[count];
  float shift[count];  // added to every value of the codebook (IQ1's delta); read where the codebook is shifted
};

// What a search finds, per group.
template <int bundles>
struct LaneChoices {
  float gain[bundles * wideCount];
  float entry[2][bundles * wideCount];  // per part, a whole number
};

LATHE_END

#endif
