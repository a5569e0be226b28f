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
    teamSync();
    for (int k = teamLane(); k < runs; k += teamSize) {
      scale[k] = halfToFloat(d) * static_cast<float>(scales[k]);
      minimum[k] = halfToFloat(dmin) * static_cast<float>(minimums[k]);
      inverse[k] = inverseOrZero(scale[k]);
    }
    teamSync();
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

// The best codes of one run under d and dmin, and their sums.
struct AffineRun {
  uint8_t scale;    // s_k
  uint8_t minimum;  // m_k
  float q;          // sum p q
  float qq;         // sum p q^2
  float xq;         // sum p x q
  float gain;       // of sum(p x^2)
};

// Chooses d, dmin, s_k and m_k.
template <int runs, int size, int levels, int most>
struct AffineSuperSearch {
  using Codes = WholeCodes<0, levels>;
  Weighted<runs * size, size> block;  // unit > 0
  RunSums sums[runs];
  FittedRange targets[runs];
  AffineRun trial[runs];

  LATHE_HD void search(AffineGrid<runs>& grid, int rounds) {
    fitRuns();
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
      const uint16_t d = nonZeroHalf(scale * block.unit);
      const uint16_t dmin = nonZeroHalf(minimum * block.unit);
      const AffineSums fitted = assign(halfToFloat(d) / block.unit, halfToFloat(dmin) / block.unit);
      if (!(fitted.gain > gain)) break;
      gain = fitted.gain;
      keep(grid, d, dmin);
      refit(fitted, scale, minimum);
    }
  }

 private:
  LATHE_HD void fitRuns() {
    for (int k = octet(); k < runs; k += octets) {
      const RunSums run = runSums<size>(block.xOf(k), block.pOf(k));
      const FittedRange target = fitRange<Codes, size, false>(block.xOf(k), block.pOf(k), run);
      if (octetLane() != 0) continue;
      sums[k] = run;
      targets[k] = target;
    }
    teamSync();
  }

  // Chooses all s_k and m_k under d = scale and dmin = minimum.
  LATHE_HD AffineSums assign(float scale, float minimum) {
    for (int k = octet(); k < runs; k += octets) {
      const AffineRun run = bestCodes(k, scale, minimum);
      if (octetLane() == 0) trial[k] = run;
    }
    teamSync();
    AffineSums total = {0.0, 0.0, 0.0, 0.0, 0.0, 0.0};
    for (int k = 0; k < runs; ++k) {
      const double sk = trial[k].scale;
      const double mk = trial[k].minimum;
      total.ss += sk * sk * trial[k].qq;
      total.sm += sk * mk * trial[k].q;
      total.mm += mk * mk * sums[k].p;
      total.sx += sk * trial[k].xq;
      total.mx += mk * sums[k].x;
      total.gain += trial[k].gain;
    }
    return total;
  }

  LATHE_HD void keep(AffineGrid<runs>& grid, uint16_t d, uint16_t dmin) const {
    if (teamLane() == 0) {
      grid.d = d;
      grid.dmin = dmin;
    }
    for (int k = teamLane(); k < runs; k += teamSize) {
      grid.scales[k] = trial[k].scale;
      grid.minimums[k] = trial[k].minimum;
    }
    teamSync();
  }

  LATHE_HD AffineRun bestCodes(int k, float scale, float minimum) const {
    const float s = static_cast<float>(roundBetween(targets[k].scale * inverseOrZero(scale) - 0.5f, 0, most));
    const Lanes inverseMinimum = lanes(inverseOrZero(minimum));
    AffineRun run = {0, 0, 0.0f, 0.0f, 0.0f, -1e30f};
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
      const CodeSums codes = codeSums<Codes, size>(block.xOf(k), block.pOf(k), inverse, offset * inverse);
      const Lanes gains = step * (2.0f * codes.xq - step * codes.qq + 2.0f * offset * codes.q) -
                          offset * (2.0f * sums[k].x + offset * sums[k].p);
      const int best = largestLane(gains);
      const float gain = laneOf(gains, best);
      if (!(gain > run.gain)) continue;
      run.gain = gain;
      run.scale = static_cast<uint8_t>(laneOf(scaleCode, best));
      run.minimum = static_cast<uint8_t>(laneOf(minimumCode, best));
      run.q = laneOf(codes.q, best);
      run.qq = laneOf(codes.qq, best);
      run.xq = laneOf(codes.xq, best);
    }
    return run;
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
  if (teamLane() == 0) grid.d = grid.dmin = 0;
  for (int k = teamLane(); k < runs; k += teamSize) grid.scales[k] = grid.minimums[k] = 0;
  if (!exactZeros) {
    LATHE_TEAM_SHARED AffineSuperSearch<runs, size, levels, most> search;
    prepare(search.block, w, importance);
    if (search.block.unit > 0.0f) search.search(grid, rounds);
  } else {
    LATHE_TEAM_SHARED TiedSuperSearch<runs, size, levels, most, ratio> search;
    prepare(search.block, w, importance);
    if (search.block.unit > 0.0f) search.search(grid, rounds);
  }
  grid.finish();
}

LATHE_END

#endif
