// What operations give by their definitions, in double precision, and how far off a backend may be that computes in F32
// and sums in any order.
//
// Bounds: u is the unit roundoff of F32. A sum of n products in any order is off by at most n u / (1 - n u) times the
// sum of their magnitudes (Higham, Accuracy and Stability, 3.1); each further operation adds u of its result; where a
// result can be denormal, each operation adds kUnderflow32. What is special to an operation stands where its bound is
// formed. Two backends, each within the bound, are within twice the bound of each other.
#ifndef LATHE_TEST_REFERENCES_H
#define LATHE_TEST_REFERENCES_H

#include <cstdint>
#include <string>
#include <vector>

#include "check.h"
#include "dense.h"

namespace lathe {
namespace test {

struct Reference {
  explicit Reference(int64_t count) : value(static_cast<size_t>(count)), bound(static_cast<size_t>(count)) {}
  std::vector<double> value;
  std::vector<double> bound;  // of |found - value|
};

// Relative error that vector_math.h states for its exp; the device's expf is good to 2 ulp.
constexpr double kExpError = 3e-7;

// n u / (1 - n u)
double gamma32(int64_t n);

// Arguments are those of the operations of backend.h, all on the host.
Reference rmsNormReference(const std::vector<float>& x, const std::vector<float>& weight, int64_t tokens, int64_t cols,
                           float epsilon);
Reference divideByRmsReference(const std::vector<float>& x, const std::vector<float>& reference, int64_t tokens,
                               int64_t cols, int64_t referenceCols, float epsilon);

struct RopeShape {
  int64_t tokens, length, heads, headSize, rotarySize;
  float magnitude;
  bool interleaved;
};
// 10000^(-2 i / rotarySize)
std::vector<float> ropeFrequencies(int64_t rotarySize);
Reference ropeReference(const std::vector<float>& x, const std::vector<float>& inverseFrequencies, const RopeShape& s);

struct AttentionShape {
  int64_t sequences, length, heads, kvHeads, headSize;
};
Reference attentionReference(const std::vector<float>& q, const std::vector<float>& k, const std::vector<float>& v,
                             const AttentionShape& s, float scale);

Reference swigluReference(const std::vector<float>& gate, const std::vector<float>& up);

// w [R x C] is what the stored weights decode to; no bias where it is empty.
Reference linearReference(const std::vector<float>& x, const std::vector<float>& w, const std::vector<float>& bias,
                          int64_t tokens, int64_t rows, int64_t cols);

// accumulateHessian of all tokens, in any batches, and finishHessian.
Reference hessianReference(const std::vector<float>& x, int64_t tokens, int64_t cols);

// What U of inverseFactor has to be the factor of.
struct InverseReference {
  InverseReference(const Matrix& damped, int64_t n);
  // Fails unless |U^T U H' - I| is within its bound element by element, and U is zero below the diagonal; roundoff is
  // that of the type that U was computed in.
  void check(const Matrix& u, double roundoff, const std::string& where) const;

  int64_t n;
  Matrix damped;  // H'
  Matrix scale;   // |L||L^T| for H' = L L^T with L upper triangular
};

// accumulateProduct onto c [M x N].
Reference productReference(const std::vector<float>& c, const std::vector<float>& a, const std::vector<float>& b,
                           int64_t tokens, int64_t aCols, int64_t bCols);

Reference applyInverseReference(const std::vector<float>& w, const std::vector<float>& u, int64_t rows, int64_t cols);

Reference quadraticFormReference(const std::vector<float>& w, const std::vector<float>& h, int64_t rows, int64_t cols);

Reference logProbabilitiesReference(const std::vector<float>& logits, const std::vector<int32_t>& targets,
                                    int64_t vocabulary);

// The divergences [T], then sameTop [T].
Reference klDivergenceReference(const std::vector<float>& reference, const std::vector<float>& logits, int64_t tokens,
                                int64_t vocabulary);

template <class T>
void checkReference(const std::vector<T>& found, const Reference& expected, const std::string& where) {
  CHECK_EQUAL(found.size(), expected.value.size(), where);
  for (size_t i = 0; i < found.size(); i++)
    CHECK_NEAR(found[i], expected.value[i], expected.bound[i], where, " at ", i);
}

}  // namespace test
}  // namespace lathe

#endif
