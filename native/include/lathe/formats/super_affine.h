// Super-blocks of runs of weights with a scale and a minimum per run: w = d * s_k * q - dmin * m_k, q a whole code
// between 0 and levels, s_k and m_k whole numbers between 0 and most, d and dmin F16. Q2_K, Q4_K and Q5_K are of this
// kind.
//
// Each run's best scale and minimum are searched alone; then, by turns, every (s_k, m_k) is chosen by the error that it
// gives with d and dmin, and d and dmin are refitted to the codes by least squares.
#ifndef LATHE_FORMATS_SUPER_AFFINE_H
#define LATHE_FORMATS_SUPER_AFFINE_H

#include "lathe/formats/super_tied.h"

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
    double gain = 0.0;
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
    const float s = static_cast<float>(roundBetween(targets[k].scale * inverseOrZero(scale) - 0.5f, 0, most));
    const Lanes inverseMinimum = lanes(inverseOrZero(minimum));
    float bestGain = -1e30f;
    double q = 0.0;
    double qq = 0.0;
    double xq = 0.0;
    for (int half = 0; half < 2; ++half) {
      const Lanes scaleCode =
          bounded(s + 2.0f * static_cast<float>(half) + lanes(-1.0f, -1.0f, -1.0f, -1.0f, 0.0f, 0.0f, 0.0f, 0.0f));
      const Lanes step = scale * scaleCode;
      // A larger step that leaves the middle of the range where it is moves the minimum.
      const Lanes centred = targets[k].minimum + (0.5f * Codes::high) * (step - targets[k].scale);
      Lanes minimumCode = bounded(centred * inverseMinimum - 0.5f);
      minimumCode = bounded(minimumCode + lanes(-1.0f, 0.0f, 1.0f, 2.0f, -1.0f, 0.0f, 1.0f, 2.0f));
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

  // The nearest whole numbers from 0 to most.
  LATHE_HD static Lanes bounded(Lanes value) {
    return roundBetween(value, lanes(0.0f), lanes(static_cast<float>(most)));
  }
};

// ratio: dmin / d where exact zeros are asked for (super_tied.h).
template <int runs, int size, int levels, int most, int ratio>
LATHE_HD inline void chooseAffine(AffineGrid<runs>& grid, const float* w, const float* importance, bool exactZeros) {
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
    TiedSuperSearch<runs, size, levels, most, ratio> search(block);
    search.search(rounds);
    grid.d = search.d;
    grid.dmin = floatToHalf(halfToFloat(search.d) * static_cast<float>(ratio));
    memcpy(grid.scales, search.scales, sizeof grid.scales);
    memcpy(grid.minimums, search.minimums, sizeof grid.minimums);
  }
  grid.finish();
}

LATHE_END

#endif
