// The codebooks of the IQ types as searches see them (group_search.h): points of `width` coordinates, each one of
// `levels` values, cut into two halves. half(index) numbers the halves: the sum of level_i levels^i.
#ifndef LATHE_FORMATS_IQ_CODEBOOKS_H
#define LATHE_FORMATS_IQ_CODEBOOKS_H

#include "lathe/formats/iq_values.h"

LATHE_BEGIN

// The halves of all points of a codebook.
template <int entries, int halfCount>
struct CodebookHalves {
  uint8_t low[entries];           // of the first width / 2 coordinates
  uint8_t high[entries];          // of the others
  uint16_t first[halfCount + 1];  // of each second half, the first point that has it; points are in their order
};

template <int halfCount, int entries>
constexpr CodebookHalves<entries, halfCount> codebookHalves(const uint16_t (&grid)[entries], int width, int levels) {
  CodebookHalves<entries, halfCount> halves = {};
  const int bits = levels == 3 ? 2 : 3;
  for (int e = 0; e < entries; ++e) {
    int low = 0;
    int high = 0;
    for (int i = width / 2 - 1; i >= 0; --i) {
      low = low * levels + ((grid[e] >> (bits * i)) & ((1 << bits) - 1));
      high = high * levels + ((grid[e] >> (bits * (i + width / 2))) & ((1 << bits) - 1));
    }
    halves.low[e] = static_cast<uint8_t>(low);
    halves.high[e] = static_cast<uint8_t>(high);
  }
  for (int e = 0; e < entries; ++e)
    for (int h = halves.high[e] + 1; h <= halfCount; ++h) halves.first[h] = static_cast<uint16_t>(e + 1);
  return halves;
}

LATHE_TABLE CodebookHalves<256, 81> iq2xxsHalves = codebookHalves<81>(iq2xxsGrid, 8, 3);
LATHE_TABLE CodebookHalves<512, 81> iq2xsHalves = codebookHalves<81>(iq2xsGrid, 8, 3);
LATHE_TABLE CodebookHalves<1024, 81> iq2sHalves = codebookHalves<81>(iq2sGrid, 8, 3);
LATHE_TABLE CodebookHalves<256, 64> iq3xxsHalves = codebookHalves<64>(iq3xxsGrid, 4, 8);
LATHE_TABLE CodebookHalves<512, 64> iq3sHalves = codebookHalves<64>(iq3sGrid, 4, 8);
LATHE_TABLE CodebookHalves<2048, 81> iq1Halves = codebookHalves<81>(iq1Grid, 8, 3);

#define LATHE_CODEBOOK(Name, entryCount, coordinates, levelCount, grid, halfTable, valueOf)          \
  struct Name {                                                                                      \
    static constexpr int entries = entryCount;                                                       \
    static constexpr int width = coordinates;                                                        \
    static constexpr int levels = levelCount;                                                        \
    static constexpr int halfWidth = width / 2;                                                      \
    static constexpr int halfCount = levels == 3 ? 81 : 64;                                          \
    LATHE_HD static const CodebookHalves<entries, halfCount>& halves() { return halfTable; }         \
    LATHE_HD static uint32_t entry(int index) { return grid[index]; }                                \
    LATHE_HD static int value(uint32_t entry, int coordinate) { return valueOf(entry, coordinate); } \
  };
LATHE_CODEBOOK(Iq2xxsCodebook, 256, 8, 3, iq2xxsGrid, iq2xxsHalves, iq2Magnitude)
LATHE_CODEBOOK(Iq2xsCodebook, 512, 8, 3, iq2xsGrid, iq2xsHalves, iq2Magnitude)
LATHE_CODEBOOK(Iq2sCodebook, 1024, 8, 3, iq2sGrid, iq2sHalves, iq2Magnitude)
LATHE_CODEBOOK(Iq3xxsCodebook, 256, 4, 8, iq3xxsGrid, iq3xxsHalves, iq3xxsMagnitude)
LATHE_CODEBOOK(Iq3sCodebook, 512, 4, 8, iq3sGrid, iq3sHalves, iq3sMagnitude)
LATHE_CODEBOOK(Iq1Codebook, 2048, 8, 3, iq1Grid, iq1Halves, iq1Digit)
#undef LATHE_CODEBOOK

LATHE_END

#endif
