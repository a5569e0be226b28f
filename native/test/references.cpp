#include "references.h"

#include <algorithm>
#include <cmath>

#include "backends.h"

namespace lathe {
namespace test {

double gamma32(int64_t n) {
  const double nu = static_cast<double>(n) * kRoundoff32;
  return nu / (1 - nu);
}

namespace {

double inverseRms(const std::vector<float>& x, int64_t row, int64_t cols, float epsilon) {
  double squares = 0;
  for (int64_t i = 0; i < cols; i++) squares += std::pow(static_cast<double>(x[row * cols + i]), 2);
  return 1 / std::sqrt(squares / static_cast<double>(cols) + epsilon);
}

}  // namespace

Reference rmsNormReference(const std::vector<float>& x, const std::vector<float>& weight, int64_t tokens, int64_t cols,
                           float epsilon) {
  Reference result = divideByRmsReference(x, x, tokens, cols, cols, epsilon);
  for (int64_t i = 0; i < tokens * cols; i++) {
    result.value[i] *= weight[i % cols];
    // The scale's rounding to F32 and two products; the F64 sum adds far less than u.
    result.bound[i] = 3.1 * kRoundoff32 * std::fabs(result.value[i]) + 2 * kUnderflow32;
  }
  return result;
}

Reference divideByRmsReference(const std::vector<float>& x, const std::vector<float>& reference, int64_t tokens,
                               int64_t cols, int64_t referenceCols, float epsilon) {
  Reference result(tokens * cols);
  for (int64_t t = 0; t < tokens; t++) {
    const double scale = inverseRms(reference, t, referenceCols, epsilon);
    for (int64_t i = t * cols; i < (t + 1) * cols; i++) {
      result.value[i] = x[i] * scale;
      // The scale's rounding to F32 and one product.
      result.bound[i] = 2.1 * kRoundoff32 * std::fabs(result.value[i]) + kUnderflow32;
    }
  }
  return result;
}

std::vector<float> ropeFrequencies(int64_t rotarySize) {
  const int64_t half = rotarySize / 2;
  std::vector<float> frequencies(static_cast<size_t>(half));
  for (int64_t i = 0; i < half; i++)
    frequencies[i] = std::pow(10000.0f, -static_cast<float>(i) / static_cast<float>(half));
  return frequencies;
}

Reference ropeReference(const std::vector<float>& x, const std::vector<float>& inverseFrequencies, const RopeShape& s) {
  Reference result(static_cast<int64_t>(x.size()));
  result.value.assign(x.begin(), x.end());
  const int64_t half = s.rotarySize / 2;
  for (int64_t t = 0; t < s.tokens; t++)
    for (int64_t h = 0; h < s.heads; h++)
      for (int64_t i = 0; i < half; i++) {
        const int64_t head = (t * s.heads + h) * s.headSize;
        const int64_t at = head + (s.interleaved ? 2 * i : i), partner = head + (s.interleaved ? 2 * i + 1 : half + i);
        // backend.h: the angle is rounded to F32.
        const float angle = static_cast<float>(t % s.length) * inverseFrequencies[i];
        const double cosine = std::cos(static_cast<double>(angle)) * s.magnitude;
        const double sine = std::sin(static_cast<double>(angle)) * s.magnitude;
        result.value[at] = x[at] * cosine - x[partner] * sine;
        result.value[partner] = x[partner] * cosine + x[at] * sine;
        // cos and sin to one ulp (2 u), times the magnitude, the product, the sum: 5 u; all of it relative to the
        // largest that the terms can be, since cos and sin near 0 have an error of their own size there.
        result.bound[at] = result.bound[partner] =
            5.1 * kRoundoff32 * (std::fabs(x[at]) + std::fabs(x[partner])) * std::fabs(s.magnitude);
      }
  return result;
}

namespace {

// One query's average of the values: softmax over the keys that it sees, in double precision.
struct Query {
  const float* query;
  const float* keys;    // of the first key that it sees, from a key to the next: stride
  const float* values;  // likewise
  int64_t seen, stride, headSize;
  float scale;
};

void attend(const Query& a, double* value, double* bound) {
  std::vector<double> weights(static_cast<size_t>(a.seen));
  double top = -INFINITY, scoreError = 0;
  for (int64_t s = 0; s < a.seen; s++) {
    double dot = 0, magnitude = 0;
    for (int64_t i = 0; i < a.headSize; i++) {
      const double product = static_cast<double>(a.query[i]) * a.keys[s * a.stride + i];
      dot += product;
      magnitude += std::fabs(product);
    }
    weights[s] = dot * a.scale;
    top = std::max(top, weights[s]);
    // The dot product, the difference to the greatest and the scale; the greatest carries the same error.
    scoreError = std::max(scoreError, 2 * gamma32(a.headSize + 3) * magnitude * a.scale);
  }
  double sum = 0;
  for (double& weight : weights) sum += weight = std::exp(weight - top);
  // Each weight is off by exp(scoreError), the exp itself, its sum and the division; then a sum of products.
  const double relative = 2 * std::expm1(scoreError) + 2 * kExpError + gamma32(2 * a.seen + 4);
  for (int64_t i = 0; i < a.headSize; i++) {
    double expected = 0, magnitude = 0;
    for (int64_t s = 0; s < a.seen; s++) {
      const double term = weights[s] / sum * a.values[s * a.stride + i];
      expected += term;
      magnitude += std::fabs(term);
    }
    value[i] = expected;
    bound[i] = relative * magnitude + static_cast<double>(2 * a.seen) * kUnderflow32;
  }
}

}  // namespace

Reference attentionReference(const std::vector<float>& q, const std::vector<float>& k, const std::vector<float>& v,
                             const AttentionShape& s, float scale) {
  Reference result(static_cast<int64_t>(q.size()));
  const int64_t qCols = s.heads * s.headSize, kvCols = s.kvHeads * s.headSize;
  for (int64_t t = 0; t < s.sequences * s.length; t++)
    for (int64_t h = 0; h < s.heads; h++) {
      const int64_t start = t / s.length * s.length, kvHead = h / (s.heads / s.kvHeads);
      const int64_t first = start * kvCols + kvHead * s.headSize, at = t * qCols + h * s.headSize;
      attend({q.data() + at, k.data() + first, v.data() + first, t - start + 1, kvCols, s.headSize, scale},
             result.value.data() + at, result.bound.data() + at);
    }
  return result;
}

Reference swigluReference(const std::vector<float>& gate, const std::vector<float>& up) {
  Reference result(static_cast<int64_t>(gate.size()));
  for (size_t i = 0; i < gate.size(); i++) {
    // From exp(88.37) on exp may count as infinite and the result as 0, in place of at most 88.37 exp(-88.37) |up|.
    const bool vanished = gate[i] < -88.37f;
    const double expected = gate[i] / (1 + std::exp(-static_cast<double>(gate[i]))) * up[i];
    result.value[i] = vanished ? 0 : expected;
    // exp, the sum, the quotient, the product.
    result.bound[i] = vanished ? 3.8e-37 * std::fabs(up[i])
                               : (kExpError + 3.1 * kRoundoff32) * std::fabs(expected) + 2 * kUnderflow32;
  }
  return result;
}

Reference linearReference(const std::vector<float>& x, const std::vector<float>& w, const std::vector<float>& bias,
                          int64_t tokens, int64_t rows, int64_t cols) {
  Reference result(tokens * rows);
  for (int64_t t = 0; t < tokens; t++)
    for (int64_t r = 0; r < rows; r++) {
      double expected = bias.empty() ? 0 : bias[r], magnitude = std::fabs(expected);
      for (int64_t i = 0; i < cols; i++) {
        const double product = static_cast<double>(x[t * cols + i]) * w[r * cols + i];
        expected += product;
        magnitude += std::fabs(product);
      }
      result.value[t * rows + r] = expected;
      result.bound[t * rows + r] = gamma32(cols + 1) * magnitude + static_cast<double>(cols + 1) * kUnderflow32;
    }
  return result;
}

Reference hessianReference(const std::vector<float>& x, int64_t tokens, int64_t cols) {
  Reference result(cols * cols);
  result.value = hessianOf(x, tokens, cols);
  for (int64_t i = 0; i < cols; i++)
    for (int64_t j = 0; j < cols; j++) {
      // |x_i|.|x_j| <= sqrt(h_ii h_jj) (Cauchy and Schwarz); a sum of `tokens` products, then the scale.
      const double size = std::sqrt(result.value[i * cols + i] * result.value[j * cols + j]);
      result.bound[i * cols + j] = gamma32(tokens + 2) * size + static_cast<double>(tokens) * kUnderflow32;
    }
  return result;
}

InverseReference::InverseReference(const Matrix& damped, int64_t n) : n(n), damped(damped) {
  Matrix reversed = damped;
  std::reverse(reversed.begin(), reversed.end());
  const Matrix l = choleskyOf(reversed, n);
  CHECK(!l.empty(), "the reference is not positive definite");
  scale = product(magnitudes(l), magnitudes(transposed(l, n)), n);
  std::reverse(scale.begin(), scale.end());
}

// With u the roundoff: the Cholesky factor of the reversed matrix satisfies L L^T = A + E, |E| <= (n+1) u |L||L|^T, and
// the triangular inverse M satisfies M L = I + F, |F| <= c n u |M||L| (Higham, 10.1 and 14.1; c = 3 allows for blocks
// of which two are formed by a product and a solve with the diagonal block). Then M^T M (L L^T - E) - I is bounded, to
// first order, by |M^T||F||L^T| + |M^-1 ...| <= (2 c + 1) (n+1) u |M^T||M||L||L^T|; reversing gives the same for U. The
// entries of H' are rounded too: u |H'| <= u |L||L^T|.
void InverseReference::check(const Matrix& u, double roundoff, const std::string& where) const {
  const Matrix identity = product(product(transposed(u, n), u, n), damped, n);
  const Matrix size = product(product(magnitudes(transposed(u, n)), magnitudes(u), n), scale, n);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) {
      if (j < i) CHECK_EQUAL(u[i * n + j], 0.0, where, " below the diagonal at ", i, ",", j);
      CHECK_NEAR(identity[i * n + j], i == j ? 1.0 : 0.0, 8 * static_cast<double>(n + 1) * roundoff * size[i * n + j],
                 where, " at ", i, ",", j);
    }
}

Reference productReference(const std::vector<float>& c, const std::vector<float>& a, const std::vector<float>& b,
                           int64_t tokens, int64_t aCols, int64_t bCols) {
  Reference result(aCols * bCols);
  for (int64_t i = 0; i < aCols; i++)
    for (int64_t j = 0; j < bCols; j++) {
      double expected = c[i * bCols + j], magnitude = std::fabs(expected);
      for (int64_t t = 0; t < tokens; t++) {
        const double term = static_cast<double>(a[t * aCols + i]) * b[t * bCols + j];
        expected += term;
        magnitude += std::fabs(term);
      }
      result.value[i * bCols + j] = expected;
      result.bound[i * bCols + j] = gamma32(tokens + 1) * magnitude;
    }
  return result;
}

Reference applyInverseReference(const std::vector<float>& w, const std::vector<float>& u, int64_t rows, int64_t cols) {
  Reference result(rows * cols);
  const Matrix wide(u.begin(), u.end());
  const Matrix inverse = product(transposed(wide, cols), wide, cols);
  const Matrix scale = product(magnitudes(transposed(wide, cols)), magnitudes(wide), cols);
  for (int64_t r = 0; r < rows; r++)
    for (int64_t j = 0; j < cols; j++) {
      double expected = 0, magnitude = 0;
      for (int64_t k = 0; k < cols; k++) {
        expected += w[r * cols + k] * inverse[k * cols + j];
        magnitude += std::fabs(w[r * cols + k]) * scale[k * cols + j];
      }
      result.value[r * cols + j] = expected;
      // Two products after each other, each a sum of `cols` terms: (1 + gamma_n)^2 - 1 <= gamma_2n.
      result.bound[r * cols + j] = gamma32(2 * cols) * magnitude;
    }
  return result;
}

Reference quadraticFormReference(const std::vector<float>& w, const std::vector<float>& h, int64_t rows, int64_t cols) {
  Reference result(1);
  double expected = 0, magnitude = 0;
  for (int64_t r = 0; r < rows; r++)
    for (int64_t i = 0; i < cols; i++)
      for (int64_t j = 0; j < cols; j++) {
        const double term = static_cast<double>(w[r * cols + i]) * h[i * cols + j] * w[r * cols + j];
        expected += term;
        magnitude += std::fabs(term);
      }
  result.value[0] = expected / static_cast<double>(rows);
  // Sums of `cols` products in F32; the rest in F64.
  result.bound[0] = static_cast<double>(cols + 1) * kRoundoff32 * magnitude / static_cast<double>(rows);
  return result;
}

namespace {

// log(sum(exp(x))) and the index of the greatest.
double logSumExp(const float* x, int64_t count, int64_t* top) {
  *top = std::max_element(x, x + count) - x;
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += std::exp(static_cast<double>(x[i]) - x[*top]);
  return x[*top] + std::log(sum);
}

// What an exp may be off by, relative, plus the rounding of the difference in its argument.
double rowError(const float* x, int64_t count) {
  const auto [least, greatest] = std::minmax_element(x, x + count);
  return kExpError + std::min(88.0, static_cast<double>(*greatest) - *least) * kRoundoff32;
}

}  // namespace

Reference logProbabilitiesReference(const std::vector<float>& logits, const std::vector<int32_t>& targets,
                                    int64_t vocabulary) {
  Reference result(static_cast<int64_t>(targets.size()));
  for (size_t t = 0; t < targets.size(); t++) {
    const float* row = logits.data() + static_cast<int64_t>(t) * vocabulary;
    int64_t top;
    result.value[t] = row[targets[t]] - logSumExp(row, vocabulary, &top);
    // The relative error of the sum of exps is the absolute one of its logarithm; the rest is in F64.
    result.bound[t] = rowError(row, vocabulary) + 1e-15 * std::fabs(result.value[t]);
  }
  return result;
}

Reference klDivergenceReference(const std::vector<float>& reference, const std::vector<float>& logits, int64_t tokens,
                                int64_t vocabulary) {
  Reference result(2 * tokens);
  for (int64_t t = 0; t < tokens; t++) {
    const float *p = reference.data() + t * vocabulary, *q = logits.data() + t * vocabulary;
    int64_t pTop, qTop;
    const double pSum = logSumExp(p, vocabulary, &pTop), qSum = logSumExp(q, vocabulary, &qTop);
    double magnitude = 0;
    for (int64_t i = 0; i < vocabulary; i++) {
      const double term = std::exp(p[i] - pSum) * ((static_cast<double>(p[i]) - q[i]) - (pSum - qSum));
      result.value[t] += term;
      magnitude += std::fabs(term);
    }
    // Each probability is off by its exp and by the rounding of pSum to F32; both sums of exps by rowError.
    const double relative = rowError(p, vocabulary) + std::fabs(pSum) * kRoundoff32;
    result.bound[t] = 2 * relative * magnitude + rowError(p, vocabulary) + rowError(q, vocabulary);
    result.value[tokens + t] = pTop == qTop;
  }
  return result;
}

}  // namespace test
}  // namespace lathe
