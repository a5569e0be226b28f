// quantize and dequantize of every type: the bytes and the values are the CPU's, bit for bit, since no sum is formed in
// another order.
#include <algorithm>
#include <cmath>

#include "comparison.h"

using namespace lathe;
using namespace lathe::test;

namespace {

struct Rounding {
  const TypeInfo& type;
  int64_t rows, cols;
  const std::vector<float>& w;
  const std::vector<float>& importance;  // empty: none
  bool exactZeros;
};

std::vector<uint8_t> quantized(Backend& backend, const Rounding& r) {
  Held<float> w(backend, r.w), importance(backend, r.importance.empty() ? std::vector<float>(1) : r.importance);
  Held<uint8_t> packed(backend, r.rows * r.cols / r.type.blockSize * r.type.blockBytes);
  backend.quantize(packed.data(), w.data(), r.importance.empty() ? nullptr : importance.data(), r.type.id, r.rows,
                   r.cols, r.exactZeros);
  return packed.values();
}

std::vector<float> dequantized(Backend& backend, const TypeInfo& type, const std::vector<uint8_t>& packed) {
  const int64_t count = static_cast<int64_t>(packed.size()) / type.blockBytes * type.blockSize;
  Held<uint8_t> from(backend, packed);
  Held<float> w(backend, count);
  backend.dequantize(w.data(), from.data(), type.id, count);
  return w.values();
}

void checkRounding(const Rounding& r, const std::string& what, int schedules) {
  const std::string where =
      text("quantize ", r.rows, " x ", r.cols, " to ", r.type.name, ", ", what, r.exactZeros ? ", zeros kept" : "");
  const std::vector<uint8_t> expected = quantized(cpuBackend(), r);
  underSchedules(schedules, [&] { checkSameBits(quantized(cudaBackend(), r), expected, where); });
}

std::vector<float> magnitudes(std::vector<float> values) {
  for (float& value : values) value = std::fabs(value);
  return values;
}

std::vector<float> everySecondZero(std::vector<float> values) {
  for (size_t i = 0; i < values.size(); i += 2) values[i] = 0;
  return values;
}

int64_t blockOf(const TypeInfo& type) { return type.blockSize == 1 ? 33 : type.blockSize; }

}  // namespace

TEST(cudaDecodesEveryTypeLikeTheCpu) {
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.decodable) continue;
    for (const int64_t blocks : kSizes) {
      const std::vector<uint8_t> packed = randomBytes(blocks * type.blockBytes, 61);
      checkSameAsCpu<float>([&](Backend& backend) { return dequantized(backend, type, packed); },
                            text("dequantize ", blocks, " blocks of ", type.name), decodingSchedules(type, blocks));
    }
    checkSameBits(dequantized(cudaBackend(), type, {}), {}, text("dequantize nothing of ", type.name));
  }
}

TEST(cudaQuantizesEveryTypeLikeTheCpu) {
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.encodable) continue;
    for (const int64_t rows : kSizes) {
      const int64_t cols = type.blockSize == 1 ? beside(rows) : type.blockSize;
      // Rows are worked on alike, and one of zeros is soon done: the first, the last and two between hold weights, of
      // types with codebooks the last.
      std::vector<float> w(static_cast<size_t>(rows * cols));
      for (const int64_t row : {int64_t(0), rows / 3, rows / 2, rows - 1}) {
        if (isCodebook(type) && row < rows - 1) continue;
        const std::vector<float> values = randomValues(cols, 66 + static_cast<uint64_t>(row));
        std::copy(values.begin(), values.end(), w.begin() + row * cols);
      }
      const double row = type.blockSize < 256 ? 0.7 : 3, time = row * static_cast<double>(rows) + roundingTime(type);
      checkRounding({type, rows, cols, w, magnitudes(randomValues(cols, 67)), false}, "random",
                    type.blockSize == 1 ? kSchedules : affordableSchedules(time));
    }
  }
}

TEST(cudaQuantizesAwkwardWeightsLikeTheCpu) {
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.encodable) continue;
    const int64_t rows = 2, cols = 2 * blockOf(type);
    const std::vector<float> importance = magnitudes(randomValues(cols, 62));
    for (const Filling filling : kFillings) {
      const std::vector<float> w = filled(rows * cols, filling, 63, 1e4f);
      checkRounding({type, rows, cols, w, importance, false}, nameOf(filling), 1);
      if (type.exactZero)
        checkRounding({type, rows, cols, everySecondZero(w), importance, true}, nameOf(filling), kSchedules);
    }
    const std::vector<float> w = randomValues(rows * cols, 64, 0.05f);
    checkRounding({type, rows, cols, w, {}, false}, "no importance", kSchedules);
    checkRounding({type, rows, cols, w, everySecondZero(importance), type.exactZero}, "importance with zeros", 1);
    checkRounding({type, rows, cols, w, std::vector<float>(importance.size()), false}, "importance of zeros", 1);
  }
}

TEST(cudaQuantizesHugeAndTinyWeightsLikeTheCpu) {
  for (const TypeInfo& type : catalogueTypes()) {
    if (!type.encodable) continue;
    const int64_t cols = blockOf(type);
    for (const float size : {3.4e38f, 1e30f, 1e-4f, 3e-7f, 6e-8f, 1e-12f, 1e-40f}) {
      const std::vector<float> w = randomValues(cols, 65, size);
      for (const bool exactZeros : {false, true})
        if (!exactZeros || type.exactZero)
          checkRounding({type, 1, cols, exactZeros ? everySecondZero(w) : w, {}, exactZeros}, text("up to ", size), 1);
    }
  }
}

TEST(cudaRefusesToQuantizeWhatTheCpuRefuses) {
  Backend& backend = cudaBackend();
  Held<float> w(backend, 256);
  Held<uint8_t> packed(backend, 1024);
  CHECK_THROWS(backend.quantize(packed.data(), w.data(), nullptr, typeOf(2).id, 1, 33, false), "quantize", "33");
  CHECK_THROWS(backend.quantize(packed.data(), w.data(), nullptr, 9, 1, 32, false), "quantize", "Q8_1");
  CHECK_THROWS(backend.quantize(packed.data(), w.data(), nullptr, 16, 1, 256, true), "quantize", "exact zero");
  CHECK_THROWS(backend.dequantize(w.data(), packed.data(), 2, 33), "dequantize", "33");
  // Memory that is too small for the sizes.
  CHECK_THROWS(backend.quantize(packed.data(), w.data(), nullptr, 8, 9, 256, false), "quantize", "packed");
  CHECK_THROWS(backend.dequantize(w.data(), packed.data(), 2, 288), "dequantize", "w");
}
