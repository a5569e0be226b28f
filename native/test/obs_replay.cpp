#include "obs_replay.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lathe {
namespace test {

namespace {

class Replay {
 public:
  Replay(const ObsProblem& problem, const std::vector<double>& stored, const std::vector<uint8_t>& mask)
      : p_(problem), stored_(stored), mask_(mask), size_(problem.w.size()), spread_(problem.w.size()) {
    result_.compensated = p_.w;
    result_.bound.resize(p_.w.size());
    for (size_t i = 0; i < size_.size(); i++) size_[i] = std::fabs(p_.w[i]);
  }

  ObsReplay run() {
    for (int64_t j = 0; j < p_.cols; j++) {
      if (p_.options.ofM > 0 && j % p_.options.ofM == 0)
        for (int64_t r = 0; r < p_.rows; r++) judgeChoice(r, r + 1, j, j + p_.options.ofM);
      if (p_.options.ofM == 0 && p_.options.sparsity > 0 && j % p_.maskBlock == 0)
        judgeChoice(0, p_.rows, j, std::min(p_.cols, j + p_.maskBlock));
      for (int64_t r = 0; r < p_.rows; r++) step(r, j);
    }
    return result_;
  }

 private:
  double gamma(int64_t n) const {
    const double nu = static_cast<double>(n) * p_.roundoff;
    return nu / (1 - nu);
  }

  double boundAt(int64_t r, int64_t j, int64_t terms) const {
    return spread_[r * p_.cols + j] + gamma(terms + 1) * size_[r * p_.cols + j];
  }

  void judgeChoice(int64_t firstRow, int64_t lastRow, int64_t first, int64_t last) {
    double greatestPruned = -1, leastKept = std::numeric_limits<double>::infinity();
    int64_t zeros = 0;
    for (int64_t r = firstRow; r < lastRow; r++)
      for (int64_t j = first; j < last; j++) {
        const double diagonal = p_.u[j * p_.cols + j];
        const double ratio = std::fabs(result_.compensated[r * p_.cols + j]) / diagonal;
        const double error = boundAt(r, j, first) / diagonal + 3 * p_.roundoff * ratio + 2 * std::sqrt(p_.underflow);
        if (mask_[r * p_.cols + j]) {
          zeros++;
          greatestPruned = std::max(greatestPruned, std::max(0.0, ratio - error));
        } else {
          leastKept = std::min(leastKept, ratio + error);
        }
      }
    result_.zerosOfBlocks.push_back(zeros);
    if (greatestPruned >= 0 && std::isfinite(leastKept))
      result_.worstChoice = std::max(result_.worstChoice, (greatestPruned - leastKept) / std::max(leastKept, 1e-300));
  }

  void step(int64_t r, int64_t j) {
    const int64_t at = r * p_.cols + j;
    const double diagonal = p_.u[j * p_.cols + j];
    const double difference = result_.compensated[at] - stored_[at];
    result_.bound[at] = boundAt(r, j, j);
    // A weight that is neither pruned nor rounded is stored as it is: its error vanishes exactly.
    const bool kept = p_.options.type == 0 && !mask_[at];
    if (kept) return;
    const double e = difference / diagonal;
    const double error = (result_.bound[at] + 2 * p_.roundoff * std::fabs(difference)) / diagonal + p_.underflow;
    result_.loss += e * e;
    result_.lossBound += (2 * std::fabs(e) + error) * error;
    for (int64_t c = j + 1; c < p_.cols; c++) {
      const double factor = p_.u[j * p_.cols + c];
      result_.compensated[r * p_.cols + c] -= e * factor;
      size_[r * p_.cols + c] += std::fabs(e * factor);
      spread_[r * p_.cols + c] += error * std::fabs(factor) + p_.underflow;
    }
  }

  const ObsProblem& p_;
  const std::vector<double>& stored_;
  const std::vector<uint8_t>& mask_;
  std::vector<double> size_;    // |w0_j| + sum |e_k U_kj| so far
  std::vector<double> spread_;  // sum |U_kj| (error of e_k) so far
  ObsReplay result_;
};

}  // namespace

ObsReplay replay(const ObsProblem& problem, const std::vector<double>& stored, const std::vector<uint8_t>& mask) {
  return Replay(problem, stored, mask).run();
}

}  // namespace test
}  // namespace lathe
