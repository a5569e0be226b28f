#include "backends.h"

#include <algorithm>

namespace lathe {
namespace test {

uint64_t Random::bits(int count) {
  // xorshift64* (Vigna 2016).
  state_ ^= state_ >> 12;
  state_ ^= state_ << 25;
  state_ ^= state_ >> 27;
  return (state_ * 0x2545F4914F6CDD1Du) >> (64 - count);
}

std::vector<float> randomValues(int64_t count, uint64_t seed, float scale) {
  Random random(seed);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = random.uniform() * scale;
  return values;
}

const char* nameOf(Filling filling) {
  switch (filling) {
    case Filling::kRandom:
      return "random";
    case Filling::kZeros:
      return "zeros";
    case Filling::kDenormals:
      return "denormals";
    case Filling::kHuge:
      return "huge";
    case Filling::kAlternating:
      return "alternating";
    case Filling::kOutlier:
      return "outlier";
  }
  return "";
}

std::vector<float> filled(int64_t count, Filling filling, uint64_t seed, float greatest) {
  std::vector<float> values = randomValues(count, seed);
  for (size_t i = 0; i < values.size(); i++) {
    float& value = values[i];
    switch (filling) {
      case Filling::kRandom:
        break;
      case Filling::kZeros:
        value = i % 2 ? 0.0f : -0.0f;
        break;
      case Filling::kDenormals:
        value *= 1e-40f;
        break;
      case Filling::kHuge:
        value = value < 0 ? -greatest : greatest;
        break;
      case Filling::kAlternating:
        value = i % 2 ? 1.0f : -1.0f;
        break;
      case Filling::kOutlier:
        value = i == values.size() / 2 ? greatest : value * 1e-3f;
        break;
    }
  }
  return values;
}

TypeInfo typeOf(int id) {
  for (const TypeInfo& type : catalogueTypes())
    if (type.id == id) return type;
  throw CheckFailure(text("type ", id, " is not in the catalogue"));
}

std::vector<TypeInfo> catalogueTypes() {
  std::vector<TypeInfo> types;
  for (int i = 0; i < typeCount(); i++) types.push_back(typeInfo(i));
  return types;
}

std::vector<uint8_t> encodedRows(Backend& backend, const TypeInfo& type, int64_t rows, int64_t cols, uint64_t seed) {
  const int64_t blocks = rows * cols / type.blockSize;
  std::vector<uint8_t> packed(static_cast<size_t>(blocks * type.blockBytes));
  if (type.encodable) {
    backend.quantize(packed.data(), randomValues(rows * cols, seed).data(), nullptr, type.id, rows, cols, false);
    return packed;
  }
  // Random bytes are valid codes; blocks whose scales come out as NaN, infinite or huge are drawn again.
  Random random(seed);
  std::vector<float> decoded(static_cast<size_t>(type.blockSize));
  for (int64_t block = 0; block < blocks; block++) {
    uint8_t* bytes = packed.data() + block * type.blockBytes;
    bool usable = false;
    while (!usable) {
      for (int i = 0; i < type.blockBytes; i++) bytes[i] = static_cast<uint8_t>(random.bits(8));
      backend.dequantize(decoded.data(), bytes, type.id, type.blockSize);
      usable = std::all_of(decoded.begin(), decoded.end(), [](float w) { return std::fabs(w) < 1e6f; });
    }
  }
  return packed;
}

}  // namespace test
}  // namespace lathe
