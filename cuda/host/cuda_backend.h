// The Backend on an NVIDIA GPU: cuBLAS for products, cuSOLVER for factorisations, own kernels (cuda/kernels) for the
// rest.
//
// Work is queued on one stream and runs while the caller goes on; what has a result on the host waits for it. Weights
// are uploaded on a stream of their own (transfers.h). Every pointer that an operation is given must lie in memory
// acquired from this backend, with room for what the sizes say.
#ifndef LATHE_CUDA_CUDA_BACKEND_H
#define LATHE_CUDA_CUDA_BACKEND_H

#include <initializer_list>
#include <string>

#include "arguments.h"
#include "device_memory.h"
#include "lathe/backend.h"
#include "libraries.h"
#include "rope_table.h"
#include "status.h"
#include "stream.h"
#include "transfers.h"

namespace lathe {
namespace cuda {

class CudaBackend final : public Backend {
 public:
  // device: its name, "cuda:0"; memoryLimit: bytes of device memory that may be held, 0: what is free.
  CudaBackend(const std::string& device, int ordinal, int64_t memoryLimit);
  ~CudaBackend() override;

  const char* device() const override { return device_.c_str(); }
  const char* kernelVariant() const override { return variant_.c_str(); }
  int threads() const override { return 1; }

  // memory.cpp
  int64_t freeMemory() const override { return memory_.room(); }
  void* acquire(int64_t bytes) override;
  void release(void* memory) override;
  void upload(void* destination, const void* hostSource, int64_t bytes) override;
  void download(void* hostDestination, const void* source, int64_t bytes) override;
  void copy(void* destination, const void* source, int64_t bytes) override;
  void clear(void* destination, int64_t bytes) override;
  void synchronize() override;

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

  // obs_compress.cpp
  ObsReport obsCompress(void* w, const void* u, int computeType, int64_t rows, int64_t cols, const ObsOptions& options,
                        const uint8_t* hostDead, void* packed, uint8_t* mask) override;

  // refit_scales.cpp
  double refitScales(void* packed, float* w, int type, const float* target, const float* h, int64_t rows, int64_t cols,
                     double shrinkage) override;

  // compression.cpp
  int64_t scorePrune(float* w, const float* columnNorm, int64_t rows, int64_t cols, const ObsOptions& options,
                     bool perRow) override;
  void quantize(void* packed, const float* w, const float* importance, int type, int64_t rows, int64_t cols,
                bool exactZeros) override;
  void dequantize(float* w, const void* packed, int type, int64_t count) override;

  // measuring.cpp
  int64_t findNonFinite(const float* x, int64_t count) override;
  void logProbabilities(double* hostLogProbability, const float* logits, const int32_t* hostTargets, int64_t tokens,
                        int64_t vocabulary) override;
  void klDivergence(double* hostDivergence, uint8_t* hostSameTop, const float* reference, const float* logits,
                    int64_t tokens, int64_t vocabulary) override;

 private:
  // Makes the device current and names what is about to be done.
  Operation begin(const char* name, std::initializer_list<Size> sizes) const;

  // memory_.require for count values of T.
  template <class T>
  void require(const Operation& operation, const char* name, const T* values, int64_t count) {
    memory_.require(operation, name, values, count * static_cast<int64_t>(sizeof(T)));
  }

  // Small arrays of the host that an operation works with, and results for the host.
  template <class T>
  void send(const Operation& operation, Scratch<T>& destination, const T* hostSource, int64_t count) {
    sendBytes(operation, destination.data(), hostSource, count * static_cast<int64_t>(sizeof(T)));
    require(operation, "scratch", destination.data(), count);
  }
  template <class T>
  void receive(const Operation& operation, T* hostDestination, Scratch<T>& source, int64_t count) {
    transfers_.download(operation, hostDestination, source.data(), count * static_cast<int64_t>(sizeof(T)));
  }
  void sendBytes(const Operation& operation, void* destination, const void* hostSource, int64_t bytes);

  // Calls a launcher of kernels.h with the stream that computes; a launch that is refused names the operation.
  template <class... Parameters, class... Arguments>
  void queue(const Operation& operation, void (*launcher)(Parameters...), Arguments... arguments) {
    try {
      launcher(arguments..., compute_);
    } catch (const std::runtime_error& refused) {
      operation.fail(refused.what());
    }
  }

  // See inverseFactor; T is float or double.
  template <class T>
  FactorReport inverseFactorOf(const Operation& operation, T* u, const T* h, int64_t n, double damping,
                               double shrinkage);

  // See obsCompress; T is float or double.
  template <class T>
  ObsReport obsCompressOf(const Operation& operation, T* w, const T* u, int64_t rows, int64_t cols,
                          const ObsOptions& options, const ObsRequest& request, const uint8_t* hostDead,
                          uint8_t* packed, uint8_t* mask);
  template <class T>
  void beginObs(const Operation& operation, T* w, uint8_t* mask, int64_t rows, int64_t cols, const ObsRequest& request,
                bool keepsZeros, const uint8_t* hostDead);
  template <class T>
  void readDiagonal(const Operation& operation, Scratch<T>& diagonal, const T* u, int64_t cols);

  std::string device_;
  int ordinal_;
  Stream compute_;
  Stream uploads_;
  Stream acquisitions_;
  Libraries libraries_;
  Transfers transfers_;
  DeviceMemory memory_;
  RopeTable ropeTable_;
  std::string variant_;
};

}  // namespace cuda
}  // namespace lathe

#endif
