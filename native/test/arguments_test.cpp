// Arguments that are refused, and those that mean no work.
#include <cstdint>

#include "backends.h"

using namespace lathe;
using namespace lathe::test;

TEST(sizesThatMakeNoSenseAreRefused) {
  constexpr int64_t kHuge = int64_t(1) << 61;
  float x = 0;
  double y = 0;
  uint8_t flag = 0;
  const int32_t token = 0;
  Backend& b = *backends().back();
  CHECK_THROWS(b.embedding(&x, &x, kF32, 1, -1, &token, 1), "embedding", "1 x -1");
  CHECK_THROWS(b.embedding(&x, &x, kF32, 1, kHuge, &token, 8), "embedding");
  CHECK_THROWS(b.embedding(&x, &x, 26, 1, 1, &token, 1), "embedding", "I32");
  CHECK_THROWS(b.rmsNorm(&x, &x, &x, 1, 0, 0), "rmsNorm", "1 x 0");
  CHECK_THROWS(b.rmsNorm(&x, &x, &x, kHuge, 2, 0), "rmsNorm");
  CHECK_THROWS(b.divideByRms(&x, &x, &x, 1, 0, 1, 0), "divideByRms", "1 x 0");
  CHECK_THROWS(b.divideByRms(&x, &x, &x, 1, 1, -2, 0), "divideByRms", "1 x -2");
  CHECK_THROWS(b.rope(&x, 1, 0, 1, 2, 2, &x, 1, false), "rope", "length 0");
  CHECK_THROWS(b.rope(&x, 1, 1, 0, 2, 2, &x, 1, false), "rope", "0 heads");
  CHECK_THROWS(b.rope(&x, 1, 1, 1, 2, 3, &x, 1, false), "rope", "rotary size 3");
  CHECK_THROWS(b.rope(&x, 1, 1, 1, 2, 4, &x, 1, false), "rope", "rotary size 4");
  CHECK_THROWS(b.rope(&x, 1, 1, kHuge, 8, 2, &x, 1, false), "rope");
  CHECK_THROWS(b.attention(&x, &x, &x, &x, 1, 1, 3, 2, 8, 1), "attention", "3 heads over 2");
  CHECK_THROWS(b.attention(&x, &x, &x, &x, -1, 1, 2, 2, 8, 1), "attention", "-1 sequences");
  CHECK_THROWS(b.attention(&x, &x, &x, &x, kHuge, 4, 1, 1, 1, 1), "attention");
  CHECK_THROWS(b.swiglu(&x, &x, &x, -1), "swiglu", "-1 values");
  CHECK_THROWS(b.add(&x, &x, 1, -1), "add", "-1 values");
  CHECK_THROWS(b.linear(&x, &x, &x, kF32, nullptr, -1, 1, 1), "linear", "-1 x 1");
  CHECK_THROWS(b.linear(&x, &x, &x, kF32, nullptr, 1, 0, 1), "linear", "without rows");
  CHECK_THROWS(b.linear(&x, &x, &x, 8, nullptr, 1, 1, 33), "linear", "33 columns", "Q8_0");
  CHECK_THROWS(b.linear(&x, &x, &x, 8, nullptr, 1, kHuge, 32), "linear");
  CHECK_THROWS(b.accumulateHessian(&x, &x, -1, 1), "accumulateHessian", "-1 x 1");
  CHECK_THROWS(b.finishHessian(&x, 0, 1), "finishHessian", "0 tokens");
  CHECK_THROWS(b.quadraticForm(&x, &x, 0, 1), "quadraticForm", "no rows");
  CHECK_THROWS(b.quantize(&x, &x, nullptr, 8, 1, 33, false), "quantize", "33 columns");
  CHECK_THROWS(b.quantize(&x, &x, nullptr, 28, 1, 1, false), "quantize", "F64");
  CHECK_THROWS(b.quantize(&x, &x, nullptr, 20, 1, 32, true), "quantize", "IQ4_NL", "exact zero");
  CHECK_THROWS(b.dequantize(&x, &x, 8, 33), "dequantize", "33 weights", "Q8_0");
  CHECK_THROWS(b.dequantize(&x, &x, 8, -32), "dequantize", "-32 weights");
  CHECK_THROWS(b.dequantize(&x, &x, 27, 1), "dequantize", "I64");
  CHECK_THROWS(b.findNonFinite(&x, -1), "findNonFinite", "-1 values");
  CHECK_THROWS(b.logProbabilities(&y, &x, &token, 1, 0), "logProbabilities", "1 x 0");
  CHECK_THROWS(b.klDivergence(&y, &flag, &x, &x, -1, 1), "klDivergence", "-1 x 1");
}

TEST(noTokensAreNoWork) {
  for (const auto& b : backends()) {
    float x[4] = {1, 2, 3, 4};
    b->rmsNorm(x, x, x, 0, 4, 0);
    b->divideByRms(x, x, x, 0, 4, 4, 0);
    b->linear(x, x, x, kF32, nullptr, 0, 2, 2);
    b->attention(x, x, x, x, 0, 4, 1, 1, 4, 1);
    b->accumulateHessian(x, x, 0, 2);
    b->embedding(x, x, kF32, 1, 4, nullptr, 0);
    CHECK(x[0] == 1 && x[1] == 2 && x[2] == 3 && x[3] == 4);
  }
}
