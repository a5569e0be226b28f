// OBS pruning and quantization once more: one column after the other over the whole matrix, in double precision, with a
// bound of what another order of summation and a shorter type may make of every weight.
//
// Given the mask that the backend chose and, when it quantizes, the values that it stored, the replay follows the same
// path, so that the results can be compared without the discontinuities of masks and rounding. Whether those choices
// were right is judged besides, from the replay's own scores.
//
// The bound is a running error analysis (Higham, Accuracy and Stability, 3.3). A weight reaches column j as
// w_j = w0_j - sum over k < j of e_k U_kj, with e_k = (w_k - q_k) / U_kk. If w_k is off by d_k and q_k is the value
// that the backend stored, then e_k is off by at most (d_k + 2 u |w_k - q_k|) / U_kk, and the sum, in any order and
// blocking, by sum |U_kj| (error of e_k) + gamma_(j+1) (|w0_j| + sum |e_k U_kj|).
#ifndef LATHE_TEST_OBS_REPLAY_H
#define LATHE_TEST_OBS_REPLAY_H

#include <cstdint>
#include <vector>

#include "lathe/backend.h"

namespace lathe {
namespace test {

struct ObsProblem {
  int64_t rows;
  int64_t cols;
  std::vector<double> w;  // [rows x cols] as handed in, dead columns zeroed
  std::vector<double> u;  // [cols x cols]
  ObsOptions options;
  int64_t maskBlock;  // that the options come to
  // Of the type that the backend computes in: half of the distance from 1 to the next number, and from 0.
  double roundoff;
  double underflow;
};

struct ObsReplay {
  std::vector<double> compensated;  // [rows x cols]: each weight when its column is reached
  std::vector<double> bound;        // [rows x cols]: how far off the backend's may be
  double loss = 0;
  double lossBound = 0;
  std::vector<int64_t> zerosOfBlocks;
  // Over all places where a mask is chosen: (a pruned score, less its bound) - (a kept score, plus its bound), relative
  // to the kept score. Not positive where the choice is right as far as can be told.
  double worstChoice = -1;
};

// stored [rows x cols] and mask [rows x cols] are the backend's results.
ObsReplay replay(const ObsProblem& problem, const std::vector<double>& stored, const std::vector<uint8_t>& mask);

}  // namespace test
}  // namespace lathe

#endif
