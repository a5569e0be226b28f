#include "host_pointers.h"

#include <exception>
#include <initializer_list>
#include <vector>

namespace lathe {
namespace test {

namespace {

constexpr int64_t kSenseless = -1;
constexpr int64_t kGreatest = int64_t(1) << 34;  // bytes that a test may mean

// The product of what bytes are made of, or kSenseless.
int64_t bytesOf(std::initializer_list<int64_t> factors) {
  int64_t bytes = 1;
  for (const int64_t factor : factors)
    if (factor < 0 || __builtin_mul_overflow(bytes, factor, &bytes) || bytes > kGreatest) return kSenseless;
  return bytes;
}

int64_t floats(int64_t rows, int64_t cols) { return bytesOf({rows, cols, sizeof(float)}); }

// Bytes of rows x cols weights stored as a type, which may be none.
int64_t stored(int type, int64_t rows, int64_t cols) {
  for (int i = 0; i < typeCount(); i++) {
    const TypeInfo info = typeInfo(i);
    if (info.id == type && cols > 0 && cols % info.blockSize == 0)
      return bytesOf({rows, cols / info.blockSize, info.blockBytes});
  }
  return kSenseless;
}

// What one operation has on the device. An array that is given twice, as input and as output, is there once.
class Staging {
 public:
  explicit Staging(Backend& device) : device_(device) {}
  ~Staging() {
    try {
      for (const Copy& copy : copies_) device_.release(copy.device);
    } catch (const std::exception&) {
      // A kernel has failed, which stays with the device: the next operation says so, if none did before.
    }
  }

  template <class T>
  const T* in(const T* host, int64_t bytes) {
    return static_cast<const T*>(at(const_cast<T*>(host), bytes, false));
  }
  template <class T>
  T* out(T* host, int64_t bytes) {
    return static_cast<T*>(at(host, bytes, true));
  }

  // Brings the outputs back.
  void finish() {
    for (const Copy& copy : copies_)
      if (copy.changes) device_.download(copy.host, copy.device, copy.bytes);
  }

 private:
  struct Copy {
    void* host;
    void* device;
    int64_t bytes;
    bool changes;
  };

  void* at(const void* hostArray, int64_t bytes, bool changes) {
    void* host = const_cast<void*>(hostArray);
    if (host == nullptr || bytes <= 0) return host;
    for (Copy& copy : copies_)
      if (copy.host == host && copy.bytes == bytes) {
        copy.changes |= changes;
        return copy.device;
      }
    copies_.push_back({host, device_.acquire(bytes), bytes, changes});
    device_.upload(copies_.back().device, host, bytes);
    return copies_.back().device;
  }

  Backend& device_;
  std::vector<Copy> copies_;
};

}  // namespace

// Copies between host arrays, as between arrays of the CPU backend.
void HostPointers::upload(void* destination, const void* hostSource, int64_t bytes) {
  Staging staging(*inner_);
  inner_->upload(staging.out(destination, bytes), hostSource, bytes);
  staging.finish();
}

void HostPointers::download(void* hostDestination, const void* source, int64_t bytes) {
  Staging staging(*inner_);
  inner_->download(hostDestination, staging.in(source, bytes), bytes);
}

void HostPointers::copy(void* destination, const void* source, int64_t bytes) {
  Staging staging(*inner_);
  inner_->copy(staging.out(destination, bytes), staging.in(source, bytes), bytes);
  staging.finish();
}

void HostPointers::clear(void* destination, int64_t bytes) {
  Staging staging(*inner_);
  inner_->clear(staging.out(destination, bytes), bytes);
  staging.finish();
}

void HostPointers::embedding(float* y, const void* table, int type, int64_t vocabulary, int64_t cols,
                             const int32_t* hostTokens, int64_t tokens) {
  before_();
  Staging staging(*inner_);
  inner_->embedding(staging.out(y, floats(tokens, cols)), staging.in(table, stored(type, vocabulary, cols)), type,
                    vocabulary, cols, hostTokens, tokens);
  staging.finish();
}

void HostPointers::rmsNorm(float* y, const float* x, const float* weight, int64_t tokens, int64_t cols, float epsilon) {
  before_();
  Staging staging(*inner_);
  const int64_t bytes = floats(tokens, cols);
  inner_->rmsNorm(staging.out(y, bytes), staging.in(x, bytes), staging.in(weight, floats(1, cols)), tokens, cols,
                  epsilon);
  staging.finish();
}

void HostPointers::divideByRms(float* y, const float* x, const float* reference, int64_t tokens, int64_t cols,
                               int64_t referenceCols, float epsilon) {
  before_();
  Staging staging(*inner_);
  const int64_t bytes = floats(tokens, cols);
  inner_->divideByRms(staging.out(y, bytes), staging.in(x, bytes), staging.in(reference, floats(tokens, referenceCols)),
                      tokens, cols, referenceCols, epsilon);
  staging.finish();
}

void HostPointers::rope(float* x, int64_t tokens, int64_t length, int64_t heads, int64_t headSize, int64_t rotarySize,
                        const float* hostInverseFrequencies, float magnitude, bool interleaved) {
  before_();
  Staging staging(*inner_);
  inner_->rope(staging.out(x, bytesOf({tokens, heads, headSize, sizeof(float)})), tokens, length, heads, headSize,
               rotarySize, hostInverseFrequencies, magnitude, interleaved);
  staging.finish();
}

void HostPointers::attention(float* y, const float* q, const float* k, const float* v, int64_t sequences,
                             int64_t length, int64_t heads, int64_t kvHeads, int64_t headSize, float scale) {
  before_();
  Staging staging(*inner_);
  const int64_t bytes = bytesOf({sequences, length, heads, headSize, sizeof(float)});
  const int64_t kvBytes = bytesOf({sequences, length, kvHeads, headSize, sizeof(float)});
  inner_->attention(staging.out(y, bytes), staging.in(q, bytes), staging.in(k, kvBytes), staging.in(v, kvBytes),
                    sequences, length, heads, kvHeads, headSize, scale);
  staging.finish();
}

void HostPointers::swiglu(float* y, const float* gate, const float* up, int64_t count) {
  before_();
  Staging staging(*inner_);
  const int64_t bytes = floats(1, count);
  inner_->swiglu(staging.out(y, bytes), staging.in(gate, bytes), staging.in(up, bytes), count);
  staging.finish();
}

void HostPointers::add(float* y, const float* x, float scale, int64_t count) {
  before_();
  Staging staging(*inner_);
  const int64_t bytes = floats(1, count);
  inner_->add(staging.out(y, bytes), staging.in(x, bytes), scale, count);
  staging.finish();
}

void HostPointers::linear(float* y, const float* x, const void* w, int type, const float* bias, int64_t tokens,
                          int64_t rows, int64_t cols) {
  before_();
  Staging staging(*inner_);
  inner_->linear(staging.out(y, floats(tokens, rows)), staging.in(x, floats(tokens, cols)),
                 staging.in(w, stored(type, rows, cols)), type, staging.in(bias, floats(1, rows)), tokens, rows, cols);
  staging.finish();
}

void HostPointers::accumulateHessian(float* h, const float* x, int64_t tokens, int64_t cols) {
  before_();
  Staging staging(*inner_);
  inner_->accumulateHessian(staging.out(h, floats(cols, cols)), staging.in(x, floats(tokens, cols)), tokens, cols);
  staging.finish();
}

void HostPointers::finishHessian(float* h, int64_t tokens, int64_t cols) {
  before_();
  Staging staging(*inner_);
  inner_->finishHessian(staging.out(h, floats(cols, cols)), tokens, cols);
  staging.finish();
}

FactorReport HostPointers::inverseFactor(void* u, const void* h, int type, int64_t cols, double damping,
                                         double shrinkage) {
  before_();
  Staging staging(*inner_);
  const int64_t bytes = stored(type, cols, cols);
  const FactorReport report =
      inner_->inverseFactor(staging.out(u, bytes), staging.in(h, bytes), type, cols, damping, shrinkage);
  staging.finish();
  return report;
}

void HostPointers::accumulateProduct(float* c, const float* a, const float* b, int64_t tokens, int64_t aCols,
                                     int64_t bCols) {
  before_();
  Staging staging(*inner_);
  inner_->accumulateProduct(staging.out(c, floats(aCols, bCols)), staging.in(a, floats(tokens, aCols)),
                            staging.in(b, floats(tokens, bCols)), tokens, aCols, bCols);
  staging.finish();
}

void HostPointers::applyInverse(float* w, const float* u, int64_t rows, int64_t cols) {
  before_();
  Staging staging(*inner_);
  inner_->applyInverse(staging.out(w, floats(rows, cols)), staging.in(u, floats(cols, cols)), rows, cols);
  staging.finish();
}

double HostPointers::quadraticForm(const float* w, const float* h, int64_t rows, int64_t cols) {
  before_();
  Staging staging(*inner_);
  return inner_->quadraticForm(staging.in(w, floats(rows, cols)), staging.in(h, floats(cols, cols)), rows, cols);
}

ObsReport HostPointers::obsCompress(void* w, const void* u, int computeType, int64_t rows, int64_t cols,
                                    const ObsOptions& options, const uint8_t* hostDead, void* packed, uint8_t* mask) {
  before_();
  Staging staging(*inner_);
  const ObsReport report = inner_->obsCompress(staging.out(w, stored(computeType, rows, cols)),
                                               staging.in(u, stored(computeType, cols, cols)), computeType, rows, cols,
                                               options, hostDead, staging.out(packed, stored(options.type, rows, cols)),
                                               staging.out(mask, bytesOf({rows, cols})));
  staging.finish();
  return report;
}

double HostPointers::refitScales(void* packed, float* w, int type, const float* target, const float* h, int64_t rows,
                                 int64_t cols, double shrinkage) {
  before_();
  Staging staging(*inner_);
  const double gain = inner_->refitScales(
      staging.out(packed, stored(type, rows, cols)), staging.out(w, floats(rows, cols)), type,
      staging.in(target, floats(rows, cols)), staging.in(h, floats(cols, cols)), rows, cols, shrinkage);
  staging.finish();
  return gain;
}

int64_t HostPointers::scorePrune(float* w, const float* columnNorm, int64_t rows, int64_t cols,
                                 const ObsOptions& options, bool perRow) {
  before_();
  Staging staging(*inner_);
  const int64_t zeros = inner_->scorePrune(staging.out(w, floats(rows, cols)), staging.in(columnNorm, floats(1, cols)),
                                           rows, cols, options, perRow);
  staging.finish();
  return zeros;
}

void HostPointers::quantize(void* packed, const float* w, const float* importance, int type, int64_t rows, int64_t cols,
                            bool exactZeros) {
  before_();
  Staging staging(*inner_);
  inner_->quantize(staging.out(packed, stored(type, rows, cols)), staging.in(w, floats(rows, cols)),
                   staging.in(importance, floats(1, cols)), type, rows, cols, exactZeros);
  staging.finish();
}

void HostPointers::dequantize(float* w, const void* packed, int type, int64_t count) {
  before_();
  Staging staging(*inner_);
  inner_->dequantize(staging.out(w, floats(1, count)), staging.in(packed, stored(type, 1, count)), type, count);
  staging.finish();
}

int64_t HostPointers::findNonFinite(const float* x, int64_t count) {
  before_();
  Staging staging(*inner_);
  return inner_->findNonFinite(staging.in(x, floats(1, count)), count);
}

void HostPointers::logProbabilities(double* hostLogProbability, const float* logits, const int32_t* hostTargets,
                                    int64_t tokens, int64_t vocabulary) {
  before_();
  Staging staging(*inner_);
  inner_->logProbabilities(hostLogProbability, staging.in(logits, floats(tokens, vocabulary)), hostTargets, tokens,
                           vocabulary);
}

void HostPointers::klDivergence(double* hostDivergence, uint8_t* hostSameTop, const float* reference,
                                const float* logits, int64_t tokens, int64_t vocabulary) {
  before_();
  Staging staging(*inner_);
  const int64_t bytes = floats(tokens, vocabulary);
  inner_->klDivergence(hostDivergence, hostSameTop, staging.in(reference, bytes), staging.in(logits, bytes), tokens,
                       vocabulary);
}

}  // namespace test
}  // namespace lathe
