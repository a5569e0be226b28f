// The threads that work on a block together. On a CPU one thread is the whole team and all of this folds away; in
// device code (LATHE_TEAM) a team is a warp whose threads run through the same source at the same time:
//
//   a loop over independent elements is dealt out:    for (int i = teamLane(); i < count; i += teamSize)
//   what all threads read is in shared memory:        LATHE_TEAM_SHARED float values[size];
//   writes before teamSync() are seen after it by all threads
//   what one thread is enough for:                    if (teamLane() == 0)
//
// Everything else all threads compute alike, each for itself. A search for scales runs in octets, 8 threads with one
// candidate each (lanes.h); octets take the runs of a super-block in turns: for (int k = octet(); k < runs; k +=
// octets). No sum depends on how the work is dealt out, so a team gives the bits of one thread.
#ifndef LATHE_FORMATS_TEAM_H
#define LATHE_FORMATS_TEAM_H

#include "lathe/formats/isa.h"

LATHE_BEGIN

#ifdef LATHE_TEAM

constexpr int teamSize = 32;
constexpr int octets = teamSize / 8;

LATHE_HD inline int teamLane() { return static_cast<int>(threadIdx.x) % teamSize; }
LATHE_HD inline void teamSync() { __syncwarp(); }
LATHE_HD inline int octet() { return teamLane() / 8; }
LATHE_HD inline int octetLane() { return teamLane() % 8; }

#define LATHE_TEAM_SHARED __shared__

#else

constexpr int teamSize = 1;
constexpr int octets = 1;

LATHE_HD constexpr int teamLane() { return 0; }
LATHE_HD inline void teamSync() {}
LATHE_HD constexpr int octet() { return 0; }
LATHE_HD constexpr int octetLane() { return 0; }

#define LATHE_TEAM_SHARED

#endif

LATHE_END

#endif
