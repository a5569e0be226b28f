// The forward pass on the device and on the CPU: every operation at all sizes, in each dimension that a kernel divides
// its work by, and under all schedules. (native/test/forward_test.cpp has the values that arithmetic stumbles over.)
#include <cmath>

#include "comparison.h"
#include "kernels.h"

using namespace lathe;
using namespace lathe::test;

namespace {

std::vector<int32_t> randomTokens(int64_t count, int64_t vocabulary, uint64_t seed) {
  Random random(seed);
  std::vector<int32_t> tokens(static_cast<size_t>(count));
  for (int32_t& token : tokens) token = static_cast<int32_t>(random.bits(31) % static_cast<uint64_t>(vocabulary));
  return tokens;
}

void compareEmbedding(const TypeInfo& type, int64_t tokens, int64_t vocabulary, int64_t cols) {
  const std::vector<uint8_t> table = encodedRows(cpuBackend(), type, vocabulary, cols, 811);
  const std::vector<int32_t> ids = randomTokens(tokens, vocabulary, 812);
  checkSameAsCpu<float>(
      [&](Backend& backend) {
        Held<uint8_t> rows(backend, table);
        Held<float> y(backend, tokens * cols);
        backend.embedding(y.data(), rows.data(), type.id, vocabulary, cols, ids.data(), tokens);
        return y.values();
      },
      text("embedding of ", tokens, " of ", vocabulary, " x ", cols, " stored as ", type.name),
      decodingSchedules(type, tokens * cols / type.blockSize));
}

void compareRmsNorm(int64_t tokens, int64_t cols) {
  const std::vector<float> x = randomValues(tokens * cols, 813), weight = randomValues(cols, 814);
  checkNearCpu<float>(
      [&](Backend& backend) {
        Held<float> in(backend, x), scale(backend, weight), y(backend, tokens * cols);
        backend.rmsNorm(y.data(), in.data(), scale.data(), tokens, cols, 1e-5f);
        return y.values();
      },
      rmsNormReference(x, weight, tokens, cols, 1e-5f), text("rmsNorm of ", tokens, " x ", cols));
}

void compareDivideByRms(int64_t tokens, int64_t cols, int64_t referenceCols) {
  const std::vector<float> x = randomValues(tokens * cols, 816), reference = randomValues(tokens * referenceCols, 817);
  checkNearCpu<float>(
      [&](Backend& backend) {
        Held<float> in(backend, x), scale(backend, reference), y(backend, tokens * cols);
        backend.divideByRms(y.data(), in.data(), scale.data(), tokens, cols, referenceCols, 1e-5f);
        return y.values();
      },
      divideByRmsReference(x, reference, tokens, cols, referenceCols, 1e-5f),
      text("divideByRms of ", tokens, " x ", cols, " by ", referenceCols));
}

void compareRope(const RopeShape& s) {
  const std::vector<float> x = randomValues(s.tokens * s.heads * s.headSize, 815);
  const std::vector<float> frequencies = ropeFrequencies(s.rotarySize);
  checkNearCpu<float>(
      [&](Backend& backend) {
        Held<float> y(backend, x);
        backend.rope(y.data(), s.tokens, s.length, s.heads, s.headSize, s.rotarySize, frequencies.data(), s.magnitude,
                     s.interleaved);
        return y.values();
      },
      ropeReference(x, frequencies, s),
      text("rope of ", s.tokens, " tokens in runs of ", s.length, ", ", s.heads, " heads of ", s.headSize));
}

// A sequence's key and value head is a block of 256 threads at least, with a hundred shuffles each.
void compareAttention(const AttentionShape& s) {
  const int64_t tokens = s.sequences * s.length;
  const std::vector<float> q = randomValues(tokens * s.heads * s.headSize, 816, 3.0f);
  const std::vector<float> k = randomValues(tokens * s.kvHeads * s.headSize, 817, 3.0f);
  const std::vector<float> v = randomValues(tokens * s.kvHeads * s.headSize, 818);
  const float scale = 1 / std::sqrt(static_cast<float>(s.headSize));
  checkNearCpu<float>(
      [&](Backend& backend) {
        Held<float> queries(backend, q), keys(backend, k), values(backend, v),
            y(backend, tokens * s.heads * s.headSize);
        backend.attention(y.data(), queries.data(), keys.data(), values.data(), s.sequences, s.length, s.heads,
                          s.kvHeads, s.headSize, scale);
        return y.values();
      },
      attentionReference(q, k, v, s, scale),
      text("attention in ", s.sequences, " runs of ", s.length, ", ", s.heads, "/", s.kvHeads, " heads of ",
           s.headSize),
      affordableSchedules(2.5 * static_cast<double>(s.sequences * s.kvHeads)));
}

void compareLinear(const TypeInfo& type, int64_t tokens, int64_t rows, int64_t cols, bool biased) {
  const std::vector<uint8_t> packed = encodedRows(cpuBackend(), type, rows, cols, 819);
  std::vector<float> w(static_cast<size_t>(rows * cols));
  cpuBackend().dequantize(w.data(), packed.data(), type.id, rows * cols);
  const std::vector<float> x = randomValues(tokens * cols, 820);
  const std::vector<float> bias = biased ? randomValues(rows, 821) : std::vector<float>();
  checkNearCpu<float>(
      [&](Backend& backend) {
        Held<uint8_t> weights(backend, packed);
        Held<float> in(backend, x), added(backend, bias), y(backend, tokens * rows);
        backend.linear(y.data(), in.data(), weights.data(), type.id, biased ? added.data() : nullptr, tokens, rows,
                       cols);
        return y.values();
      },
      linearReference(x, w, bias, tokens, rows, cols),
      text("linear of ", tokens, " x ", rows, " x ", cols, " stored as ", type.name, biased ? ", biased" : ""),
      decodingSchedules(type, rows * cols / type.blockSize));
}

}  // namespace

TEST(cudaEmbedsLikeTheCpu) {
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.decodable) continue;
    for (const int64_t size : kSizes) {
      const int64_t vocabulary = 29;
      compareEmbedding(type, size, vocabulary, type.blockSize == 1 ? 7 : type.blockSize);
      if (type.blockSize == 1) compareEmbedding(type, 3, size, size);
    }
  }
}

TEST(cudaNormalizesRowsLikeTheCpu) {
  for (const int64_t size : kSizes) {
    compareRmsNorm(size, beside(size));
    compareRmsNorm(beside(size), size);
    compareDivideByRms(size, beside(size), 33);
    compareDivideByRms(beside(size), size, 129);
    compareDivideByRms(beside(size), 33, size);
  }
}

TEST(cudaTurnsPairsLikeTheCpu) {
  for (const int64_t size : kSizes)
    for (const bool interleaved : {false, true}) {
      compareRope({size, (size + 1) / 2, 3, 6, 4, 1.0f, interleaved});
      compareRope({5, 5, size, 4, 4, 1.25f, interleaved});
      const int64_t headSize = size + size % 2;
      compareRope({3, 2, 2, headSize, headSize, 1.0f, interleaved});
    }
}

TEST(cudaAttendsLikeTheCpu) {
  for (const int64_t size : kSizes) {
    compareAttention(size > 200 ? AttentionShape{1, size, 1, 1, 4} : AttentionShape{2, size, 4, 2, 8});
    compareAttention({size, 3, 2, 1, 4});
    compareAttention({2, 5, size, 1, 4});  // heads that share one key and value
    if (size < 200) compareAttention({1, 3, 2 * size, size, 4});
    if (size <= cuda::kernels::kGreatestHeadSize) compareAttention({1, 37, 2, 1, size});
  }
  for (const int64_t headSize : {int64_t(256), int64_t(257), cuda::kernels::kGreatestHeadSize})
    compareAttention({1, 9, 2, 2, headSize});
}

TEST(cudaGatesAndAddsLikeTheCpu) {
  for (const int64_t size : kSizes) {
    const std::vector<float> gate = randomValues(size, 822, 30.0f), up = randomValues(size, 823);
    checkNearCpu<float>(
        [&](Backend& backend) {
          Held<float> a(backend, gate), b(backend, up), y(backend, size);
          backend.swiglu(y.data(), a.data(), b.data(), size);
          return y.values();
        },
        swigluReference(gate, up), text("swiglu of ", size));
    checkSameAsCpu<float>(
        [&](Backend& backend) {
          Held<float> y(backend, gate), x(backend, up);
          backend.add(y.data(), x.data(), -0.7f, size);
          return y.values();
        },
        text("add of ", size));
  }
}

TEST(cudaMultipliesLikeTheCpu) {
  for (const int64_t size : kSizes) {
    compareLinear(typeOf(kF32), size, 5, beside(size), true);
    compareLinear(typeOf(kF32), beside(size), size, 7, false);
    compareLinear(typeOf(kF32), 3, beside(size), size, true);
  }
}

TEST(cudaMultipliesStoredWeightsLikeTheCpu) {
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.decodable) continue;
    for (const int64_t size : kSizes) {
      const int64_t cols = type.blockSize == 1 ? 7 : type.blockSize;
      compareLinear(type, 3, size, cols, size % 2 == 0);
      if (size < 200) compareLinear(type, size, 2, cols, size % 2 == 1);
    }
  }
}
