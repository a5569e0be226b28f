// Measuring on the device and on the CPU, at all sizes and under all schedules.
#include <limits>

#include "comparison.h"

using namespace lathe;
using namespace lathe::test;

namespace {

// A token is a block of 256 threads that meet at a dozen barriers.
int schedulesOf(int64_t tokens) { return affordableSchedules(0.7 * static_cast<double>(tokens)); }

void compareLogProbabilities(int64_t tokens, int64_t vocabulary) {
  const std::vector<float> logits = randomValues(tokens * vocabulary, 841, 15.0f);
  std::vector<int32_t> targets(static_cast<size_t>(tokens));
  for (int64_t t = 0; t < tokens; t++) targets[t] = static_cast<int32_t>(t * 7 % vocabulary);
  checkNearCpu<double>(
      [&](Backend& backend) {
        Held<float> in(backend, logits);
        std::vector<double> result(targets.size());
        backend.logProbabilities(result.data(), in.data(), targets.data(), tokens, vocabulary);
        return result;
      },
      logProbabilitiesReference(logits, targets, vocabulary), text("logProbabilities of ", tokens, " x ", vocabulary),
      schedulesOf(tokens));
}

// Every third row is the reference's own, where rounding must not give a negative divergence.
void compareDivergence(int64_t tokens, int64_t vocabulary) {
  const std::vector<float> reference = randomValues(tokens * vocabulary, 842, 15.0f);
  const std::vector<float> noise = randomValues(tokens * vocabulary, 843, 0.5f);
  std::vector<float> logits = reference;
  for (int64_t i = 0; i < tokens * vocabulary; i++)
    if (i / vocabulary % 3 != 0) logits[i] += noise[i];
  checkNearCpu<double>(
      [&](Backend& backend) {
        Held<float> p(backend, reference), q(backend, logits);
        std::vector<double> result(static_cast<size_t>(tokens));
        std::vector<uint8_t> same(result.size());
        backend.klDivergence(result.data(), same.data(), p.data(), q.data(), tokens, vocabulary);
        for (const double divergence : result) CHECK(divergence >= 0, "a negative divergence");
        result.insert(result.end(), same.begin(), same.end());
        return result;
      },
      klDivergenceReference(reference, logits, tokens, vocabulary), text("klDivergence of ", tokens, " x ", vocabulary),
      schedulesOf(tokens));
}

}  // namespace

TEST(cudaMeasuresProbabilitiesLikeTheCpu) {
  for (const int64_t size : kSizes) {
    compareLogProbabilities(size, beside(size));
    compareLogProbabilities(beside(size), size);
  }
}

TEST(cudaMeasuresDivergencesLikeTheCpu) {
  for (const int64_t size : kSizes) {
    compareDivergence(size, beside(size));
    compareDivergence(beside(size), size);
  }
}

TEST(cudaFindsWhatIsNotFiniteLikeTheCpu) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const int64_t size : kSizes) {
    std::vector<float> x = randomValues(size, 844);
    const auto check = [&](const char* what) {
      checkSameAsCpu<int64_t>(
          [&](Backend& backend) {
            Held<float> in(backend, x);
            return std::vector<int64_t>{backend.findNonFinite(in.data(), size)};
          },
          text("findNonFinite in ", size, ", ", what));
    };
    check("none");
    x[size - 1] = std::nanf("");
    check("the last");
    x[size / 2] = -infinity;
    check("the middle");
    x[size / 3] = infinity;
    check("three");
  }
}
