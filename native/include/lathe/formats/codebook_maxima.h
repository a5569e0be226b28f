// What a search of a codebook compares (group_scan_lanes.h). Of the points that share their second half, the best is
// the one with the greatest sum over its first half. Maxima of two sums that several second halves need are taken once
// (iq_maxima.h); so a second half has far fewer partners, sums or maxima, than points.
#ifndef LATHE_FORMATS_CODEBOOK_MAXIMA_H
#define LATHE_FORMATS_CODEBOOK_MAXIMA_H

#include "lathe/formats/iq_codebooks.h"
#include "lathe/formats/iq_maxima.h"

LATHE_BEGIN

// Slots are the sums over first halves, then the maxima.
template <int entries, int halfCount, int pairCount>
struct CodebookMaxima {
  static constexpr int slots = halfCount + pairCount;
  static constexpr int together = 2;  // partners that are gone through at once
  // A second half that some point has.
  struct Second {
    uint8_t half;
    uint8_t rounds;  // its partners by `together`
  };
  uint8_t pairs[pairCount][2];  // the slots that each maximum is of
  Second seconds[halfCount];    // in their order
  int secondCount;
  uint8_t partners[entries + (together - 1) * halfCount];  // of each second half, filled up by the last of them
};

template <int entries, int halfCount, int pairCount>
constexpr CodebookMaxima<entries, halfCount, pairCount> codebookMaxima(const CodebookHalves<entries, halfCount>& halves,
                                                                       const uint8_t (&pairs)[pairCount][2]) {
  using Maxima = CodebookMaxima<entries, halfCount, pairCount>;
  Maxima maxima = {};
  for (int i = 0; i < pairCount; ++i)
    for (int side = 0; side < 2; ++side) maxima.pairs[i][side] = pairs[i][side];
  int count = 0;
  for (int h = 0; h < halfCount; ++h) {
    bool needed[Maxima::slots] = {};
    for (int e = halves.first[h]; e < halves.first[h + 1]; ++e) needed[halves.low[e]] = true;
    for (int i = 0; i < pairCount; ++i) {
      bool& one = needed[pairs[i][0]];
      bool& other = needed[pairs[i][1]];
      needed[halfCount + i] = one && other;
      if (one && other) one = other = false;
    }
    const int before = count;
    for (int slot = 0; slot < Maxima::slots; ++slot)
      if (needed[slot]) maxima.partners[count++] = static_cast<uint8_t>(slot);
    if (count == before) continue;
    while ((count - before) % Maxima::together != 0) {
      maxima.partners[count] = maxima.partners[count - 1];
      ++count;
    }
    const int rounds = (count - before) / Maxima::together;
    maxima.seconds[maxima.secondCount++] = {static_cast<uint8_t>(h), static_cast<uint8_t>(rounds)};
  }
  return maxima;
}

// The maxima of a codebook.
template <class Codebook>
inline constexpr auto maximaOf = nullptr;

template <>
inline constexpr auto maximaOf<Iq2xxsCodebook> = codebookMaxima(iq2xxsHalves, iq2xxsPairs);
template <>
inline constexpr auto maximaOf<Iq2xsCodebook> = codebookMaxima(iq2xsHalves, iq2xsPairs);
template <>
inline constexpr auto maximaOf<Iq2sCodebook> = codebookMaxima(iq2sHalves, iq2sPairs);
template <>
inline constexpr auto maximaOf<Iq3xxsCodebook> = codebookMaxima(iq3xxsHalves, iq3xxsPairs);
template <>
inline constexpr auto maximaOf<Iq3sCodebook> = codebookMaxima(iq3sHalves, iq3sPairs);
template <>
inline constexpr auto maximaOf<Iq1Codebook> = codebookMaxima(iq1Halves, iq1Pairs);

LATHE_END

#endif
