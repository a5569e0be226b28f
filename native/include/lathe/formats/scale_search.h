// Searches for the scale, or scale and minimum, of one run of weights that share it.
//
// x_i are the weights, p_i > 0 their importance, q_i the values of codes (Codes::nearest). A Lanes of candidates is
// rounded, refitted in closed form to the codes that the rounding gave, and rounded again:
//
//   x ~ s q:      s = sum(p x q) / sum(p q^2)       error = sum(p x^2) - sum(p x q)^2 / sum(p q^2)
//   x ~ s q + m:  least squares in both             error = sum(p x^2) - s sum(p x q) - m sum(p x)
//
// No step makes the error larger; the candidates differ in how much of the range they clip.
#ifndef LATHE_FORMATS_SCALE_SEARCH_H
#define LATHE_FORMATS_SCALE_SEARCH_H

#include "lathe/formats/format.h"

LATHE_BEGIN

// A block's weights and importance in a range in which sums of squares neither overflow nor vanish.
template <int size>
struct Weighted {
  float x[size];  // w / unit, largest magnitude in [1, 2)
  float p[size];  // importance over its largest value; a small floor keeps ignored weights from being left at random
  float unit;     // a power of two; 0: all weights are nearer to 0 than to the smallest F16
};

template <int size>
LATHE_HD inline float largestMagnitude(const float* values) {
  Lanes largest = lanes(0.0f);
  for (int i = 0; i < size; i += laneCount) {
    Lanes v;
    memcpy(&v, values + i, sizeof v);
    largest = selectLess(largest, v, v, largest);
    v = lanes(0.0f) - v;
    largest = selectLess(largest, v, v, largest);
  }
  float result = 0.0f;
  for (int i = 0; i < laneCount; ++i) result = result < largest[i] ? largest[i] : result;
  return result;
}

template <int size>
LATHE_HD inline void prepare(Weighted<size>& block, const float* w, const float* importance) {
  constexpr float floorOfImportance = 1e-6f;
  const float largest = largestMagnitude<size>(w);
  block.unit = 0.0f;
  if (largest < 0.5f * smallestHalf) return;
  // 2^126 is the largest unit whose inverse is a normal float.
  const uint32_t exponent = floatBits(largest) >> 23;
  block.unit = floatFromBits((exponent < 253u ? exponent : 253u) << 23);
  const float inverse = 1.0f / block.unit;
  for (int i = 0; i < size; ++i) block.x[i] = w[i] * inverse;
  const float most = importance ? largestMagnitude<size>(importance) : 0.0f;
  if (most > 0.0f) {
    for (int i = 0; i < size; ++i) block.p[i] = importance[i] / most + floorOfImportance;
  } else {
    for (int i = 0; i < size; ++i) block.p[i] = 1.0f;
  }
}

// 1 / scale, or 0 where that would not be finite: then every weight gets the code of 0.
LATHE_HD inline float inverseOrZero(float scale) {
  const float magnitude = scale < 0.0f ? -scale : scale;
  return magnitude < 1e-37f ? 0.0f : 1.0f / scale;
}

// Codes that are the whole numbers from lowest to highest.
template <int lowest, int highest>
struct WholeCodes {
  static constexpr float low = lowest;
  static constexpr float high = highest;
  LATHE_HD static Lanes nearest(Lanes value) { return roundBetween(value, lanes(low), lanes(high)); }
};

// Sums over the codes that a candidate's rounding gives.
struct CodeSums {
  Lanes q;   // sum p q
  Lanes qq;  // sum p q^2
  Lanes xq;  // sum p x q
};

// q = nearest code to x * inverse + offset.
template <class Codes, int size>
LATHE_HD inline CodeSums codeSums(const float* x, const float* p, Lanes inverse, Lanes offset) {
  CodeSums sums = {lanes(0.0f), lanes(0.0f), lanes(0.0f)};
  for (int i = 0; i < size; ++i) {
    const Lanes q = Codes::nearest(x[i] * inverse + offset);
    const Lanes pq = p[i] * q;
    sums.q = sums.q + pq;
    sums.qq = sums.qq + pq * q;
    sums.xq = sums.xq + pq * x[i];
  }
  return sums;
}

// Index of the largest lane, the first of equals.
LATHE_HD inline int largestLane(const Lanes& values) {
  int best = 0;
  for (int i = 1; i < laneCount; ++i) best = values[i] > values[best] ? i : best;
  return best;
}

// What a run of weights sums to without any code.
struct RunSums {
  float p;   // sum p
  float x;   // sum p x
  float xx;  // sum p x^2
};

template <int size>
LATHE_HD inline RunSums runSums(const float* x, const float* p) {
  RunSums sums = {0.0f, 0.0f, 0.0f};
  for (int i = 0; i < size; ++i) {
    sums.p += p[i];
    sums.x += p[i] * x[i];
    sums.xx += p[i] * x[i] * x[i];
  }
  return sums;
}

// A scale and how much of sum(p x^2) it explains.
struct FittedScale {
  float scale;
  float gain;
};

// 1 / scales, lane by lane, or 0 where inverseOrZero gives 0.
LATHE_HD inline Lanes inversesOrZero(const Lanes& scales) {
  Lanes inverses;
  for (int i = 0; i < laneCount; ++i) inverses[i] = inverseOrZero(scales[i]);
  return inverses;
}

// Candidates around 1: a negative reach keeps all of the range, a positive one clips it. levels counts codes from 0 to
// the wider end.
LATHE_HD inline Lanes clippingFactors(float levels) {
  const Lanes reach = lanes(-0.5f, -0.1f, 0.2f, 0.5f, 0.8f, 1.2f, 1.6f, 2.2f);
  return 1.0f + reach / levels;
}

// The best scale of the given sign for codes around 0. levels counts codes from 0 to the wider end.
template <class Codes, int size>
LATHE_HD inline FittedScale fitScale(const float* x, const float* p, float levels, float sign) {
  constexpr int refits = 1;
  float covering = 0.0f;  // the least scale that clips nothing
  for (int i = 0; i < size; ++i) {
    const float along = sign * x[i];
    const float needed = along < 0.0f ? along / Codes::low : along / Codes::high;
    covering = covering < needed ? needed : covering;
  }
  if (!(covering > 1e-30f)) return {0.0f, 0.0f};
  const Lanes zero = lanes(0.0f);
  Lanes inverse = (sign / covering) * clippingFactors(levels);
  CodeSums sums = codeSums<Codes, size>(x, p, inverse, zero);
  for (int round = 0; round < refits; ++round) {
    inverse = selectLess(zero, sign * sums.xq, sums.qq / sums.xq, inverse);
    sums = codeSums<Codes, size>(x, p, inverse, zero);
  }
  const Lanes gains = selectLess(zero, sums.qq, sums.xq * sums.xq / sums.qq, zero);
  const int best = largestLane(gains);
  if (!(gains[best] > 0.0f)) return {0.0f, 0.0f};
  return {sums.xq[best] / sums.qq[best], gains[best]};
}

// x ~ scale q - minimum.
struct FittedRange {
  float scale;
  float minimum;
};

// The candidates' least-squares scale and minimum, the latter >= 0 unless anyMinimum, and the share of sum(p x^2) that
// they explain. Where all codes of a candidate are equal, scale is 0.
template <bool anyMinimum>
LATHE_HD inline void refitRange(const CodeSums& sums, const RunSums& run, Lanes& scale, Lanes& minimum, Lanes& gain) {
  const Lanes zero = lanes(0.0f);
  const Lanes determinant = run.p * sums.qq - sums.q * sums.q;
  const Lanes solvable = selectLess((1e-6f * run.p) * sums.qq, determinant, lanes(1.0f), zero);
  scale = (run.p * sums.xq - run.x * sums.q) / determinant;
  minimum = (sums.q * sums.xq - run.x * sums.qq) / determinant;
  scale = selectLess(zero, solvable, scale, zero);
  minimum = selectLess(zero, solvable, minimum, lanes(-run.x / run.p));
  if (!anyMinimum) {
    const Lanes through = selectLess(zero, sums.qq, sums.xq / sums.qq, zero);
    scale = selectLess(minimum, zero, through, scale);
    minimum = selectLess(minimum, zero, zero, minimum);
  }
  gain = scale * sums.xq - minimum * run.x;
}

// The best scale > 0 and minimum (>= 0 unless anyMinimum) for codes from 0 on. Where all weights are the same (or, with
// minimum >= 0, none is positive and all are the same), scale is 0.
template <class Codes, int size, bool anyMinimum>
LATHE_HD inline FittedRange fitRange(const float* x, const float* p, const RunSums& run) {
  constexpr int refits = 2;
  float low = x[0];
  float high = x[0];
  for (int i = 1; i < size; ++i) {
    low = x[i] < low ? x[i] : low;
    high = high < x[i] ? x[i] : high;
  }
  if (!anyMinimum) low = low < 0.0f ? low : 0.0f;
  if (!(high - low > 1e-30f)) return {0.0f, -low};
  // Ends of the range covered, in steps inwards.
  const Lanes lowInset = lanes(-0.3f, 0.0f, 0.2f, 0.4f, 0.7f, 0.0f, 0.6f, 1.0f);
  const Lanes highInset = lanes(-0.3f, 0.0f, 0.2f, 0.4f, 0.7f, 0.6f, 0.0f, 1.0f);
  const Lanes zero = lanes(0.0f);
  const float step = (high - low) / Codes::high;
  Lanes scale = step * (1.0f - (lowInset + highInset) / Codes::high);
  Lanes minimum = zero - (low + lowInset * step);
  Lanes gain;
  for (int round = 0; round <= refits; ++round) {
    const Lanes inverse = selectLess(zero, scale, 1.0f / scale, zero);
    const CodeSums sums = codeSums<Codes, size>(x, p, inverse, minimum * inverse);
    refitRange<anyMinimum>(sums, run, scale, minimum, gain);
  }
  const int best = largestLane(gain);
  return {scale[best] > 0.0f ? scale[best] : 0.0f, minimum[best]};
}

LATHE_END

#endif
