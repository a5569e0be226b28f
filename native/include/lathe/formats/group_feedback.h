// One group of 8 columns of wideCount rows (16; one in a team) under error feedback: the codes that make |(w - q) M|^2
// small, row by row, where M is the inverse of the group's diagonal block of U (cpu/kernels/obs.cpp).
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
LATHE_HD inline void groupMetric(GroupMetric& metric, const float* u, int64_t stride) {
  LATHE_TEAM_SHARED double m[groupSize][groupSize];
  LATHE_TEAM_SHARED double a[groupSize][groupSize];
  for (int j = teamLane(); j < groupSize; j += teamSize) {
    for (int i = j + 1; i < groupSize; ++i) m[i][j] = 0.0;
    m[j][j] = 1.0 / u[j * stride + j];
    for (int i = j - 1; i >= 0; --i) {
      double sum = 0.0;
      for (int k = i + 1; k <= j; ++k) sum += u[i * stride + k] * m[k][j];
      m[i][j] = -sum / u[i * stride + i];
    }
  }
  teamSync();
  for (int i = teamLane(); i < groupSize; i += teamSize) {
    for (int j = i; j < groupSize; ++j) {
      double sum = 0.0;
      for (int k = j; k < groupSize; ++k) sum += m[i][k] * m[j][k];
      a[i][j] = a[j][i] = sum;
    }
  }
  teamSync();
  double greatest = 0.0;
  for (int i = 0; i < groupSize; ++i) greatest = a[i][i] > greatest ? a[i][i] : greatest;
  for (int i = teamLane(); i < groupSize; i += teamSize)
    for (int j = 0; j < groupSize; ++j) metric.a[i][j] = static_cast<float>(a[i][j] / greatest);
  teamSync();
}

// Codes of one group in wideCount rows, and what they decode to in units of the rows' scales.
template <class Code>
struct RowCodes {
  Code code[wideCount];
  float value[groupSize][wideCount];
};

// e A e^T and A e of the rows.
LATHE_HD inline void measureErrors(float* cost, float (&pull)[groupSize][wideCount], const GroupMetric& metric,
                                   const float (&wanted)[groupSize][wideCount],
                                   const float (&value)[groupSize][wideCount]) {
  LATHE_TEAM_SHARED float part[groupSize][wideCount];
  WideLanes e[groupSize];
  for (int j = 0; j < groupSize; ++j) e[j] = loadWide(wanted[j]) - loadWide(value[j]);
  for (int j = teamLane(); j < groupSize; j += teamSize) {
    WideLanes product = metric.a[j][0] * e[0];
    for (int i = 1; i < groupSize; ++i) product = product + metric.a[j][i] * e[i];
    storeWide(pull[j], product);
    storeWide(part[j], product * (loadWide(wanted[j]) - loadWide(value[j])));
  }
  teamSync();
  WideLanes sum = wide(0.0f);
  for (int j = 0; j < groupSize; ++j) sum = sum + loadWide(part[j]);
  storeWide(cost, sum);
  teamSync();
}

// Codes group `group` of wideCount rows with grids [lanes]. w [groupSize][wideCount] are its weights; q takes the
// decoded values, 0 in lanes that are not in use.
template <class Format>
LATHE_HD LATHE_OUTLINE inline void codeRows(typename Format::Code* codes, float (&q)[groupSize][wideCount],
                                            const typename Format::Grid* grids, int lanes, int group,
                                            const GroupMetric& metric, const float (&w)[groupSize][wideCount]) {
  constexpr float farthest = 1e6f;  // beyond any value of a codebook
  constexpr int repetitions = 3;
  using Fit = typename Format::Fit;
  float scale[wideCount] = {};
  float shift[wideCount] = {};
  for (int lane = 0; lane < lanes; ++lane) Fit::readGrid(scale[lane], shift[lane], grids[lane], group);
  LATHE_TEAM_SHARED LaneGroups<1> given;
  LATHE_TEAM_SHARED LaneGroups<1> groups;
  teamSync();
  for (int lane = teamLane(); lane < wideCount; lane += teamSize) {
    given.scale[lane] = groups.scale[lane] = 1.0f;
    given.shift[lane] = groups.shift[lane] = shift[lane];
  }
  for (int j = teamLane(); j < groupSize; j += teamSize) {
    for (int lane = 0; lane < wideCount; ++lane) {
      const float x = w[j][lane] * inverseOrZero(scale[lane]);
      given.x[j][lane] = groups.x[j][lane] = x < -farthest ? -farthest : x > farthest ? farthest : x;
      given.p[j][lane] = groups.p[j][lane] = metric.a[j][j];
    }
  }
  LATHE_TEAM_SHARED RowCodes<typename Format::Code> best;
  teamSync();
  Fit::bestCodes(best, groups);
  float cost[wideCount];
  LATHE_TEAM_SHARED float pull[groupSize][wideCount];
  measureErrors(cost, pull, metric, given.x, best.value);
  for (int repetition = 0; repetition < repetitions; ++repetition) {
    for (int lane = teamLane(); lane < wideCount; lane += teamSize) groups.shift[lane] = given.shift[lane];
    for (int j = teamLane(); j < groupSize; j += teamSize) {
      const float inverse = 1.0f / metric.a[j][j];
      for (int lane = 0; lane < wideCount; ++lane) groups.x[j][lane] = best.value[j][lane] + inverse * pull[j][lane];
    }
    LATHE_TEAM_SHARED RowCodes<typename Format::Code> other;
    teamSync();
    Fit::bestCodes(other, groups);
    float otherCost[wideCount];
    LATHE_TEAM_SHARED float otherPull[groupSize][wideCount];
    measureErrors(otherCost, otherPull, metric, given.x, other.value);
    for (int lane = 0; lane < wideCount; ++lane) {
      const bool better = otherCost[lane] < cost[lane];
      if (teamLane() == 0) best.code[lane] = better ? other.code[lane] : best.code[lane];
      cost[lane] = better ? otherCost[lane] : cost[lane];
      for (int j = teamLane(); j < groupSize; j += teamSize) {
        best.value[j][lane] = better ? other.value[j][lane] : best.value[j][lane];
        pull[j][lane] = better ? otherPull[j][lane] : pull[j][lane];
      }
    }
  }
  for (int lane = 0; lane < wideCount; ++lane) {
    if (teamLane() == 0) codes[lane] = best.code[lane];
    for (int j = teamLane(); j < groupSize; j += teamSize) q[j][lane] = scale[lane] * best.value[j][lane];
  }
  teamSync();
}

LATHE_END

#endif
