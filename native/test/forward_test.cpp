// The forward pass against loops in double precision.
//
// Bounds: u is the unit roundoff of F32. A sum of n products in any order is off by at most n u / (1 - n u) times the
// sum of their magnitudes (Higham, Accuracy and Stability, 3.1); each further operation adds u of its result; where a
// result can be denormal, each operation adds kUnderflow32.
#include <algorithm>
#include <cmath>

#include "backends.h"
#include "kernels/vector_math.h"

using namespace lathe;
using namespace lathe::test;

namespace {

double gamma(int64_t n) {
  const double nu = static_cast<double>(n) * kRoundoff32;
  return nu / (1 - nu);
}

// Relative error that vector_math.h states for its exp.
constexpr double kExpError = 3e-7;

std::string sized(const char* operation, int64_t size, Filling filling) {
  return text(operation, " of ", size, " ", nameOf(filling), " values");
}

}  // namespace

TEST(exponentialKeepsItsStatedError) {
  for (int64_t i = 0; i <= 2000000; i++) {
    const float x = -87.3f + static_cast<float>(i) * (175.6f / 2000000);
    const double expected = std::exp(static_cast<double>(x));
    CHECK_NEAR(exponential(x), expected, kExpError * expected, "exp(", x, ")");
  }
  CHECK_EQUAL(exponential(0.0f), 1.0f);
  CHECK_EQUAL(exponential(-1e30f), 0.0f);
  CHECK(std::isinf(exponential(1e30f)));
  CHECK(std::isnan(exponential(std::nanf(""))));
}

TEST(rmsNormScalesRows) {
  constexpr float kEpsilon = 1e-5f;
  for (const int64_t cols : {1, 13, 31, 32, 33, 127, 128, 129, 1000, 4098})
    for (const Filling filling : kFillings) {
      const int64_t tokens = cols > 500 ? 3 : 67;
      const std::vector<float> x = filled(tokens * cols, filling, 1);
      const std::vector<float> weight = randomValues(cols, 2);
      const std::string where = sized("rmsNorm", cols, filling);
      const std::vector<float> y = runEverywhere<float>(where, [&](Backend& backend) {
        Guarded<float> out(tokens * cols);
        backend.rmsNorm(out.data(), x.data(), weight.data(), tokens, cols, kEpsilon);
        return out.values(where);
      });
      for (int64_t t = 0; t < tokens; t++) {
        double squares = 0;
        for (int64_t i = 0; i < cols; i++) squares += std::pow(static_cast<double>(x[t * cols + i]), 2);
        const double scale = 1 / std::sqrt(squares / static_cast<double>(cols) + kEpsilon);
        for (int64_t i = 0; i < cols; i++) {
          const double expected = x[t * cols + i] * scale * weight[i];
          // The scale's rounding to F32 and two products; the F64 sum adds far less than u.
          const double bound = 3.1 * kRoundoff32 * std::fabs(expected) + 2 * kUnderflow32;
          CHECK_NEAR(y[t * cols + i], expected, bound, where, " at ", t, ",", i);
        }
      }
    }
}

TEST(rmsNormWorksInPlace) {
  const int64_t tokens = 5, cols = 129;
  const std::vector<float> x = randomValues(tokens * cols, 3), weight = randomValues(cols, 4);
  const std::vector<float> apart = runEverywhere<float>("rmsNorm", [&](Backend& backend) {
    Guarded<float> out(tokens * cols);
    backend.rmsNorm(out.data(), x.data(), weight.data(), tokens, cols, 1e-6f);
    return out.values("rmsNorm");
  });
  const std::vector<float> inPlace = runEverywhere<float>("rmsNorm in place", [&](Backend& backend) {
    Guarded<float> out(x);
    backend.rmsNorm(out.data(), out.data(), weight.data(), tokens, cols, 1e-6f);
    return out.values("rmsNorm in place");
  });
  CHECK(apart == inPlace);
}

TEST(ropeTurnsPairs) {
  struct Case {
    int64_t tokens, length, heads, headSize, rotarySize;
    float magnitude;
  };
  for (const Case& c : {Case{7, 7, 1, 2, 2, 1.0f}, Case{150, 50, 3, 64, 64, 1.0f}, Case{66, 33, 2, 13, 6, 1.25f},
                        Case{4, 4098, 5, 128, 32, 1.0f}})
    for (const bool interleaved : {false, true}) {
      const int64_t half = c.rotarySize / 2;
      const std::vector<float> x = randomValues(c.tokens * c.heads * c.headSize, 5, 3.0f);
      std::vector<float> frequencies(static_cast<size_t>(half));
      for (int64_t i = 0; i < half; i++)
        frequencies[i] = std::pow(10000.0f, -static_cast<float>(i) / static_cast<float>(half));
      const std::string where = text("rope of ", c.tokens, " tokens, head size ", c.headSize);
      const std::vector<float> y = runEverywhere<float>(where, [&](Backend& backend) {
        Guarded<float> out(x);
        backend.rope(out.data(), c.tokens, c.length, c.heads, c.headSize, c.rotarySize, frequencies.data(), c.magnitude,
                     interleaved);
        return out.values(where);
      });
      std::vector<double> expected(x.begin(), x.end());
      std::vector<double> bound(x.size());
      for (int64_t t = 0; t < c.tokens; t++)
        for (int64_t h = 0; h < c.heads; h++)
          for (int64_t i = 0; i < half; i++) {
            const int64_t head = (t * c.heads + h) * c.headSize;
            const int64_t at = head + (interleaved ? 2 * i : i), partner = head + (interleaved ? 2 * i + 1 : half + i);
            // backend.h: the angle is rounded to F32.
            const float angle = static_cast<float>(t % c.length) * frequencies[i];
            const double cosine = std::cos(static_cast<double>(angle)) * c.magnitude;
            const double sine = std::sin(static_cast<double>(angle)) * c.magnitude;
            expected[at] = x[at] * cosine - x[partner] * sine;
            expected[partner] = x[partner] * cosine + x[at] * sine;
            // cos and sin to one ulp (2 u), times the magnitude, the product, the sum: 5 u; all of it relative to the
            // largest that the terms can be, since cos and sin near 0 have an error of their own size there.
            bound[at] = bound[partner] =
                5.1 * kRoundoff32 * (std::fabs(x[at]) + std::fabs(x[partner])) * std::fabs(c.magnitude);
          }
      for (size_t i = 0; i < y.size(); i++) CHECK_NEAR(y[i], expected[i], bound[i], where, " at ", i);
    }
}

TEST(attentionAveragesValues) {
  struct Case {
    int64_t sequences, length, heads, kvHeads, headSize;
    Filling filling;
    float greatest;
  };
  for (const Case& c : {Case{1, 1, 1, 1, 1, Filling::kRandom, 0}, Case{2, 13, 3, 1, 31, Filling::kRandom, 0},
                        Case{1, 129, 4, 2, 64, Filling::kRandom, 0}, Case{3, 64, 2, 2, 33, Filling::kOutlier, 50},
                        Case{1, 200, 6, 3, 128, Filling::kAlternating, 0}, Case{1, 65, 1, 1, 8, Filling::kZeros, 0},
                        Case{2, 301, 8, 2, 16, Filling::kRandom, 0}, Case{2, 32, 2, 1, 16, Filling::kDenormals, 0}}) {
    const int64_t tokens = c.sequences * c.length;
    const int64_t qCols = c.heads * c.headSize, kvCols = c.kvHeads * c.headSize;
    const float scale = 1 / std::sqrt(static_cast<float>(c.headSize));
    const std::vector<float> q = filled(tokens * qCols, c.filling, 6, c.greatest);
    const std::vector<float> k = filled(tokens * kvCols, c.filling, 7, c.greatest);
    const std::vector<float> v = filled(tokens * kvCols, c.filling, 8, c.greatest);
    const std::string where = text("attention over ", c.length, " tokens of ", c.heads, "/", c.kvHeads, " heads of ",
                                   c.headSize, ", ", nameOf(c.filling));
    const std::vector<float> y = runEverywhere<float>(where, [&](Backend& backend) {
      Guarded<float> out(tokens * qCols);
      backend.attention(out.data(), q.data(), k.data(), v.data(), c.sequences, c.length, c.heads, c.kvHeads, c.headSize,
                        scale);
      return out.values(where);
    });
    for (int64_t t = 0; t < tokens; t++)
      for (int64_t h = 0; h < c.heads; h++) {
        const int64_t start = t / c.length * c.length, kvHead = h / (c.heads / c.kvHeads);
        const float* query = q.data() + t * qCols + h * c.headSize;
        std::vector<double> scores;
        double top = -INFINITY, scoreError = 0;
        for (int64_t s = start; s <= t; s++) {
          double dot = 0, magnitude = 0;
          for (int64_t i = 0; i < c.headSize; i++) {
            const double product = static_cast<double>(query[i]) * k[s * kvCols + kvHead * c.headSize + i];
            dot += product;
            magnitude += std::fabs(product);
          }
          scores.push_back(dot * scale);
          top = std::max(top, scores.back());
          // The dot product, the difference to the greatest and the scale; the greatest carries the same error.
          scoreError = std::max(scoreError, 2 * gamma(c.headSize + 3) * magnitude * scale);
        }
        double sum = 0;
        for (double& score : scores) sum += score = std::exp(score - top);
        const int64_t seen = static_cast<int64_t>(scores.size());
        // Each weight is off by exp(scoreError), the exp itself, its sum and the division; then a sum of products.
        const double relative = 2 * std::expm1(scoreError) + 2 * kExpError + gamma(2 * seen + 4);
        for (int64_t i = 0; i < c.headSize; i++) {
          double expected = 0, magnitude = 0;
          for (int64_t s = 0; s < seen; s++) {
            const double term = scores[s] / sum * v[(start + s) * kvCols + kvHead * c.headSize + i];
            expected += term;
            magnitude += std::fabs(term);
          }
          CHECK_NEAR(y[t * qCols + h * c.headSize + i], expected,
                     relative * magnitude + static_cast<double>(2 * seen) * kUnderflow32, where, " at ", t, ",", h, ",",
                     i);
        }
      }
  }
}

TEST(swigluGates) {
  for (const int64_t count : {1, 13, 31, 32, 33, 127, 128, 129, 1000, 4098, 70000})
    for (const Filling filling : kFillings) {
      std::vector<float> gate = filled(count, filling, 9), up = randomValues(count, 10);
      for (float& g : gate) g = std::fabs(g) < 2 ? g * 40 : g;  // where exp matters, beyond both of its ends
      const std::string where = sized("swiglu", count, filling);
      const std::vector<float> y = runEverywhere<float>(where, [&](Backend& backend) {
        Guarded<float> out(gate);
        backend.swiglu(out.data(), out.data(), up.data(), count);
        return out.values(where);
      });
      for (int64_t i = 0; i < count; i++) {
        const double expected = gate[i] / (1 + std::exp(-static_cast<double>(gate[i]))) * up[i];
        // exp, the sum, the quotient, the product; from exp(88.37) on exp counts as infinite and the result as 0.
        const double bound = (kExpError + 3.1 * kRoundoff32) * std::fabs(expected) + 2 * kUnderflow32;
        const bool vanished = gate[i] < -88.37f;
        CHECK_NEAR(y[i], vanished ? 0 : expected, vanished ? 4e-37 : bound, where, " at ", i);
      }
    }
}

TEST(addScales) {
  for (const int64_t count : {1, 13, 32, 129, 4098, 70000})
    for (const Filling filling : kFillings) {
      const std::vector<float> y0 = filled(count, filling, 11), x = filled(count, filling, 12);
      const std::string where = sized("add", count, filling);
      const std::vector<float> y = runEverywhere<float>(where, [&](Backend& backend) {
        Guarded<float> out(y0);
        backend.add(out.data(), x.data(), -0.75f, count);
        return out.values(where);
      });
      for (int64_t i = 0; i < count; i++) CHECK_EQUAL(y[i], y0[i] + -0.75f * x[i], where, " at ", i);
    }
}

namespace {

// y = x W^T + bias for a W of any type: the stored values are those that dequantize gives.
void checkLinear(const TypeInfo& type, int64_t tokens, int64_t rows, int64_t cols, bool biased, Filling filling) {
  Backend& first = *backends().front();
  const std::vector<uint8_t> packed = encodedRows(first, type, rows, cols, 13);
  std::vector<float> w(static_cast<size_t>(rows * cols));
  first.dequantize(w.data(), packed.data(), type.id, rows * cols);
  const std::vector<float> x = filled(tokens * cols, filling, 14, 1e25f), bias = randomValues(rows, 15);
  const std::string where = text("linear ", type.name, " of ", tokens, " x ", rows, " x ", cols, " ", nameOf(filling),
                                 biased ? " + bias" : "");
  const std::vector<float> y = runEverywhere<float>(where, [&](Backend& backend) {
    Guarded<float> out(tokens * rows);
    // What was there before must not matter, not even NaN.
    std::fill(out.data(), out.data() + tokens * rows, std::nanf(""));
    backend.linear(out.data(), x.data(), packed.data(), type.id, biased ? bias.data() : nullptr, tokens, rows, cols);
    return out.values(where);
  });
  for (int64_t t = 0; t < tokens; t++)
    for (int64_t r = 0; r < rows; r++) {
      double expected = biased ? bias[r] : 0, magnitude = std::fabs(expected);
      for (int64_t i = 0; i < cols; i++) {
        const double product = static_cast<double>(x[t * cols + i]) * w[r * cols + i];
        expected += product;
        magnitude += std::fabs(product);
      }
      CHECK_NEAR(y[t * rows + r], expected, gamma(cols + 1) * magnitude + static_cast<double>(cols + 1) * kUnderflow32,
                 where, " at ", t, ",", r);
    }
}

}  // namespace

TEST(linearTakesAllSizes) {
  const TypeInfo f32 = typeOf(kF32);
  for (const int64_t size : kSizes) {
    checkLinear(f32, size > 200 ? 2 : size, 13, 33, size % 2 == 0, Filling::kRandom);
    checkLinear(f32, 5, size > 200 ? 300 : size, 13, size % 2 == 1, Filling::kRandom);
    checkLinear(f32, 3, 31, size, true, Filling::kRandom);
  }
  checkLinear(f32, 2, 3, 4098, false, Filling::kRandom);
  checkLinear(f32, 1100, 3, 17, false, Filling::kRandom);
  checkLinear(f32, 7, 1030, 5, true, Filling::kRandom);
}

TEST(linearTakesAllFillings) {
  for (const Filling filling : kFillings) checkLinear(typeOf(kF32), 9, 33, 129, filling == Filling::kHuge, filling);
}

TEST(linearTakesEveryDecodableType) {
  int types = 0;
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.decodable) {
      const std::vector<uint8_t> packed(1024);
      std::vector<float> x(64), y(64);
      CHECK_THROWS(backends().front()->linear(y.data(), x.data(), packed.data(), type.id, nullptr, 1, 1, 32), "linear",
                   type.name);
      continue;
    }
    types++;
    checkLinear(type, 5, 130, type.blockSize == 1 ? 33 : 2 * type.blockSize, types % 2 == 0, Filling::kRandom);
  }
  CHECK(types >= 30, "decodable types: ", types);
}

TEST(embeddingDecodesRows) {
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.decodable) continue;
    const int64_t vocabulary = 37, cols = type.blockSize == 1 ? 13 : type.blockSize;
    Backend& first = *backends().front();
    const std::vector<uint8_t> packed = encodedRows(first, type, vocabulary, cols, 16);
    std::vector<float> table(static_cast<size_t>(vocabulary * cols));
    first.dequantize(table.data(), packed.data(), type.id, vocabulary * cols);
    const std::vector<int32_t> tokens = {0, 36, 5, 5, 17};
    const int64_t count = static_cast<int64_t>(tokens.size());
    const std::string where = text("embedding stored as ", type.name);
    const std::vector<float> y = runEverywhere<float>(where, [&](Backend& backend) {
      Guarded<float> out(count * cols);
      backend.embedding(out.data(), packed.data(), type.id, vocabulary, cols, tokens.data(), count);
      return out.values(where);
    });
    for (int64_t t = 0; t < count; t++)
      for (int64_t i = 0; i < cols; i++) CHECK_EQUAL(y[t * cols + i], table[tokens[t] * cols + i], where);
  }
}
