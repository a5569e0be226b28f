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

// A block's weights and importance in a range in which sums of squares neither overflow nor vanish, run by run.
template <int size, int runSize = size>
struct Weighted {
  // From a run to the next. In a team the octets read different runs at once: these are to begin in different banks.
  static constexpr int stride = runSize + (teamSize > 1 && runSize < size ? 1 : 0);
  float x[size / runSize * stride];  // w / unit, largest magnitude in [1, 2)
  float p[size / runSize * stride];  // importance over its largest value, and a floor that leaves no weight at random
  float unit;                        // a power of two; 0: all weights are taken for 0

  LATHE_HD static constexpr int place(int i) { return stride == runSize ? i : i / runSize * stride + i % runSize; }
  LATHE_HD const float* xOf(int run) const { return x + run * stride; }
  LATHE_HD const float* pOf(int run) const { return p + run * stride; }
};

LATHE_HD inline float largerOf(float a, float b) { return a > b ? a : b; }

// Smallest and largest of values [size].
template <int size>
LATHE_HD inline void findEnds(const float* values, float& low, float& high) {
  Lanes least = loadLanes(values);
  Lanes most = least;
  for (int i = laneCount; i < size; i += laneCount) {
    const Lanes next = loadLanes(values + i);
    least = smaller(next, least);
    most = larger(next, most);
  }
  low = leastOfLanes(least);
  high = greatestOfLanes(most);
}

template <int size>
LATHE_HD inline float largestMagnitude(const float* values) {
  float low;
  float high;
  findEnds<size>(values, low, high);
  return -low > high ? -low : high;
}

// Weights below least (a normal float) in magnitude are taken for 0 where there are no others; by default what is
// nearer to 0 than to the smallest F16.
template <int size, int runSize>
LATHE_HD inline void prepare(Weighted<size, runSize>& block, const float* w, const float* importance,
                             float least = 0.5f * smallestHalf) {
  constexpr float floorOfImportance = 1e-6f;
  const float largest = largestMagnitude<size>(w);
  // 2^126 is the largest unit whose inverse is a normal float.
  const uint32_t exponent = floatBits(largest) >> 23;
  const float unit = largest < least ? 0.0f : floatFromBits((exponent < 253u ? exponent : 253u) << 23);
  teamSync();
  if (teamLane() == 0) block.unit = unit;
  if (unit > 0.0f) {
    const float inverse = 1.0f / unit;
    for (int i = teamLane(); i < size; i += teamSize) block.x[block.place(i)] = w[i] * inverse;
    const float most = importance ? largestMagnitude<size>(importance) : 0.0f;
    if (most > 0.0f) {
      for (int i = teamLane(); i < size; i += teamSize)
        block.p[block.place(i)] = importance[i] / most + floorOfImportance;
    } else {
      for (int i = teamLane(); i < size; i += teamSize) block.p[block.place(i)] = 1.0f;
    }
  }
  teamSync();
}

// 1 / scale, or 0 where that would not be finite: then every weight gets the code of 0.
LATHE_HD inline float inverseOrZero(float scale) {
  const float magnitude = scale < 0.0f ? -scale : scale;
  return magnitude < 1e-37f ? 0.0f : 1.0f / scale;
}

// The same lane by lane.
LATHE_HD inline Lanes inversesOrZero(Lanes scales) {
  const Lanes zero = lanes(0.0f);
  const Lanes magnitudes = larger(scales, zero - scales);
  return selectLess(magnitudes, lanes(1e-37f), zero, 1.0f / scales);
}

// The nearest finite F16 that is not 0 unless value is.
LATHE_HD inline uint16_t nonZeroHalf(float value) {
  const uint16_t half = floatToFiniteHalf(value);
  const bool vanished = (half & 0x7fffu) == 0 && value != 0.0f;
  return vanished ? static_cast<uint16_t>(half | 1u) : half;
}

// Codes that are the whole numbers from lowest to highest.
template <int lowest, int highest>
struct WholeCodes {
  static constexpr float levels = highest;
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

// What a run of weights sums to without any code.
struct RunSums {
  float p;  // sum p
  float x;  // sum p x
};

template <int size>
LATHE_HD inline RunSums runSums(const float* x, const float* p) {
  Lanes weight = loadLanes(p);
  Lanes product = weight * loadLanes(x);
  for (int i = laneCount; i < size; i += laneCount) {
    const Lanes next = loadLanes(p + i);
    weight = weight + next;
    product = product + next * loadLanes(x + i);
  }
  return {sumOfLanes(weight), sumOfLanes(product)};
}

// A scale and how much of sum(p x^2) it explains.
struct FittedScale {
  float scale;
  float gain;
};

// The best scale of either sign.
struct FittedScales {
  FittedScale positive;
  FittedScale negative;
};

// Candidates around 1: a negative reach keeps all of the range, a positive one clips it. levels counts codes from 0 to
// the wider end. Few levels pay for clipping much.
LATHE_HD inline Lanes clippingFactors(float levels) {
  if (levels < 3.0f) return lanes(1.0f, 1.35f, 1.75f, 2.2f, 2.7f, 3.4f, 4.5f, 6.5f);
  const Lanes reach = lanes(-0.5f, -0.1f, 0.2f, 0.5f, 0.8f, 1.2f, 1.6f, 2.2f);
  return 1.0f + reach / levels;
}

// Rounds with the candidates' inverse scales and replaces these by the refitted ones; the best candidate.
template <class Codes, int size>
LATHE_HD inline FittedScale refitScales(const float* x, const float* p, Lanes& inverses) {
  const Lanes zero = lanes(0.0f);
  const CodeSums sums = codeSums<Codes, size>(x, p, inverses, zero);
  const Lanes products = sums.xq * sums.xq;
  const Lanes gains = selectLess(zero, products, products / sums.qq, zero);
  inverses = selectLess(zero, products, sums.qq / sums.xq, inverses);
  const int best = largestLane(gains);
  const float gain = laneOf(gains, best);
  if (!(gain > 0.0f)) return {0.0f, 0.0f};
  return {laneOf(sums.xq, best) / laneOf(sums.qq, best), gain};
}

// The best scales for codes around 0; Codes::levels counts them from 0 to the wider end. Only the better sign is
// refitted `refits` times; for symmetric codes the negative scale is not looked for.
template <class Codes, int size>
LATHE_HD inline FittedScales fitScales(const float* x, const float* p, int refits) {
  float low;
  float high;
  findEnds<size>(x, low, high);
  FittedScales fitted = {{0.0f, 0.0f}, {0.0f, 0.0f}};
  if (!(high > 1e-30f) && !(low < -1e-30f)) return fitted;
  // The least scale of each sign that clips nothing.
  const float covering = largerOf(high / Codes::high, low / Codes::low);
  const float mirrored = largerOf(-low / Codes::high, -high / Codes::low);
  const Lanes factors = clippingFactors(Codes::levels);
  Lanes upwards = (1.0f / covering) * factors;
  Lanes downwards = (-1.0f / mirrored) * factors;
  fitted.positive = refitScales<Codes, size>(x, p, upwards);
  if (Codes::low != -Codes::high) fitted.negative = refitScales<Codes, size>(x, p, downwards);
  const bool up = !(fitted.positive.gain < fitted.negative.gain);
  for (int i = 0; i < refits; ++i) {
    const FittedScale better = refitScales<Codes, size>(x, p, up ? upwards : downwards);
    FittedScale& best = up ? fitted.positive : fitted.negative;
    if (better.gain > best.gain) best = better;
  }
  return fitted;
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
  float low;
  float high;
  findEnds<size>(x, low, high);
  if (!anyMinimum) low = low < 0.0f ? low : 0.0f;
  if (!(high - low > 1e-30f)) return {0.0f, -low};
  const float step = (high - low) / Codes::high;
  FittedRange best = {0.0f, -low};
  float bestGain = 0.0f;
  for (int batch = 0; batch < 2; ++batch) {
    // Ends of the range covered, in steps inwards.
    const Lanes lowInset = batch == 0 ? lanes(-0.3f, 0.0f, 0.2f, 0.4f, 0.7f, 0.0f, 0.6f, 1.0f)
                                      : lanes(-0.1f, 0.3f, -0.3f, 0.2f, 0.8f, 0.4f, 1.2f, 1.4f);
    const Lanes highInset = batch == 0 ? lanes(-0.3f, 0.0f, 0.2f, 0.4f, 0.7f, 0.6f, 0.0f, 1.0f)
                                       : lanes(0.3f, -0.1f, 0.2f, 0.8f, -0.3f, 1.2f, 0.4f, 1.4f);
    Lanes scale = step * (1.0f - (lowInset + highInset) / Codes::high);
    Lanes minimum = lanes(0.0f) - (low + lowInset * step);
    Lanes gain;
    for (int round = 0; round < 2; ++round) {
      const Lanes inverse = inversesOrZero(scale);
      const CodeSums sums = codeSums<Codes, size>(x, p, inverse, minimum * inverse);
      refitRange<anyMinimum>(sums, run, scale, minimum, gain);
    }
    const int lane = largestLane(gain);
    const float greatest = laneOf(gain, lane);
    if (batch == 0 || greatest > bestGain) {
      const float fitted = laneOf(scale, lane);
      bestGain = greatest;
      best = {fitted > 0.0f ? fitted : 0.0f, laneOf(minimum, lane)};
    }
  }
  return best;
}

LATHE_END

#endif
