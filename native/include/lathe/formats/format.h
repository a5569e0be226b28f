// What a block format is.
//
// A format is an empty struct with static members. Kernels are templates over it; catalogue.h lists all formats.
//
//   struct Q4_K {
//     static constexpr int id;            ggml's type number
//     static constexpr const char* name;  ggml's name
//     static constexpr int blockSize;     weights in a block
//     static constexpr bool exactZero;    a weight of exactly 0 can be stored beside others
//     struct Block;                       the stored bytes, packed (alignment 1)
//     static void decode(const Block& block, float* w);    w [blockSize]
//
// decode has to give the bits that the gguf Python package gives. A format that is encodable has besides:
//
//     static constexpr int group;         weights that share one code: 1, or 8 (the types with codebooks)
//     using Code;                         unsigned integer that holds the code of a group
//     struct Grid;                        the scales of one block as they will be stored, ready to use
//     static void pack(Block& block, const Grid& grid, const Code* codes);                  codes [blockSize / group]
//     uint16_t scale(const Block&); void setScale(Block&, uint16_t);    both static: its F16 scale, where that is
//                                                                       no member d of the block (rescale.h)
//   group == 1:
//     static void choose(Grid& grid, const float* w, const float* importance, bool exactZeros);
//     static float code(const Grid& grid, int column, float w, Code& code);
//   group > 1:
//     struct Fit;                         the work on one block: fit.begin(w, importance); fit.choose(grid, thorough);
//       void code(const Grid& grid, Code* codes);                    the best codes under the grid that was chosen last
//       static void decode(const Grid& grid, int group, Code code, float* values);
//       static void readGrid(float& scale, float& shift, const Grid& grid, int group);
//       static constexpr bool adjusts;      with error feedback, the scale of a run of runSize weights is chosen again
//       static void adjust(Grid& grid, int run, const float* w, const float* importance);    when the run is reached
//       static void bestCodes(RowCodes<Code>& rows, LaneGroups<1>& groups);    one group of 16 rows (group_feedback.h)
//   };
//
// choose fixes the scales, not the codes: it searches the Grid that makes sum importance_i (w_i - q_i)^2 small over
// w [blockSize], where q_i is the value nearest to w_i that the Grid allows (q the nearest of all codes' to a group).
// importance [blockSize] is >= 0; null means all 1; only its ratios within the block matter. With exactZeros, which
// asks for exactZero, every column of the Grid has a code for exactly 0. Any finite w is accepted: scales are F16 and
// bounded to its finite range.
//
// code gives the code of the value nearest to w in this column and returns that value, bit-equal to what decode gives
// after pack. With groups, Fit::decode gives these values.
//
// Round-to-nearest quantization is choose, code per group, pack: encodeBlock. Error feedback calls choose when a block
// is reached and lets the codes' errors change the weights that come after them.
//
// All is scalar code or Lanes (lanes.h), without contraction of a * b + c, so that each compiled variant and each
// device gives the same bytes.
#ifndef LATHE_FORMATS_FORMAT_H
#define LATHE_FORMATS_FORMAT_H

#include <cstdint>
#include <cstring>

#include "lathe/formats/half.h"
#include "lathe/formats/isa.h"
#include "lathe/formats/lanes.h"

LATHE_BEGIN

// The Grid of a format without scales.
struct EmptyGrid {};

// Encodes w [blockSize] round-to-nearest. decoded [blockSize] takes the values that decode will give, or is null.
template <class Format>
LATHE_HD inline void encodeBlock(typename Format::Block& block, const float* w, const float* importance,
                                 bool exactZeros, float* decoded) {
  constexpr int groups = Format::blockSize / Format::group;
  LATHE_TEAM_SHARED typename Format::Grid grid;
  LATHE_TEAM_SHARED typename Format::Code codes[groups];
  LATHE_TEAM_SHARED float values[Format::blockSize];
  if constexpr (Format::group == 1) {
    Format::choose(grid, w, importance, exactZeros);
    for (int i = teamLane(); i < Format::blockSize; i += teamSize) values[i] = Format::code(grid, i, w[i], codes[i]);
  } else {
    LATHE_TEAM_SHARED typename Format::Fit fit;
    fit.begin(w, importance);
    fit.choose(grid, false);
    fit.code(grid, codes);
    for (int g = teamLane(); g < groups; g += teamSize)
      Format::Fit::decode(grid, g, codes[g], values + g * Format::group);
  }
  teamSync();
  Format::pack(block, grid, codes);
  for (int i = teamLane(); decoded && i < Format::blockSize; i += teamSize) decoded[i] = values[i];
  teamSync();
}

// Chooses the scales of a block for error feedback, with more trials where a format has them.
template <class Format>
LATHE_HD inline void chooseGrid(typename Format::Grid& grid, const float* w, const float* importance, bool exactZeros) {
  if constexpr (Format::group == 1) {
    Format::choose(grid, w, importance, exactZeros);
  } else {
    LATHE_TEAM_SHARED typename Format::Fit fit;
    fit.begin(w, importance);
    fit.choose(grid, true);
  }
}

LATHE_END

#endif
