// Tests of the block formats that need no other implementation. Prints what fails; exit status 1 if anything did.
//
//   g++ -std=c++17 -O1 -g -ffp-contract=off -fsanitize=address,undefined -fno-sanitize-recover=all
//       -Inative/include native/test/formats_test.cpp -o formats_test
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "lathe/formats/catalogue.h"

using namespace lathe;

namespace {

int checks = 0;
int failures = 0;

// Counts a check and, where it fails, prints what the format and its arguments say.
__attribute__((format(printf, 2, 3))) void check(bool condition, const char* what, ...) {
  ++checks;
  if (condition) return;
  if (++failures > 50) return;
  std::printf("FAILED: ");
  va_list arguments;
  va_start(arguments, what);
  std::vprintf(what, arguments);
  va_end(arguments);
  std::printf("\n");
}

// A row of weights, or of importance, of a kind.
struct Pattern {
  std::string name;
  std::vector<float> values;
};

constexpr int rowLength = 512;

template <class Make>
Pattern pattern(const std::string& name, Make make) {
  Pattern result{name, std::vector<float>(rowLength)};
  for (int i = 0; i < rowLength; ++i) result.values[i] = make(i);
  return result;
}

std::vector<Pattern> weightPatterns() {
  std::mt19937 random(7);
  std::normal_distribution<float> normal(0.0f, 0.02f);
  const auto sign = [](int i) { return i % 2 ? 1.0f : -1.0f; };
  std::vector<Pattern> patterns;
  patterns.push_back(pattern("zeros", [](int) { return 0.0f; }));
  patterns.push_back(pattern("minus zeros", [](int) { return -0.0f; }));
  for (const float size : {1.0f, 0.0123f, 1e-4f, 3e-7f, 6e-8f, 2.9e-8f, 1e-12f, 1e-40f, 1000.0f, 1e30f, 3.4e38f}) {
    const std::string name = std::to_string(std::log10(size));
    patterns.push_back(pattern("constant 1e" + name, [=](int) { return size; }));
    patterns.push_back(pattern("constant -1e" + name, [=](int) { return -size; }));
    patterns.push_back(pattern("alternating 1e" + name, [=](int i) { return sign(i) * size; }));
    patterns.push_back(pattern("outlier 1e" + name, [=](int i) { return i % 256 == 77 ? size : 0.0f; }));
    patterns.push_back(pattern("normal 1e" + name, [&](int) { return size * normal(random); }));
    patterns.push_back(pattern("positive 1e" + name, [&](int) { return size * std::fabs(normal(random)); }));
    patterns.push_back(pattern("negative 1e" + name, [&](int) { return -size * std::fabs(normal(random)); }));
    patterns.push_back(pattern("half pruned 1e" + name, [&](int i) { return i % 2 ? size * normal(random) : 0.0f; }));
    patterns.push_back(
        pattern("offset 1e" + name, [&](int) { return size * (1.0f - 1e-3f * std::fabs(normal(random))); }));
    patterns.push_back(pattern("ramp 1e" + name, [=](int i) { return size * (static_cast<float>(i - 100) / 412.0f); }));
    patterns.push_back(pattern("lowest at -1e" + name, [&](int i) { return i % 32 ? size * normal(random) : -size; }));
  }
  const float mixed[] = {1e30f, -1e-30f, 1e-40f, -1.0f, 0.0f, 65504.0f, -3.4e38f, 1e-8f};
  patterns.push_back(pattern("every size", [&](int i) { return mixed[i % 8]; }));
  return patterns;
}

std::vector<Pattern> importancePatterns() {
  std::mt19937 random(8);
  std::lognormal_distribution<float> lognormal(0.0f, 1.5f);
  std::vector<Pattern> patterns;
  patterns.push_back(pattern("ones", [](int) { return 1.0f; }));
  patterns.push_back(pattern("log-normal", [&](int) { return lognormal(random); }));
  patterns.push_back(pattern("zeros", [](int) { return 0.0f; }));
  patterns.push_back(pattern("half zeros", [&](int i) { return i % 2 ? lognormal(random) : 0.0f; }));
  patterns.push_back(pattern("one column", [](int i) { return i % 256 == 40 ? 1.0f : 0.0f; }));
  patterns.push_back(pattern("huge", [&](int) { return 1e36f * lognormal(random); }));
  patterns.push_back(pattern("tiny", [&](int) { return 1e-42f * lognormal(random); }));
  return patterns;
}

bool sameBits(float a, float b) { return floatBits(a) == floatBits(b); }

template <class Format>
struct Encoded {
  std::vector<typename Format::Block> blocks;
  std::vector<float> decoded;
};

template <class Format>
Encoded<Format> encode(const std::vector<float>& w, const float* importance, bool exactZeros) {
  Encoded<Format> result;
  const int count = static_cast<int>(w.size()) / Format::blockSize;
  result.blocks.resize(count);
  result.decoded.resize(w.size());
  for (int b = 0; b < count; ++b) {
    const int at = b * Format::blockSize;
    encodeBlock<Format>(result.blocks[b], &w[at], importance ? importance + at : nullptr, exactZeros,
                        &result.decoded[at]);
  }
  return result;
}

// sum p (w - q)^2 of a block, p being the importance as the searches take it: over its largest value, with a floor.
template <class Format>
double blockError(const float* w, const float* q, const float* importance) {
  double most = 0;
  for (int i = 0; i < Format::blockSize; ++i) most = std::fmax(most, importance ? importance[i] : 1.0);
  double error = 0;
  for (int i = 0; i < Format::blockSize; ++i) {
    const double difference = static_cast<double>(w[i]) - (q ? q[i] : 0.0f);
    const double p = most > 0 ? (importance ? importance[i] : 1.0) / most + 1e-6 : 1.0;
    error += p * difference * difference;
  }
  return error;
}

// Decoding gives what code() promised, all is finite, zeros are kept where asked for, and no block is worse than zeros.
template <class Format>
void checkEncoded(const Pattern& weights, const Pattern& importance, bool uniform, bool exactZeros) {
  const std::string where = std::string(Format::name) + ", " + weights.name + " weights, " +
                            (uniform ? "no" : importance.name) + " importance" + (exactZeros ? ", exact zeros" : "");
  const float* p = uniform ? nullptr : importance.values.data();
  const Encoded<Format> encoded = encode<Format>(weights.values, p, exactZeros);
  for (int b = 0; b < static_cast<int>(encoded.blocks.size()); ++b) {
    const int at = b * Format::blockSize;
    float w[Format::blockSize];
    Format::decode(encoded.blocks[b], w);
    for (int i = 0; i < Format::blockSize; ++i) {
      const float promised = encoded.decoded[at + i];
      const bool zero = weights.values[at + i] == 0.0f;
      check(sameBits(promised, w[i]), "%s, column %d: code and decode differ", where.c_str(), at + i);
      check(std::isfinite(w[i]), "%s, column %d: not finite", where.c_str(), at + i);
      check(!(exactZeros && zero) || w[i] == 0.0f, "%s, column %d: not exactly 0", where.c_str(), at + i);
    }
    const float* importanceHere = p ? p + at : nullptr;
    const double error = blockError<Format>(&weights.values[at], w, importanceHere);
    const double energy = blockError<Format>(&weights.values[at], nullptr, importanceHere);
    // 1e-5: sums in F32 on the other side.
    check(error <= energy * (1 + 1e-5), "%s, block %d: worse than all zeros", where.c_str(), b);
  }
}

// By how much a weight can miss because scales are whole multiples of 2^-24: half a step times the largest product of a
// code and, in super-blocks, a scale's code (Q6_K's). NVFP4 has multiples of 2^-10 for values.
template <class Format>
constexpr double coarseness() {
  if (Format::id == NVFP4::id) return 0x1p-10;
  return 0x1p-25 * (Format::blockSize == 256 ? 32 * 128 : 128);
}

// How far from its value a weight of a block of one or two (opposite) values can be, relative to it.
template <class Format>
constexpr double toleranceOfTwoValues(bool alternating) {
  switch (Format::id) {
    case IQ4_NL::id:
    case IQ4_XS::id:
      // No opposite values: the ends, -127 and 113, are 5.9 % from the middle of their magnitudes.
      return alternating ? 0.059 : 0.001;
    case IQ1_S::id:
    case IQ1_M::id:
      // 1 + 1/8 and -1 + 1/8 under the scale of least squares, 2 / (1.125^2 + 0.875^2): the smaller misses 13.9 %.
      return alternating ? 0.14 : 0.001;
    case MXFP4::id:
      return 0.201;  // values are 1 and 1.5 times powers of two: 1.25 is farthest from both
    case NVFP4::id:
      return 0.059;  // scales are 8 to 15 times powers of two: 8.5 is farthest
    default:
      return 0.001;  // F16 scales, 2^-11 each
  }
}

// Weights of one or two values, which every format can hold.
template <class Format>
void checkHoldsTwoValues(bool exactZeros) {
  for (const float size : {1.0f, 0.0123f, -0.77f, 300.0f}) {
    for (const bool alternating : {false, true}) {
      std::vector<float> w(rowLength, size);
      if (alternating) {
        for (int i = 0; i < rowLength; i += 2) w[i] = -size;
      }
      const Encoded<Format> encoded = encode<Format>(w, nullptr, exactZeros);
      for (int i = 0; i < rowLength; ++i) {
        const double bound = std::fabs(size) * toleranceOfTwoValues<Format>(alternating) + coarseness<Format>();
        check(std::fabs(encoded.decoded[i] - w[i]) <= bound, "%s: %s %g became %g%s", Format::name,
              alternating ? "two values" : "one value", w[i], encoded.decoded[i],
              exactZeros ? " with exact zeros" : "");
      }
    }
  }
}

// code() finds the nearest of all values that the block's scales allow in a column. The values come from decode.
template <class Format>
void checkNearest(int codeCount, bool exactZeros) {
  std::mt19937 random(Format::id);
  std::normal_distribution<float> normal(0.003f, 0.02f);
  std::vector<float> w(Format::blockSize);
  for (float& value : w) value = normal(random);
  typename Format::Grid grid;
  Format::choose(grid, w.data(), nullptr, exactZeros);
  std::vector<std::vector<float>> values(codeCount, std::vector<float>(Format::blockSize));
  for (int c = 0; c < codeCount; ++c) {
    const std::vector<typename Format::Code> codes(Format::blockSize, static_cast<typename Format::Code>(c));
    typename Format::Block block;
    Format::pack(block, grid, codes.data());
    Format::decode(block, values[c].data());
  }
  for (int i = 0; i < Format::blockSize; ++i) {
    for (const float asked : {w[i], 3.0f * w[i], 0.0f, 1e30f, -1e30f, -w[i]}) {
      typename Format::Code code;
      const float given = Format::code(grid, i, asked, code);
      float best = std::numeric_limits<float>::infinity();
      for (int c = 0; c < codeCount; ++c) best = std::fmin(best, std::fabs(values[c][i] - asked));
      // Half way between two values, rounding of the quotient decides: by at most 2^-20 of the range.
      const float slack = std::fabs(values[codeCount - 1][i] - values[0][i]) * 1e-6f;
      check(std::fabs(given - asked) <= best + slack, "%s: not the nearest value", Format::name);
      check(code < codeCount && sameBits(values[code][i], given), "%s: wrong code", Format::name);
    }
  }
}

// sum p (w - s v)^2 of the codebook's points v, least over all points and all signs that the format stores. The parts
// of a group (IQ3) are independent once the weight with the wrong sign, if any, is given.
template <class Format>
double leastError(const float* w, const float* p, double scale) {
  using Codebook = typename Format::Codebook;
  int negatives = 0;
  for (int j = 0; j < groupSize; ++j) negatives += w[j] < 0;
  const bool flips = Format::evenSignCount && negatives % 2 == 1;
  double least = std::numeric_limits<double>::infinity();
  for (int flipped = flips ? 0 : -1; flipped < (flips ? groupSize : 0); ++flipped) {
    double sum = 0;
    for (int part = 0; part < groupSize / Codebook::width; ++part) {
      double best = std::numeric_limits<double>::infinity();
      for (int e = 0; e < Codebook::entries; ++e) {
        double error = 0;
        for (int i = 0; i < Codebook::width; ++i) {
          const int j = part * Codebook::width + i;
          const double x = std::fabs(w[j]) * (j == flipped ? -1 : 1);
          error += p[j] * std::pow(x - scale * Codebook::value(Codebook::entry(e), i), 2);
        }
        best = std::fmin(best, error);
      }
      sum += best;
    }
    least = std::fmin(least, sum);
  }
  return least;
}

template <class Format>
double leastErrorWithShift(const float* w, const float* p, double scale, double shift) {
  double least = std::numeric_limits<double>::infinity();
  for (const uint16_t entry : iq1Grid) {
    double error = 0;
    for (int j = 0; j < groupSize; ++j) error += p[j] * std::pow(w[j] - scale * (iq1Digit(entry, j) + shift), 2);
    least = std::fmin(least, error);
  }
  return least;
}

// Fit::code finds the best code of every group under the scales that were chosen, tried one by one.
template <class Format>
void checkBestCodes() {
  using Fit = typename Format::Fit;
  std::mt19937 random(Format::id);
  std::normal_distribution<float> normal(0.001f, 0.02f);
  std::lognormal_distribution<float> lognormal(0.0f, 1.0f);
  std::vector<float> w(Format::blockSize), importance(Format::blockSize);
  for (float& value : w) value = normal(random);
  for (float& value : importance) value = lognormal(random);
  Fit fit;
  fit.begin(w.data(), importance.data());
  typename Format::Grid grid;
  fit.choose(grid, true);
  typename Format::Code codes[Format::blockSize / groupSize];
  fit.code(grid, codes);
  double found = 0;
  double best = 0;
  for (int g = 0; g < Format::blockSize / groupSize; ++g) {
    const float* weights = &w[g * groupSize];
    const float* p = &importance[g * groupSize];
    float values[groupSize];
    Fit::decode(grid, g, codes[g], values);
    double error = 0;
    for (int j = 0; j < groupSize; ++j) error += p[j] * std::pow(static_cast<double>(weights[j]) - values[j], 2);
    float scale, shift = 0;
    Fit::readGrid(scale, shift, grid, g);
    double least;
    // Of weights that may get the wrong sign, the two cheapest are tried: 2 % of a group's error at most in all that
    // was seen. Else the search is exact, but for sums in F32 and the floor of the importance.
    double slack = 1e-4;
    if constexpr (Format::id == IQ1_S::id) {
      least = leastErrorWithShift<Format>(weights, p, scale, shift);
    } else if constexpr (Format::id == IQ1_M::id) {
      least = leastErrorWithShift<Format>(weights, p, scale, codes[g] & negativeShift ? -0.125 : 0.125);
    } else {
      least = leastError<Format>(weights, p, scale);
      if (Format::evenSignCount) slack = 0.05;
    }
    check(error <= least * (1 + slack), "%s, group %d: error %g, least %g", Format::name, g, error, least);
    found += error;
    best += least;
  }
  check(found <= best * 1.002, "%s: error %g, least %g", Format::name, found, best);
}

// Weights that a format has made once are made again with no more than the error of the first time, or than the
// rounding of scales to F16 gives: 2^-11 of each weight, 2.4e-7 of the sum of squares; here four times that.
template <class Format>
void checkEncodingAgain(const Pattern& weights, bool exactZeros) {
  const Encoded<Format> once = encode<Format>(weights.values, nullptr, exactZeros);
  const Encoded<Format> again = encode<Format>(once.decoded, nullptr, exactZeros);
  double first = 0;
  double second = 0;
  double energy = 0;
  for (int i = 0; i < rowLength; ++i) {
    first += std::pow(static_cast<double>(weights.values[i]) - once.decoded[i], 2);
    second += std::pow(static_cast<double>(once.decoded[i]) - again.decoded[i], 2);
    energy += std::pow(static_cast<double>(once.decoded[i]), 2);
  }
  const double coarse = rowLength * coarseness<Format>() * coarseness<Format>();
  check(second <= first + 1e-6 * energy + coarse, "%s, %s: encoding again adds %g times the first error", Format::name,
        weights.name.c_str(), second / first);
}

// Weights that are not numbers are the caller's mistake, but must not become undefined behaviour.
template <class Format>
void checkSurvivesNonFinite() {
  std::vector<float> w(rowLength, 0.5f);
  std::vector<float> importance(rowLength, 1.0f);
  w[3] = std::numeric_limits<float>::quiet_NaN();
  w[40] = std::numeric_limits<float>::infinity();
  importance[5] = std::numeric_limits<float>::infinity();
  importance[90] = std::numeric_limits<float>::quiet_NaN();
  for (const bool exactZeros : {false, true}) encode<Format>(w, importance.data(), exactZeros);
}

int codesOf(int id) {
  switch (id) {
    case Q1_0::id:
      return 2;
    case TQ1_0::id:
    case TQ2_0::id:
      return 3;
    case Q2_K::id:
    case Q2_0::id:
      return 4;
    case Q3_K::id:
      return 8;
    case Q5_0::id:
    case Q5_1::id:
    case Q5_K::id:
      return 32;
    case Q6_K::id:
      return 64;
    case Q8_0::id:
      return 255;
    default:
      return 16;
  }
}

struct CheckEncodable {
  template <class Format>
  void operator()(Format) const {
    const std::vector<Pattern> allWeights = weightPatterns();
    const std::vector<Pattern> allImportance = importancePatterns();
    for (const bool exactZeros : {false, true}) {
      if (exactZeros && !Format::exactZero) continue;
      for (const Pattern& weights : allWeights) {
        checkEncoded<Format>(weights, weights, true, exactZeros);
        for (const Pattern& importance : allImportance) {
          checkEncoded<Format>(weights, importance, false, exactZeros);
        }
        checkEncodingAgain<Format>(weights, exactZeros);
      }
      checkQuantized<Format>(exactZeros);
    }
    checkSurvivesNonFinite<Format>();
  }

  template <class Format>
  static void checkQuantized(bool exactZeros) {
    if constexpr (Format::blockSize > 1) {
      checkHoldsTwoValues<Format>(exactZeros);
      if constexpr (Format::group == 1) {
        checkNearest<Format>(codesOf(Format::id), exactZeros);
      } else {
        checkBestCodes<Format>();
      }
    }
  }
};

// Any bytes decode without undefined behaviour, and to the same values twice.
struct CheckDecodable {
  template <class Format>
  void operator()(Format) const {
    std::mt19937 random(Format::id);
    for (int round = 0; round < 200; ++round) {
      typename Format::Block block;
      auto* bytes = reinterpret_cast<unsigned char*>(&block);
      const unsigned fill = random() % 4;
      for (size_t i = 0; i < sizeof block; ++i) {
        bytes[i] = static_cast<unsigned char>(fill == 0 ? 0xff : fill == 1 ? 0 : random());
      }
      float first[Format::blockSize];
      float second[Format::blockSize];
      Format::decode(block, first);
      Format::decode(block, second);
      for (int i = 0; i < Format::blockSize; ++i) check(sameBits(first[i], second[i]), "%s", Format::name);
    }
  }
};

void checkHalves() {
  check(floatToHalf(1.0f) == 0x3c00 && floatToHalf(-2.0f) == 0xc000, "F16 of 1 and -2");
  check(floatToHalf(65519.0f) == 0x7bff && floatToHalf(65520.0f) == 0x7c00, "F16 at the end of the range");
  check(floatToHalf(1e30f) == 0x7c00 && floatToFiniteHalf(-1e30f) == 0xfbff, "F16 beyond the range");
  check(floatToHalf(2.98023224e-8f) == 0 && floatToHalf(2.9802326e-8f) == 1, "F16 ties to even at its smallest");
  for (int half = 0; half < 65536; ++half) {
    const float value = halfToFloat(static_cast<uint16_t>(half));
    const uint16_t back = floatToHalf(value);
    const bool nan = (half & 0x7fff) > 0x7c00;
    check(nan ? std::isnan(value) && (back & 0x7fff) > 0x7c00 : back == half, "F16 there and back");
    const float wide = bfloatToFloat(static_cast<uint16_t>(half));
    const bool wideNan = (half & 0x7fff) > 0x7f80;
    check(wideNan ? std::isnan(bfloatToFloat(floatToBfloat(wide))) : floatToBfloat(wide) == half,
          "BF16 there and back");
  }
  check(nextHalf(0, -1) == 0x8001 && nextHalf(0x8001, 1) == 0 && nextHalf(0x7bff, 1) == 0x7bff, "neighbours of F16");
  // The bound that Q4_1 and Q5_1 rest on: k d is an F16, near to what was asked for.
  for (int k = 0; k < 32; ++k) {
    for (float value = 1e-7f; value < 1e5f; value *= 1.37f) {
      const float d = halfToFloat(tiedHalf(value, k));
      const float product = d * static_cast<float>(k);
      check(halfToFloat(floatToHalf(product)) == product && std::isfinite(product), "k d is an F16");
      const bool inRange = value * static_cast<float>(k > 1 ? k : 1) < 60000.0f && value > 2e-4f;
      check(!inRange || std::fabs(d - value) <= value / 64.0f, "k d is near");
    }
  }
}

}  // namespace

int main() {
  checkHalves();
  int decodable = 0;
  int encodable = 0;
  for (const TypeInfo& info : catalogue) {
    const bool decoded = visitDecodable(info.id, CheckDecodable{});
    const bool encoded = visitEncodable(info.id, CheckEncodable{});
    check(decoded == info.decodable && encoded == info.encodable, "%s: flags", info.name);
    decodable += decoded;
    encodable += encoded;
  }
  check(!visitDecodable(4, CheckDecodable{}) && !visitEncodable(-1, CheckEncodable{}), "unknown ids");
  std::printf("formats: %d checks of %d decodable and %d encodable types, %d failed\n", checks, decodable, encodable,
              failures);
  return failures == 0 ? 0 : 1;
}
