// A backend with memory of its own, behind the face of one that computes on host memory: every operation copies what it
// is given to the device and what comes of it back. So the tests of the CPU backend are tests of any backend.
//
// Sizes that make no sense are passed on with the host's pointers, since it is the backend that has to refuse them.
#ifndef LATHE_CUDA_TEST_HOST_POINTERS_H
#define LATHE_CUDA_TEST_HOST_POINTERS_H

#include <functional>
#include <memory>
#include <string>

#include "lathe/backend.h"

namespace lathe {
namespace test {

class HostPointers final : public Backend {
 public:
  // name: what kernelVariant says; before: called before every operation.
  HostPointers(std::unique_ptr<Backend> inner, const std::string& name, std::function<void()> before)
      : inner_(std::move(inner)), name_(name), before_(std::move(before)) {}

  Backend& inner() { return *inner_; }

  const char* device() const override { return inner_->device(); }
  const char* kernelVariant() const override { return name_.c_str(); }
  int threads() const override { return inner_->threads(); }

  int64_t freeMemory() const override { return inner_->freeMemory(); }
  void* acquire(int64_t bytes) override { return inner_->acquire(bytes); }
  void release(void* memory) override { inner_->release(memory); }
  void upload(void* destination, const void* hostSource, int64_t bytes) override;
  void download(void* hostDestination, const void* source, int64_t bytes) override;
  void copy(void* destination, const void* source, int64_t bytes) override;
  void clear(void* destination, int64_t bytes) override;
  void synchronize() override { inner_->synchronize(); }

  void embedding(float* y, const void* table, int type, int64_t vocabulary, int64_t cols, const int32_t* hostTokens,
                 int64_t tokens) override;
  void rmsNorm(float* y, const float* x, const float* weight, int64_t tokens, int64_t cols, float epsilon) override;
  void divideByRms(float* y, const float* x, const float* reference, int64_t tokens, int64_t cols,
                   int64_t referenceCols, float epsilon) override;
  void rope(float* x, int64_t tokens, int64_t length, int64_t heads, int64_t headSize, int64_t rotarySize,
            const float* hostInverseFrequencies, float magnitude, bool interleaved) override;
  void attention(float* y, const float* q, const float* k, const float* v, int64_t sequences, int64_t length,
                 int64_t heads, int64_t kvHeads, int64_t headSize, float scale) override;
  void swiglu(float* y, const float* gate, const float* up, int64_t count) override;
  void add(float* y, const float* x, float scale, int64_t count) override;
  void linear(float* y, const float* x, const void* w, int type, const float* bias, int64_t tokens, int64_t rows,
              int64_t cols) override;

  void accumulateHessian(float* h, const float* x, int64_t tokens, int64_t cols) override;
  void finishHessian(float* h, int64_t tokens, int64_t cols) override;
  FactorReport inverseFactor(void* u, const void* h, int type, int64_t cols, double damping, double shrinkage) override;
  void accumulateProduct(float* c, const float* a, const float* b, int64_t tokens, int64_t aCols,
                         int64_t bCols) override;
  void applyInverse(float* w, const float* u, int64_t rows, int64_t cols) override;
  double quadraticForm(const float* w, const float* h, int64_t rows, int64_t cols) override;

  ObsReport obsCompress(void* w, const void* u, int computeType, int64_t rows, int64_t cols, const ObsOptions& options,
                        const uint8_t* hostDead, void* packed, uint8_t* mask) override;
  double refitScales(void* packed, float* w, int type, const float* target, const float* h, int64_t rows, int64_t cols,
                     double shrinkage) override;
  int64_t scorePrune(float* w, const float* columnNorm, int64_t rows, int64_t cols, const ObsOptions& options,
                     bool perRow) override;
  void quantize(void* packed, const float* w, const float* importance, int type, int64_t rows, int64_t cols,
                bool exactZeros) override;
  void dequantize(float* w, const void* packed, int type, int64_t count) override;

  int64_t findNonFinite(const float* x, int64_t count) override;
  void logProbabilities(double* hostLogProbability, const float* logits, const int32_t* hostTargets, int64_t tokens,
                        int64_t vocabulary) override;
  void klDivergence(double* hostDivergence, uint8_t* hostSameTop, const float* reference, const float* logits,
                    int64_t tokens, int64_t vocabulary) override;

 private:
  std::unique_ptr<Backend> inner_;
  std::string name_;
  std::function<void()> before_;
};

}  // namespace test
}  // namespace lathe

#endif
