// Numbers that the checks of arguments and what is computed with them share.
#ifndef LATHE_LIMITS_H
#define LATHE_LIMITS_H

#include <cstdint>

namespace lathe {

// The types that are computed in.
constexpr int kF32 = 0;
constexpr int kF64 = 28;

// The lambda that is given up at.
constexpr double kGreatestDamping = 1e3;

// Columns of an update block at most, after it was rounded up.
constexpr int64_t kGreatestUpdateBlock = 1024;

// Columns of an n:m pattern's group at most.
constexpr int kGreatestPattern = 128;

}  // namespace lathe

#endif
