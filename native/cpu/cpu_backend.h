// The Backend on host memory: OpenBLAS for products, own kernels for the rest (kernels/kernel_table.h), one thread
// pool.
#ifndef LATHE_CPU_CPU_BACKEND_H
#define LATHE_CPU_CPU_BACKEND_H

#include <string>
#include <vector>

#include "arguments.h"
#include "host_memory.h"
#include "kernels/kernel_table.h"
#include "lathe/backend.h"
#include "thread_pool.h"

namespace lathe {

class CpuBackend final : public Backend {
 public:
  CpuBackend(const KernelTable& kernels, int threads);

  const char* device() const override { return "cpu"; }
  const char* kernelVariant() const override { return variant_.c_str(); }
  int threads() const override { return pool_.threads(); }

  // memory.cpp
  int64_t freeMemory() const override { return -1; }
  void* acquire(int64_t bytes) override;
  void release(void* memory) override;
  void upload(void* destination, const void* hostSource, int64_t bytes) override;
  void download(void* hostDestination, const void* source, int64_t bytes) override;
  void copy(void* destination, const void* source, int64_t bytes) override;
  void clear(void* destination, int64_t bytes) override;
  void synchronize() override {}

  // forward.cpp
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

  // statistics.cpp
  void accumulateHessian(float* h, const float* x, int64_t tokens, int64_t cols) override;
  void finishHessian(float* h, int64_t tokens, int64_t cols) override;
  FactorReport inverseFactor(void* u, const void* h, int type, int64_t cols, double damping, double shrinkage) override;
  void accumulateProduct(float* c, const float* a, const float* b, int64_t tokens, int64_t aCols,
                         int64_t bCols) override;
  void applyInverse(float* w, const float* u, int64_t rows, int64_t cols) override;
  double quadraticForm(const float* w, const float* h, int64_t rows, int64_t cols) override;

  // refit_scales.cpp
  double refitScales(void* packed, float* w, int type, const float* target, const float* h, int64_t rows, int64_t cols,
                     double shrinkage) override;

  // compression.cpp
  ObsReport obsCompress(void* w, const void* u, int computeType, int64_t rows, int64_t cols, const ObsOptions& options,
                        const uint8_t* hostDead, void* packed, uint8_t* mask) override;
  int64_t scorePrune(float* w, const float* columnNorm, int64_t rows, int64_t cols, const ObsOptions& options,
                     bool perRow) override;
  void quantize(void* packed, const float* w, const float* importance, int type, int64_t rows, int64_t cols,
                bool exactZeros) override;
  void dequantize(float* w, const void* packed, int type, int64_t count) override;
  int64_t findNonFinite(const float* x, int64_t count) override;

  // measuring.cpp
  void logProbabilities(double* hostLogProbability, const float* logits, const int32_t* hostTargets, int64_t tokens,
                        int64_t vocabulary) override;
  void klDivergence(double* hostDivergence, uint8_t* hostSameTop, const float* reference, const float* logits,
                    int64_t tokens, int64_t vocabulary) override;

 private:
  // Scratch memory of one worker, kept between calls.
  float* scratch(const char* operation, int worker, int64_t values);

  const KernelTable& kernels_;
  std::string variant_;
  ThreadPool pool_;
  std::vector<HostMemory<float>> scratch_;
};

// The processors that this process may run on: a container's share, not the machine's size.
int availableProcessors();

}  // namespace lathe

#endif
