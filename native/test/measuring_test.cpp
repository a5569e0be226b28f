// Log-probabilities and KL divergence against double precision (references.h), and the search for values that are not
// finite.
#include <algorithm>
#include <cmath>
#include <limits>

#include "backends.h"
#include "references.h"

using namespace lathe;
using namespace lathe::test;

TEST(logProbabilitiesAreExact) {
  for (const int64_t vocabulary : {1, 13, 32, 129, 4098, 50000})
    for (const Filling filling : kFillings) {
      const int64_t tokens = vocabulary > 1000 ? 3 : 9;
      std::vector<float> logits = filled(tokens * vocabulary, filling, 31, 1e30f);
      for (float& x : logits) x = std::fabs(x) <= 1 ? x * 20 : x;
      std::vector<int32_t> targets(static_cast<size_t>(tokens));
      for (int64_t t = 0; t < tokens; t++) targets[t] = static_cast<int32_t>(t * 7 % vocabulary);
      const std::string where = text("logProbabilities over ", vocabulary, " ", nameOf(filling));
      const std::vector<double> found = runEverywhere<double>(where, [&](Backend& backend) {
        Guarded<double> out(tokens);
        backend.logProbabilities(out.data(), logits.data(), targets.data(), tokens, vocabulary);
        return out.values(where);
      });
      checkReference(found, logProbabilitiesReference(logits, targets, vocabulary), where);
    }
}

TEST(klDivergenceComparesRows) {
  for (const int64_t vocabulary : {1, 13, 32, 129, 4098, 50000}) {
    const int64_t tokens = 5;
    std::vector<float> reference = randomValues(tokens * vocabulary, 32, 15.0f), logits = reference;
    const std::vector<float> noise = randomValues(tokens * vocabulary, 33, 0.5f);
    for (int64_t i = vocabulary; i < tokens * vocabulary; i++) logits[i] += noise[i];  // the first row stays the same
    const std::string where = text("klDivergence over ", vocabulary);
    const std::vector<double> found = runEverywhere<double>(where, [&](Backend& backend) {
      Guarded<double> out(tokens);
      Guarded<uint8_t> same(tokens);
      backend.klDivergence(out.data(), same.data(), reference.data(), logits.data(), tokens, vocabulary);
      std::vector<double> both = out.values(where);
      for (const uint8_t flag : same.values(where)) both.push_back(flag);
      return both;
    });
    checkReference(found, klDivergenceReference(reference, logits, tokens, vocabulary), where);
    for (const double divergence : found) CHECK(divergence >= 0, where);
  }
}

TEST(equalTopsAreTakenByIndex) {
  std::vector<float> reference(40, 1.0f), logits(40, 1.0f);
  logits[0] = 0.5f;  // the reference's first is 0, here it is 1
  double divergence;
  uint8_t same;
  for (const auto& backend : backends()) {
    backend->klDivergence(&divergence, &same, reference.data(), logits.data(), 1, 40);
    CHECK_EQUAL(int(same), 0);
    backend->klDivergence(&divergence, &same, reference.data(), reference.data(), 1, 40);
    CHECK_EQUAL(int(same), 1);
    CHECK_NEAR(divergence, 0, 1e-6);
  }
}

TEST(measuringShowsNaN) {
  for (const auto& backend : backends()) {
    std::vector<float> logits = randomValues(33, 34);
    const std::vector<float> reference = logits;
    double value = 0;
    uint8_t same;
    const int32_t target = 3;
    for (const size_t at : {size_t(0), size_t(7), size_t(32)}) {
      logits = reference;
      logits[at] = std::nanf("");
      backend->logProbabilities(&value, logits.data(), &target, 1, 33);
      CHECK(std::isnan(value), "NaN at ", at, " gave ", value);
      backend->klDivergence(&value, &same, reference.data(), logits.data(), 1, 33);
      CHECK(std::isnan(value), "NaN at ", at, " gave ", value);
    }
  }
}

TEST(targetsOutsideTheVocabularyAreRefused) {
  const std::vector<float> logits(4 * 13);
  std::vector<double> out(4);
  for (const auto& backend : backends()) {
    for (const int32_t wrong : {-1, 13}) {
      const std::vector<int32_t> targets = {0, 1, wrong, 2};
      CHECK_THROWS(backend->logProbabilities(out.data(), logits.data(), targets.data(), 4, 13), "logProbabilities",
                   text("target ", wrong), "position 2", "13");
      std::vector<float> y(4 * 8), table(13 * 8);
      CHECK_THROWS(backend->embedding(y.data(), table.data(), kF32, 13, 8, targets.data(), 4), "embedding",
                   text("token ", wrong), "position 2", "13");
    }
    // The failed tasks leave the backend in order.
    const std::vector<int32_t> targets = {0, 1, 12, 2};
    backend->logProbabilities(out.data(), logits.data(), targets.data(), 4, 13);
    CHECK_NEAR(out[3], -std::log(13.0), 1e-6);
  }
}

TEST(findNonFiniteGivesTheFirst) {
  for (const int64_t count : {1, 13, 32, 129, 4098, 1000000}) {
    for (const Filling filling : kFillings) {
      const std::vector<float> x = filled(count, filling, 35, 3e38f);
      for (const auto& backend : backends()) CHECK_EQUAL(backend->findNonFinite(x.data(), count), int64_t(-1));
    }
    std::vector<float> x = randomValues(count, 36);
    for (const float bad :
         {std::nanf(""), std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()})
      for (const int64_t at : {count - 1, count / 2, int64_t(0)}) {
        x[at] = bad;  // the later ones stay
        for (const auto& backend : backends()) CHECK_EQUAL(backend->findNonFinite(x.data(), count), at, count);
        if (at == 0) x = randomValues(count, 36);
      }
  }
  CHECK_EQUAL(backends().front()->findNonFinite(nullptr, 0), int64_t(-1));
}
