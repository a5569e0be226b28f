// The one interface between Java and native code. JavaCPP maps this header and nothing else.
//
// Conventions
//   T tokens, R rows (output features of a linear layer), C columns (input features), V vocabulary.
//   A matrix [A x B] is row-major and dense. A linear layer is y = W x with W [R x C].
//   A pointer named without "host" lives in the memory of the backend that is called (for the CPU backend that is host
//   memory). Activations are F32. Weights are stored in any type of the catalogue (typeInfo), rows one after another.
//   Every failure is a std::exception whose message names the operation and the sizes that it was called with. One for
//   want of device memory begins with LATHE_OUT_OF_DEVICE_MEMORY: a caller may try with less.
//   A Backend is used by one thread at a time; different Backends are independent.
#ifndef LATHE_BACKEND_H
#define LATHE_BACKEND_H

#include <cstdint>

#define LATHE_API __attribute__((visibility("default")))
#define LATHE_OUT_OF_DEVICE_MEMORY "out of device memory"

namespace lathe {

// One storage type. Numbers below 1000 are ggml's type ids; from 1000 on they are types that only safetensors has.
struct TypeInfo {
  int id;
  const char* name;  // ggml's spelling: "F32", "Q4_K", "IQ2_XXS"
  int blockSize;     // weights in a block; a row is a whole number of blocks
  int blockBytes;    // bytes of a block
  bool decodable;    // dequantize and linear accept it
  bool encodable;    // quantize and obsCompress accept it
  bool exactZero;    // a weight of exactly 0 can be stored beside others (design: joint sparsity and quantization)
  bool rescalable;   // blocks have an F16 scale, which refitScales changes
};

// The catalogue: all types that this build knows, in ascending order of id.
LATHE_API int typeCount();
LATHE_API TypeInfo typeInfo(int index);

// What OBS compression is asked to do. Sparsity and a storage type may be asked for alone or together; together, mask
// and code are chosen in one pass and a pruned weight is an exact zero of the type.
struct ObsOptions {
  double sparsity = 0;  // share of zeros of an unstructured mask, 0 <= s < 1; ignored where ofM > 0
  int keepN = 0;        // n:m pattern: keepN of every ofM consecutive columns of a row are kept
  int ofM = 0;          // 0: unstructured
  // Columns whose unstructured mask is chosen at once, and columns after which those right of them are updated by
  // matrix products. Each is cut to C and then rounded up: maskBlock to whole blocks of `type`, updateBlock to whole
  // blocks of `type` and whole groups of ofM (their least common multiple); an updateBlock past 1024 by then is an
  // error. Neither needs to divide the other: the columns are worked through in segments that end at every multiple of
  // updateBlock and, where an unstructured mask is chosen, of maskBlock. A mask is chosen when all columns before its
  // first are done, from weights that are compensated for them and not yet for its own columns.
  int64_t maskBlock = 128;
  int64_t updateBlock = 128;
  bool keepZeros = false;  // weights that are 0 on entry stay 0: a mask that was chosen before
  int type = 0;            // storage type of the result; 0 (F32): prune only
};

struct ObsReport {
  int64_t zeros = 0;  // weights set to zero by the mask
  double loss = 0;  // sum of e^2 over all columns, e = (w_j - q_j) / U_jj: the proxy loss of the papers, / 2 not taken
};

struct FactorReport {
  double damping = 0;       // the lambda that the factorisation succeeded with
  int attempts = 0;         // 1: the damping asked for was enough
  int64_t deadColumns = 0;  // columns with H_jj = 0
};

// A device that can run a forward pass, collect second-order statistics and compress with them.
class LATHE_API Backend {
 public:
  virtual ~Backend() {}

  virtual const char* device() const = 0;         // "cpu", "cuda:0", "cuda-emulated"
  virtual const char* kernelVariant() const = 0;  // for the record of a run: "avx512+openblas-SkylakeX"
  virtual int threads() const = 0;                // host threads that this backend keeps busy

  // --- Memory ------------------------------------------------------------------------------------------------------
  // Bytes that can still be acquired of the device's own memory; -1 where memory is the host's.
  virtual int64_t freeMemory() const = 0;
  virtual void* acquire(int64_t bytes) = 0;  // aligned to 64 bytes; never null
  virtual void release(void* memory) = 0;    // null is allowed
  virtual void upload(void* destination, const void* hostSource, int64_t bytes) = 0;
  virtual void download(void* hostDestination, const void* source, int64_t bytes) = 0;
  virtual void copy(void* destination, const void* source, int64_t bytes) = 0;
  virtual void clear(void* destination, int64_t bytes) = 0;
  virtual void synchronize() = 0;  // returns when all work handed in before is done; reports its errors

  // --- Forward pass ------------------------------------------------------------------------------------------------
  // y [T x C] = rows `tokens` [T] (host memory) of table [V x C] stored as `type`.
  virtual void embedding(float* y, const void* table, int type, int64_t vocabulary, int64_t cols,
                         const int32_t* hostTokens, int64_t tokens) = 0;
  // y [T x C] = x / sqrt(mean(x^2) + epsilon) * weight [C], row by row. y may be x. Also used for per-head norms with
  // T = tokens * heads and C = head size.
  virtual void rmsNorm(float* y, const float* x, const float* weight, int64_t tokens, int64_t cols, float epsilon) = 0;
  // y [T x C] = x / sqrt(mean(r^2) + epsilon), each row of x with that row r of reference [T x R]: inputs on the scale
  // on which the residual stream is normalised. y may be x.
  virtual void divideByRms(float* y, const float* x, const float* reference, int64_t tokens, int64_t cols,
                           int64_t referenceCols, float epsilon) = 0;
  // Rotates x [T x heads*headSize] in place. Token t stands at position t % length. The first rotarySize of each head
  // turn by position * inverseFrequencies[i] (host memory, [rotarySize/2]). Pair i is (2i, 2i+1) when interleaved (GGUF
  // files of the Llama family), else (i, i + rotarySize/2) (Hugging Face). cos and sin are multiplied by `magnitude`.
  virtual void rope(float* x, int64_t tokens, int64_t length, int64_t heads, int64_t headSize, int64_t rotarySize,
                    const float* hostInverseFrequencies, float magnitude, bool interleaved) = 0;
  // Causal grouped-query attention, each of `sequences` runs of `length` tokens alone.
  // q [T x heads*headSize], k and v [T x kvHeads*headSize], y like q; T = sequences * length. No length x length matrix
  // of all heads is ever held.
  virtual void attention(float* y, const float* q, const float* k, const float* v, int64_t sequences, int64_t length,
                         int64_t heads, int64_t kvHeads, int64_t headSize, float scale) = 0;
  // y = silu(gate) * up, element by element. y may be gate or up.
  virtual void swiglu(float* y, const float* gate, const float* up, int64_t count) = 0;
  // y += scale * x.
  virtual void add(float* y, const float* x, float scale, int64_t count) = 0;
  // y [T x R] = x [T x C] * W^T + bias; W [R x C] stored as `type`; bias [R] or null.
  virtual void linear(float* y, const float* x, const void* w, int type, const float* bias, int64_t tokens,
                      int64_t rows, int64_t cols) = 0;

  // --- Second-order statistics -------------------------------------------------------------------------------------
  // h [C x C] += x^T x for x [T x C]. Only the upper triangle is written until finishHessian. Tokens are summed in
  // slices whose sums are then added, so that long calibrations do not lose digits.
  virtual void accumulateHessian(float* h, const float* x, int64_t tokens, int64_t cols) = 0;
  // h <- h * 2 / tokens, both triangles.
  virtual void finishHessian(float* h, int64_t tokens, int64_t cols) = 0;
  // u [C x C], upper triangular, with (H')^-1 = u^T u, where H' is h with dead columns (h_jj = 0) set to h_jj = 1, then
  // shrunk, (1 - shrinkage) h + shrinkage diag(h), then damped, + lambda * mean(diag h) * I. When the factorisation
  // fails, lambda grows tenfold; past lambda = 1e3 it throws. u may be h. Sizes of matrices: type F32 or F64 alike.
  virtual FactorReport inverseFactor(void* u, const void* h, int type, int64_t cols, double damping,
                                     double shrinkage) = 0;
  // c [M x N] += a^T b for a [T x M] and b [T x N], summed in slices as accumulateHessian does.
  virtual void accumulateProduct(float* c, const float* a, const float* b, int64_t tokens, int64_t aCols,
                                 int64_t bCols) = 0;
  // w [R x C] <- w u^T u, which is w (H')^-1 for u [C x C] of inverseFactor (F32).
  virtual void applyInverse(float* w, const float* u, int64_t rows, int64_t cols) = 0;
  // tr(W H W^T) / rows for w [R x C], h [C x C] symmetric, summed in F64.
  virtual double quadraticForm(const float* w, const float* h, int64_t rows, int64_t cols) = 0;

  // --- Compression -------------------------------------------------------------------------------------------------
  // Optimal-brain-surgeon compression of w [R x C] in place, given u of inverseFactor. Columns whose bit in `dead` is
  // set (bytes [C], host memory, or null) are zeroed first. `packed` takes the encoded rows where options.type is a
  // block type (null otherwise); w then holds the decoded values. computeType F32 or F64 is the type of w and u; F64 is
  // for pruning only. `mask` [R x C] bytes, 1 = pruned, or null.
  virtual ObsReport obsCompress(void* w, const void* u, int computeType, int64_t rows, int64_t cols,
                                const ObsOptions& options, const uint8_t* hostDead, void* packed, uint8_t* mask) = 0;
  // Refits the scales of encoded rows: packed [R x C] of `type`, which is rescalable, w [R x C] its decoded values. One
  // block of columns K after the other is multiplied by the 1 + c that makes tr(E H' E^T) least, E = target - w, given
  // what came before it: c = (E H')_K w_K^T / (w_K H'_KK w_K^T) for each row, rounded to what F16 allows and left out
  // where the error would not fall. target [R x C]; h [C x C] symmetric, H' = (1 - shrinkage) h + shrinkage diag(h).
  // packed and w are changed together. Returns what tr(E H' E^T) falls by.
  virtual double refitScales(void* packed, float* w, int type, const float* target, const float* h, int64_t rows,
                             int64_t cols, double shrinkage) = 0;
  // Prunes w [R x C] in place by the score |w_ij| * columnNorm_j (Wanda), or |w_ij| where columnNorm is null
  // (magnitude). Unstructured: floor(sparsity * C) lowest of each row where perRow, else floor(sparsity * R * C) lowest
  // of the matrix; ties by index. n:m as in ObsOptions. Returns the number of zeros set.
  virtual int64_t scorePrune(float* w, const float* columnNorm, int64_t rows, int64_t cols, const ObsOptions& options,
                             bool perRow) = 0;
  // Encodes w [R x C] row by row, nearest value under importance weights [C] (null: all 1). With exactZeros a weight of
  // 0 stays exactly 0.
  virtual void quantize(void* packed, const float* w, const float* importance, int type, int64_t rows, int64_t cols,
                        bool exactZeros) = 0;
  // Decodes count weights (a whole number of blocks).
  virtual void dequantize(float* w, const void* packed, int type, int64_t count) = 0;
  // Index of the first value that is NaN or infinite, or -1.
  virtual int64_t findNonFinite(const float* x, int64_t count) = 0;

  // --- Measuring ---------------------------------------------------------------------------------------------------
  // logProbability [T] (F64, host memory) = log softmax(logits [T x V])[target[t]].
  virtual void logProbabilities(double* hostLogProbability, const float* logits, const int32_t* hostTargets,
                                int64_t tokens, int64_t vocabulary) = 0;
  // divergence [T] (F64, host) = KL(softmax(reference) || softmax(logits)); sameTop [T] (host) = 1 where the most
  // probable tokens are the same (ties: lowest index).
  virtual void klDivergence(double* hostDivergence, uint8_t* hostSameTop, const float* reference, const float* logits,
                            int64_t tokens, int64_t vocabulary) = 0;
};

// Makes a backend.
//
// device: "cpu"; "cuda" or "cuda:N", an NVIDIA GPU; "cuda-emulated" or "cuda-emulated:N", the same code on the host,
// for tests. kernels: "auto", or for the CPU a variant by name ("reference", "avx2", "avx512") for tests; one that this
// processor cannot run is an error. threads: of the CPU backend; 0 takes all processors of the process. deviceMemory:
// bytes of a GPU's memory that the backend may hold at once; 0 takes what is free. library: file of the library that
// holds the CUDA backend; null takes liblathe_cuda.so, or liblathe_cuda_emulated.so, beside this library. A device that
// is not to be had is a std::exception with the reason.
LATHE_API Backend* createBackend(const char* device, const char* kernels, int threads, int64_t deviceMemory = 0,
                                 const char* library = nullptr);

// Names of the CPU kernel variants that this processor can run, separated by commas, best last.
LATHE_API const char* runnableKernels();

}  // namespace lathe

#endif
