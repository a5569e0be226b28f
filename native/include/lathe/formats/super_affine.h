// Super-blocks of runs of weights with a scale and a minimum per run: w = d * s_k * q - dmin * m_k, q a whole code
// between 0 and levels, s_k and m_k whole numbers between 0 and most, d and dmin F16. Q2_K, Q4_K and Q5_K are of this
// kind.
//
// Each run's best scale and minimum are searched alone; then, by turns, every (s_k, m_k) is chosen by the error that it
// gives with d and dmin, and d and dmin are refitted to the codes by least squares.
//
// Exact zeros: with dmin = z d and m_k = s_k, w = d * s_k * (q - z): code z is 0 in every run. z is a power of two, so
// z d is an F16 and both products are exact in F32: the difference is exactly 0.
#ifndef LATHE_FORMATS_SUPER_AFFINE_H
#define LATHE_FORMATS_SUPER_AFFINE_H

#include "lathe/formats/super_signed.h"

LATHE_BEGIN

template <int runs>
struct AffineGrid {
  uint16_t d;              // F16 scale of scales
  uint16_t dmin;           // F16 scale of minimums
  uint8_t scales[runs];    // s_k
  uint8_t minimums[runs];  // m_k
  float scale[runs];       // d * s_k
  float minimum[runs];     // dmin * m_k
  float inverse[runs];     // 1 / scale, or 0

  // From the stored numbers.
  LATHE_HD void finish() {
    for (int k = 0; k < runs; ++k) {
      scale[k] = halfToFloat(d) * static_cast<float>(scales[k]);
      minimum[k] = halfToFloat(dmin) * static_cast<float>(minimums[k]);
      inverse[k] = inverseOrZero(scale[k]);
    }
  }

  LATHE_HD float code(int run, int levels, float w, uint8_t& code) const {
    const int q = roundBetween((w + minimum[run]) * inverse[run], 0, levels);
    code = static_cast<uint8_t>(q);
    return scale[run] * static_cast<float>(q) - minimum[run];
  }
};

// Sums over a whole super-block for the least squares in d and dmin, and what the present ones explain.
struct AffineSums {
  double ss;    // sum s^2 p q^2
  double sm;    // sum s m p q
  double mm;    // sum m^2 p
  double sx;    // sum s p x q
  double mx;    // sum m p x
  double gain;  // of sum(p x^2)
};

// Chooses d, dmin, s_k and m_k. block.unit > 0.
template <int runs, int size, int levels, int most>
struct AffineSuperSearch {
  using Codes = WholeCodes<0, levels>;
  const Weighted<runs * size>& block;
  RunSums sums[runs];
  FittedRange targets[runs];

  LATHE_HD explicit AffineSuperSearch(const Weighted<runs * size>& weights) : block(weights) {
    for (int k = 0; k < runs; ++k) {
      sums[k] = runSums<size>(block.x + k * size, block.p + k * size);
      targets[k] = fitRange<Codes, size, false>(block.x + k * size, block.p + k * size, sums[k]);
    }
  }

  LATHE_HD void search(AffineGrid<runs>& grid, int rounds) const {
    float scale = 0.0f;
    float minimum = 0.0f;
    for (int k = 0; k < runs; ++k) {
      scale = scale < targets[k].scale ? targets[k].scale : scale;
      minimum = minimum < targets[k].minimum ? targets[k].minimum : minimum;
    }
    scale /= static_cast<float>(most);
    minimum /= static_cast<float>(most);
    double gain = -1.0;
    for (int round = 0; round < rounds; ++round) {
      AffineGrid<runs> trial;
      trial.d = nonZeroHalf(scale * block.unit);
      trial.dmin = nonZeroHalf(minimum * block.unit);
      const AffineSums fitted = assign(trial);
      if (!(fitted.gain > gain)) break;
      gain = fitted.gain;
      grid = trial;
      refit(fitted, scale, minimum);
    }
  }

 private:
  // Chooses all s_k and m_k under trial.d and trial.dmin.
  LATHE_HD AffineSums assign(AffineGrid<runs>& trial) const {
    const float scale = halfToFloat(trial.d) / block.unit;
    const float minimum = halfToFloat(trial.dmin) / block.unit;
    AffineSums total = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
    for (int k = 0; k < runs; ++k) assignRun(trial, k, scale, minimum, total);
    return total;
  }

  LATHE_HD void assignRun(AffineGrid<runs>& trial, int k, float scale, float minimum, AffineSums& total) const {
    const int s = wholeBelow(targets[k].scale, scale);
    float bestGain = -1e30f;
    double q = 0.0;
    double qq = 0.0;
    double xq = 0.0;
    for (int half = 0; half < 2; ++half) {
      Lanes scaleCode;
      Lanes minimumCode;
      for (int i = 0; i < laneCount; ++i) {
        const int candidate = bounded(s - 1 + 2 * half + i / 4);
        // A larger step that leaves the middle of the range where it is moves the minimum.
        const float shift =
            0.5f * static_cast<float>(levels) * (scale * static_cast<float>(candidate) - targets[k].scale);
        const int m = wholeBelow(targets[k].minimum + shift, minimum);
        scaleCode[i] = static_cast<float>(candidate);
        minimumCode[i] = static_cast<float>(bounded(m - 1 + i % 4));
      }
      const Lanes step = scale * scaleCode;
      const Lanes offset = minimum * minimumCode;
      const Lanes inverse = inversesOrZero(step);
      const CodeSums codes = codeSums<Codes, size>(block.x + k * size, block.p + k * size, inverse, offset * inverse);
      const Lanes gains = step * (2.0f * codes.xq - step * codes.qq + 2.0f * offset * codes.q) -
                          offset * (2.0f * sums[k].x + offset * sums[k].p);
      const int best = largestLane(gains);
      if (!(gains[best] > bestGain)) continue;
      bestGain = gains[best];
      trial.scales[k] = static_cast<uint8_t>(scaleCode[best]);
      trial.minimums[k] = static_cast<uint8_t>(minimumCode[best]);
      q = codes.q[best];
      qq = codes.qq[best];
      xq = codes.xq[best];
    }
    const double sk = trial.scales[k];
    const double mk = trial.minimums[k];
    total.ss += sk * sk * qq;
    total.sm += sk * mk * q;
    total.mm += mk * mk * sums[k].p;
    total.sx += sk * xq;
    total.mx += mk * sums[k].x;
    total.gain += bestGain;
  }

  LATHE_HD static void refit(const AffineSums& fitted, float& scale, float& minimum) {
    const double determinant = fitted.ss * fitted.mm - fitted.sm * fitted.sm;
    if (determinant > 1e-9 * fitted.ss * fitted.mm) {
      const double d = (fitted.sx * fitted.mm - fitted.mx * fitted.sm) / determinant;
      const double dmin = (fitted.sx * fitted.sm - fitted.mx * fitted.ss) / determinant;
      if (d > 0.0 && dmin > 0.0) {
        scale = static_cast<float>(d);
        minimum = static_cast<float>(dmin);
      }
    } else if (fitted.ss > 0.0 && fitted.mm == 0.0) {
      scale = static_cast<float>(fitted.sx / fitted.ss);
    }
  }

  LATHE_HD static int bounded(int value) { return value < 0 ? 0 : value > most ? most : value; }

  // floor(value / unit) between 0 and most; 0 where unit is.
  LATHE_HD static int wholeBelow(float value, float unit) {
    const float inverse = inverseOrZero(unit);
    return roundBetween(value * inverse - 0.5f, 0, most);
  }
};

// zeroCode: the code that is 0 when minimums are tied to scales.
template <int runs, int size, int levels, int most, int zeroCode>
LATHE_HD inline void chooseAffine(AffineGrid<runs>& grid, const float* w, const float* importance, bool exactZeros) {
  static_assert((zeroCode & (zeroCode - 1)) == 0, "zeroCode * d has to be an F16");
  constexpr int rounds = 3;
  Weighted<runs * size> block;
  prepare(block, w, importance);
  grid.d = 0;
  grid.dmin = 0;
  for (int k = 0; k < runs; ++k) grid.scales[k] = grid.minimums[k] = 0;
  if (block.unit > 0.0f && !exactZeros) {
    const AffineSuperSearch<runs, size, levels, most> search(block);
    search.search(grid, rounds);
  } else if (block.unit > 0.0f) {
    SignedSuperSearch<runs, size, -zeroCode, levels - zeroCode, 0, most> search(block);
    search.search(rounds);
    // d is bounded so that dmin is finite; 65504 / zeroCode is an F16.
    const float bound = largestHalf / static_cast<float>(zeroCode);
    const float d = halfToFloat(search.d);
    grid.d = floatToHalf(d > bound ? bound : d < -bound ? -bound : d);
    grid.dmin = floatToHalf(halfToFloat(grid.d) * static_cast<float>(zeroCode));
    for (int k = 0; k < runs; ++k) grid.scales[k] = grid.minimums[k] = static_cast<uint8_t>(search.scales[k]);
  }
  grid.finish();
}

LATHE_END

#endif
