// The search for the scale of a run of weights one of whose codes has to be exactly 0: x ~ s (q - z), q from 0 on, z a
// whole code that is searched as well. For each of eight z,
//
//   s = sum(p x (q - z)) / sum(p (q - z)^2)       error = sum(p x^2) - s sum(p x (q - z))
#ifndef LATHE_FORMATS_TIED_SEARCH_H
#define LATHE_FORMATS_TIED_SEARCH_H

#include "lathe/formats/scale_search.h"

LATHE_BEGIN

// Sums over the codes' distances from the code of zero.
struct TiedSums {
  Lanes xr;  // sum p x (q - z)
  Lanes rr;  // sum p (q - z)^2
};

// z is a whole code, so that code z is x = 0.
template <class Codes, int size>
LATHE_HD inline TiedSums tiedSums(const float* x, const float* p, const RunSums& run, Lanes inverse, Lanes z) {
  const CodeSums sums = codeSums<Codes, size>(x, p, inverse, z);
  return {sums.xq - z * run.x, sums.qq - z * (2.0f * sums.q - z * run.p)};
}

// What scale explains of sum p x^2.
LATHE_HD inline Lanes explained(const TiedSums& sums, Lanes scale) {
  return scale * (2.0f * sums.xr - scale * sums.rr);
}

// Candidates for the code of zero of one run, with the best scale of each, or 0.
struct TiedScales {
  Lanes zeros;
  Lanes scales;
};

// The codes of zero around the one that the ends of the range suggest, every `stride`th, and `favourite`.
template <class Codes>
LATHE_HD inline Lanes zeroCandidates(float low, float high, int stride, int favourite) {
  constexpr int levels = static_cast<int>(Codes::high);
  const int centre = roundBetween(-low / (high - low) * Codes::high, 0, levels) / stride * stride;
  const int first = centre - 3 * stride;
  const auto zeroAt = [&](int i) {
    const int zero = levels < laneCount ? i % (levels + 1) : first + i * stride;
    return zero < 0 ? 0 : zero > levels ? levels : zero;
  };
  bool present = false;
  for (int i = 0; i < laneCount; ++i) present = present || zeroAt(i) == favourite;
  return makeLanes([&](int i) { return static_cast<float>(!present && i == laneCount - 1 ? favourite : zeroAt(i)); });
}

// The best scale > 0 of each candidate.
template <class Codes, int size>
LATHE_HD inline TiedScales fitTiedScales(const float* x, const float* p, const RunSums& run, int stride,
                                         int favourite) {
  float low;
  float high;
  findEnds<size>(x, low, high);
  low = low < 0.0f ? low : 0.0f;
  high = high > 0.0f ? high : 0.0f;
  TiedScales fitted = {lanes(static_cast<float>(favourite)), lanes(0.0f)};
  if (!(high - low > 1e-30f)) return fitted;
  fitted.zeros = zeroCandidates<Codes>(low, high, stride, favourite);
  const Lanes zero = lanes(0.0f);
  const Lanes above = high / larger(Codes::high - fitted.zeros, lanes(0.5f));
  const Lanes below = -low / larger(fitted.zeros, lanes(0.5f));
  const Lanes covering = larger(above, below);
  Lanes best = zero;
  for (int batch = 0; batch < 3; ++batch) {
    const float inset = 0.6f * static_cast<float>(batch);
    const Lanes insets = inset + lanes(0.0f, 0.0f, 0.0f, 0.0f, 0.3f, 0.3f, 0.3f, 0.3f);
    Lanes scale = covering * (1.0f - insets / Codes::high);
    for (int refit = 0; refit < 2; ++refit) {
      const TiedSums sums = tiedSums<Codes, size>(x, p, run, inversesOrZero(scale), fitted.zeros);
      scale = selectLess(zero, sums.xr, sums.xr / sums.rr, scale);
      const Lanes gain = selectLess(zero, sums.xr, sums.xr * scale, zero);
      fitted.scales = selectLess(best, gain, scale, fitted.scales);
      best = larger(gain, best);
    }
  }
  return fitted;
}

LATHE_END

#endif
