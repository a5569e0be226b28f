// One group of 8 columns of 16 rows under error feedback: the codes that make |(w - q) M|^2 small, row by row, where M
// is the inverse of the group's diagonal block of U (cpu/kernels/obs.cpp).
//
// With A = M M^T the error is e A e^T, e = w - q. Its diagonal alone makes coordinates independent, and the search of
// group_search.h finds the best code. A coordinate whose neighbours' errors are known is best at
//
//   w_j + sum over i != j of A_ij e_i / A_jj,
//
// so the search is repeated with these as the weights, and what it finds is taken where it makes e A e^T less.
#ifndef LATHE_FORMATS_GROUP_FEEDBACK_H
#define LATHE_FORMATS_GROUP_FEEDBACK_H

#include "lathe/formats/group_search.h"
#include "lathe/formats/scale_search.h"

LATHE_BEGIN

// A = M M^T over its greatest diagonal element.
struct GroupMetric {
  float a[groupSize][groupSize];
};

// u: the group's diagonal block of U, upper triangular with a positive diagonal; from a row to the next, stride.
LATHE_HD inline GroupMetric groupMetric(const float* u, int64_t stride) {
  double m[groupSize][groupSize] = {};
  for (int j = 0; j < groupSize; ++j) {
    m[j][j] = 1.0 / u[j * stride + j];
    for (int i = j - 1; i >= 0; --i) {
      double sum = 0.0;
      for (int k = i + 1; k <= j; ++k) sum += u[i * stride + k] * m[k][j];
      m[i][j] = -sum / u[i * stride + i];
    }
  }
  double a[groupSize][groupSize];
  double greatest = 0.0;
  for (int i = 0; i < groupSize; ++i) {
    for (int j = i; j < groupSize; ++j) {
      double sum = 0.0;
      for (int k = j; k < groupSize; ++k) sum += m[i][k] * m[j][k];
      a[i][j] = a[j][i] = sum;
    }
    greatest = a[i][i] > greatest ? a[i][i] : greatest;
  }
  GroupMetric metric;
  for (int i = 0; i < groupSize; ++i)
    for (int j = 0; j < groupSize; ++j) metric.a[i][j] = static_cast<float>(a[i][j] / greatest);
  return metric;
}

// Codes of one group in 16 rows, and what they decode to in units of the rows' scales.
template <class Code>
struct RowCodes {
  Code code[wideCount];
  float value[groupSize][wideCount];
};

// e A e^T and A e of 16 rows.
LATHE_HD inline void measureErrors(float* cost, float (&pull)[groupSize][wideCount], const GroupMetric& metric,
                                   const float (&wanted)[groupSize][wideCount],
                                   const float (&value)[groupSize][wideCount]) {
  WideLanes e[groupSize];
  for (int j = 0; j < groupSize; ++j) e[j] = loadWide(wanted[j]) - loadWide(value[j]);
  WideLanes sum = wide(0.0f);
  for (int j = 0; j < groupSize; ++j) {
    WideLanes product = metric.a[j][0] * e[0];
    for (int i = 1; i < groupSize; ++i) product = product + metric.a[j][i] * e[i];
    storeWide(pull[j], product);
    sum = sum + product * e[j];
  }
  storeWide(cost, sum);
}

// Codes group `group` of 16 rows with grids [lanes]. w [groupSize][wideCount] are its weights; q takes the decoded
// values, 0 in lanes that are not in use.
template <class Format>
LATHE_HD LATHE_OUTLINE inline void codeRows(typename Format::Code* codes, float (&q)[groupSize][wideCount],
                                            const typename Format::Grid* grids, int lanes, int group,
                                            const GroupMetric& metric, const float (&w)[groupSize][wideCount]) {
  constexpr float farthest = 1e6f;  // beyond any value of a codebook
  constexpr int repetitions = 3;
  using Fit = typename Format::Fit;
  float scale[wideCount] = {};
  LaneGroups<1> given;
  for (int lane = 0; lane < wideCount; ++lane) {
    given.scale[lane] = 1.0f;
    given.shift[lane] = 0.0f;
  }
  for (int lane = 0; lane < lanes; ++lane) Fit::readGrid(scale[lane], given.shift[lane], grids[lane], group);
  for (int j = 0; j < groupSize; ++j) {
    for (int lane = 0; lane < wideCount; ++lane) {
      const float x = w[j][lane] * inverseOrZero(scale[lane]);
      given.x[j][lane] = x < -farthest ? -farthest : x > farthest ? farthest : x;
      given.p[j][lane] = metric.a[j][j];
    }
  }
  RowCodes<typename Format::Code> best;
  LaneGroups<1> groups = given;
  Fit::bestCodes(best, groups);
  float cost[wideCount];
  float pull[groupSize][wideCount];
  measureErrors(cost, pull, metric, given.x, best.value);
  for (int repetition = 0; repetition < repetitions; ++repetition) {
    groups = given;
    for (int j = 0; j < groupSize; ++j) {
      const float inverse = 1.0f / metric.a[j][j];
      for (int lane = 0; lane < wideCount; ++lane) groups.x[j][lane] = best.value[j][lane] + inverse * pull[j][lane];
    }
    RowCodes<typename Format::Code> other;
    Fit::bestCodes(other, groups);
    float otherCost[wideCount];
    float otherPull[groupSize][wideCount];
    measureErrors(otherCost, otherPull, metric, given.x, other.value);
    for (int lane = 0; lane < wideCount; ++lane) {
      const bool better = otherCost[lane] < cost[lane];
      best.code[lane] = better ? other.code[lane] : best.code[lane];
      cost[lane] = better ? otherCost[lane] : cost[lane];
      for (int j = 0; j < groupSize; ++j) {
        best.value[j][lane] = better ? other.value[j][lane] : best.value[j][lane];
        pull[j][lane] = better ? otherPull[j][lane] : pull[j][lane];
      }
    }
  }
  for (int lane = 0; lane < wideCount; ++lane) {
    codes[lane] = best.code[lane];
    for (int j = 0; j < groupSize; ++j) q[j][lane] = scale[lane] * best.value[j][lane];
  }
}

LATHE_END

#endif
