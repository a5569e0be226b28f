// The forward pass against loops in double precision (references.h).
#include <algorithm>
#include <cmath>

#include "backends.h"
#include "kernels/vector_math.h"
#include "references.h"

using namespace lathe;
using namespace lathe::test;

namespace {

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
      checkReference(y, rmsNormReference(x, weight, tokens, cols, kEpsilon), where);
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

TEST(divideByRmsTakesTheOtherMatrixsScale) {
  constexpr float kEpsilon = 1e-5f;
  for (const int64_t cols : {1, 13, 33, 128, 1000, 4098})
    for (const int64_t referenceCols : {1, 31, 129, 1000})
      for (const Filling filling : kFillings) {
        const int64_t tokens = cols > 500 ? 3 : 67;
        const std::vector<float> x = filled(tokens * cols, filling, 5);
        const std::vector<float> reference = filled(tokens * referenceCols, filling, 6);
        const std::string where = sized("divideByRms", cols, filling);
        const std::vector<float> y = runEverywhere<float>(where, [&](Backend& backend) {
          Guarded<float> out(x);  // in place
          backend.divideByRms(out.data(), out.data(), reference.data(), tokens, cols, referenceCols, kEpsilon);
          return out.values(where);
        });
        checkReference(y, divideByRmsReference(x, reference, tokens, cols, referenceCols, kEpsilon), where);
      }
}

TEST(ropeTurnsPairs) {
  for (RopeShape s : {RopeShape{7, 7, 1, 2, 2, 1.0f, false}, RopeShape{150, 50, 3, 64, 64, 1.0f, false},
                      RopeShape{66, 33, 2, 13, 6, 1.25f, false}, RopeShape{4, 4098, 5, 128, 32, 1.0f, false}})
    for (const bool interleaved : {false, true}) {
      s.interleaved = interleaved;
      const std::vector<float> x = randomValues(s.tokens * s.heads * s.headSize, 5, 3.0f);
      const std::vector<float> frequencies = ropeFrequencies(s.rotarySize);
      const std::string where = text("rope of ", s.tokens, " tokens, head size ", s.headSize);
      const std::vector<float> y = runEverywhere<float>(where, [&](Backend& backend) {
        Guarded<float> out(x);
        backend.rope(out.data(), s.tokens, s.length, s.heads, s.headSize, s.rotarySize, frequencies.data(), s.magnitude,
                     s.interleaved);
        return out.values(where);
      });
      checkReference(y, ropeReference(x, frequencies, s), where);
    }
}

TEST(attentionAveragesValues) {
  struct Case {
    AttentionShape shape;
    Filling filling;
    float greatest;
  };
  for (const Case& c :
       {Case{{1, 1, 1, 1, 1}, Filling::kRandom, 0}, Case{{2, 13, 3, 1, 31}, Filling::kRandom, 0},
        Case{{1, 129, 4, 2, 64}, Filling::kRandom, 0}, Case{{3, 64, 2, 2, 33}, Filling::kOutlier, 50},
        Case{{1, 200, 6, 3, 128}, Filling::kAlternating, 0}, Case{{1, 65, 1, 1, 8}, Filling::kZeros, 0},
        Case{{2, 301, 8, 2, 16}, Filling::kRandom, 0}, Case{{2, 32, 2, 1, 16}, Filling::kDenormals, 0}}) {
    const AttentionShape& s = c.shape;
    const int64_t tokens = s.sequences * s.length;
    const int64_t qCols = s.heads * s.headSize, kvCols = s.kvHeads * s.headSize;
    const float scale = 1 / std::sqrt(static_cast<float>(s.headSize));
    const std::vector<float> q = filled(tokens * qCols, c.filling, 6, c.greatest);
    const std::vector<float> k = filled(tokens * kvCols, c.filling, 7, c.greatest);
    const std::vector<float> v = filled(tokens * kvCols, c.filling, 8, c.greatest);
    const std::string where = text("attention over ", s.length, " tokens of ", s.heads, "/", s.kvHeads, " heads of ",
                                   s.headSize, ", ", nameOf(c.filling));
    const std::vector<float> y = runEverywhere<float>(where, [&](Backend& backend) {
      Guarded<float> out(tokens * qCols);
      backend.attention(out.data(), q.data(), k.data(), v.data(), s.sequences, s.length, s.heads, s.kvHeads, s.headSize,
                        scale);
      return out.values(where);
    });
    checkReference(y, attentionReference(q, k, v, s, scale), where);
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
      checkReference(y, swigluReference(gate, up), where);
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
  checkReference(y, linearReference(x, w, biased ? bias : std::vector<float>(), tokens, rows, cols), where);
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
