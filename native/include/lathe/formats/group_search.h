// The best point of a codebook for many groups of 8 weights at once.
//
// A group has weights x_j, their importance p_j > 0 and a scale s. The point with values v_j that makes
// sum p_j (x_j - s v_j)^2 least is the one that gains most:
//
//   gain = sum_j p_j s v_j (2 x_j - s v_j)
//
// Each coordinate's part depends on its level alone, so the sums over either half of the coordinates are tabled first
// (halfCount entries each), and a point costs one addition and one comparison, or less where points share their halves.
// No point is left out, so the result is exact and the same on every processor.
//
// Codebooks of 4 coordinates cover a group with two points (parts).
#ifndef LATHE_FORMATS_GROUP_SEARCH_H
#define LATHE_FORMATS_GROUP_SEARCH_H

// Both define
//
//   bestGains<Codebook, shifted>(float* gains, groups)              the gain of the best point, per group
//   bestEntries<Codebook, shifted>(LaneChoices& choices, groups)    the best points; of equals the first
#ifdef LATHE_TEAM
#include "lathe/formats/group_scan_team.h"
#else
#include "lathe/formats/group_scan_lanes.h"
#endif

#endif
