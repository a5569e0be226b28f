#include "arguments.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

#include "lathe/formats/catalogue.h"

namespace lathe {

int typeCount() { return catalogueSize; }

TypeInfo typeInfo(int index) {
  if (index < 0 || index >= typeCount()) reject("typeInfo", "index " + std::to_string(index));
  return catalogue[index];
}

void reject(const char* operation, const std::string& what) {
  throw std::invalid_argument(std::string(operation) + ": " + what);
}

TypeInfo requireType(const char* operation, int type) {
  for (int i = 0; i < typeCount(); i++) {
    const TypeInfo info = typeInfo(i);
    if (info.id == type) return info;
  }
  reject(operation, "storage type " + std::to_string(type) + " is unknown");
}

int64_t rowBytes(const char* operation, int type, int64_t cols) {
  const TypeInfo info = requireType(operation, type);
  if (cols <= 0 || cols % info.blockSize != 0)
    reject(operation, std::to_string(cols) + " columns are no whole number of " + info.name + " blocks of " +
                          std::to_string(info.blockSize));
  return cols / info.blockSize * info.blockBytes;
}

void requireMatrix(const char* operation, int64_t rows, int64_t cols) {
  constexpr int64_t kGreatest = std::numeric_limits<int64_t>::max() / static_cast<int64_t>(sizeof(double));
  if (rows < 0 || cols <= 0 || rows > kGreatest / cols)
    reject(operation, "a matrix of " + std::to_string(rows) + " x " + std::to_string(cols));
}

TypeInfo requireDecodable(const char* operation, int type) {
  const TypeInfo info = requireType(operation, type);
  if (!info.decodable) reject(operation, std::string(info.name) + " values cannot be computed with");
  return info;
}

void requireCount(const char* operation, int64_t count, const char* what) {
  if (count < 0) reject(operation, std::to_string(count) + " " + what);
}

void requireIds(const char* operation, const char* what, const int32_t* hostIds, int64_t count, int64_t vocabulary) {
  for (int64_t i = 0; i < count; i++)
    if (hostIds[i] < 0 || hostIds[i] >= vocabulary)
      reject(operation, std::string(what) + " " + std::to_string(hostIds[i]) + " at position " + std::to_string(i) +
                            " is outside the vocabulary of " + std::to_string(vocabulary));
}

void checkEmbedding(int type, int64_t vocabulary, int64_t cols, const int32_t* hostTokens, int64_t tokens) {
  requireDecodable("embedding", type);
  requireMatrix("embedding", vocabulary, cols);
  requireMatrix("embedding", tokens, cols);
  rowBytes("embedding", type, cols);
  requireIds("embedding", "token", hostTokens, tokens, vocabulary);
}

void checkRmsNorm(int64_t tokens, int64_t cols) { requireMatrix("rmsNorm", tokens, cols); }

void checkDivideByRms(int64_t tokens, int64_t cols, int64_t referenceCols) {
  requireMatrix("divideByRms", tokens, cols);
  requireMatrix("divideByRms", tokens, referenceCols);
}

void checkRope(int64_t tokens, int64_t length, int64_t heads, int64_t headSize, int64_t rotarySize) {
  if (length <= 0 || heads <= 0 || rotarySize <= 0 || rotarySize % 2 != 0 || rotarySize > headSize)
    reject("rope", "length " + std::to_string(length) + ", " + std::to_string(heads) + " heads, rotary size " +
                       std::to_string(rotarySize) + " of head size " + std::to_string(headSize));
  requireMatrix("rope", heads, headSize);
  requireMatrix("rope", tokens, heads * headSize);
}

void checkAttention(int64_t sequences, int64_t length, int64_t heads, int64_t kvHeads, int64_t headSize) {
  if (sequences < 0 || length <= 0 || heads <= 0 || kvHeads <= 0 || heads % kvHeads != 0 || headSize <= 0)
    reject("attention", std::to_string(sequences) + " sequences of " + std::to_string(length) + ", " +
                            std::to_string(heads) + " heads over " + std::to_string(kvHeads) + " of " +
                            std::to_string(headSize));
  requireMatrix("attention", sequences, length);
  requireMatrix("attention", heads, headSize);
  requireMatrix("attention", sequences * length, heads * headSize);
}

void checkLinear(int type, int64_t tokens, int64_t rows, int64_t cols) {
  requireDecodable("linear", type);
  requireMatrix("linear", rows, cols);
  requireMatrix("linear", tokens, cols);
  if (rows == 0) reject("linear", "a layer without rows");
  requireMatrix("linear", tokens, rows);
  rowBytes("linear", type, cols);
}

void checkAccumulateHessian(int64_t tokens, int64_t cols) {
  requireMatrix("accumulateHessian", tokens, cols);
  requireMatrix("accumulateHessian", cols, cols);
}

void checkFinishHessian(int64_t tokens, int64_t cols) {
  requireMatrix("finishHessian", cols, cols);
  if (tokens <= 0) reject("finishHessian", std::to_string(tokens) + " tokens");
}

void checkInverseFactor(int type, int64_t cols, double damping, double shrinkage) {
  requireMatrix("inverseFactor", cols, cols);
  if (!(damping >= 0 && damping <= kGreatestDamping) || !(shrinkage >= 0 && shrinkage <= 1))
    reject("inverseFactor", "damping " + std::to_string(damping) + " and shrinkage " + std::to_string(shrinkage) +
                                ", expected 0 to " + std::to_string(kGreatestDamping) + " and 0 to 1");
  if (type != kF32 && type != kF64) reject("inverseFactor", "type " + std::to_string(type) + ", expected F32 or F64");
}

void checkAccumulateProduct(int64_t tokens, int64_t aCols, int64_t bCols) {
  requireMatrix("accumulateProduct", tokens, aCols);
  requireMatrix("accumulateProduct", tokens, bCols);
  requireMatrix("accumulateProduct", aCols, bCols);
}

void checkApplyInverse(int64_t rows, int64_t cols) {
  requireMatrix("applyInverse", rows, cols);
  requireMatrix("applyInverse", cols, cols);
}

void checkQuadraticForm(int64_t rows, int64_t cols) {
  requireMatrix("quadraticForm", rows, cols);
  requireMatrix("quadraticForm", cols, cols);
  if (rows == 0) reject("quadraticForm", "no rows");
}

void checkRefitScales(int type, int64_t rows, int64_t cols, double shrinkage) {
  const TypeInfo info = requireType("refitScales", type);
  if (!info.rescalable) reject("refitScales", std::string(info.name) + " has no F16 scales in its blocks");
  rowBytes("refitScales", type, cols);
  requireMatrix("refitScales", rows, cols);
  requireMatrix("refitScales", cols, cols);
  if (!(shrinkage >= 0 && shrinkage <= 1))
    reject("refitScales", "shrinkage " + std::to_string(shrinkage) + ", expected 0 to 1");
}

void checkQuantize(int type, int64_t rows, int64_t cols, bool exactZeros) {
  const TypeInfo info = requireType("quantize", type);
  rowBytes("quantize", type, cols);
  if (!info.encodable) reject("quantize", std::string(info.name) + " can be read but not written");
  if (exactZeros && !info.exactZero) reject("quantize", std::string(info.name) + " holds no exact zero");
  requireMatrix("quantize", rows, cols);
}

void checkDequantize(int type, int64_t count) {
  const TypeInfo info = requireDecodable("dequantize", type);
  if (count < 0 || count % info.blockSize != 0)
    reject("dequantize", std::to_string(count) + " weights are no whole number of " + info.name + " blocks");
}

void checkLogProbabilities(const int32_t* hostTargets, int64_t tokens, int64_t vocabulary) {
  requireMatrix("logProbabilities", tokens, vocabulary);
  requireIds("logProbabilities", "target", hostTargets, tokens, vocabulary);
}

void checkKlDivergence(int64_t tokens, int64_t vocabulary) { requireMatrix("klDivergence", tokens, vocabulary); }

namespace {

std::string sizes(int64_t rows, int64_t cols) {
  return " of a " + std::to_string(rows) + " x " + std::to_string(cols) + " matrix";
}

void requirePattern(const char* operation, int64_t rows, int64_t cols, const ObsOptions& options) {
  requireMatrix(operation, rows, cols);
  if (rows == 0) reject(operation, "nothing to prune" + sizes(rows, cols));
  if (options.ofM == 0) {
    if (!(options.sparsity >= 0 && options.sparsity < 1))
      reject(operation, "sparsity " + std::to_string(options.sparsity) + ", expected 0 <= sparsity < 1");
    return;
  }
  if (options.ofM < 2 || options.ofM > kGreatestPattern || options.keepN < 1 || options.keepN >= options.ofM)
    reject(operation, "pattern " + std::to_string(options.keepN) + ":" + std::to_string(options.ofM) +
                          ", expected n:m with 0 < n < m <= " + std::to_string(kGreatestPattern));
  if (cols % options.ofM != 0)
    reject(operation, std::to_string(cols) + " columns are no multiple of the pattern's " +
                          std::to_string(options.ofM) + sizes(rows, cols));
}

int64_t roundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

// The storage type that obsCompress is asked to encode into.
TypeInfo requireFeedbackType(const ObsOptions& options, const void* packed, bool sparse) {
  const TypeInfo info = requireType("obsCompress", options.type);
  if (!info.encodable || info.blockSize == 1 || packed == nullptr)
    reject("obsCompress", std::string(info.name) + " cannot be encoded with error feedback");
  if (sparse && !info.exactZero)
    reject("obsCompress", std::string(info.name) + " holds no exact zero and cannot be joined with sparsity");
  return info;
}

// Both blocks, made to hold whole blocks of the storage type and, for the update block, whole groups of the pattern.
void fixBlocks(ObsRequest& request, const ObsOptions& options, int64_t cols) {
  const std::string asked =
      "update block " + std::to_string(options.updateBlock) + " and mask block " + std::to_string(options.maskBlock);
  if (options.updateBlock < 1 || options.maskBlock < 1) reject("obsCompress", asked + ", expected at least 1");
  const int64_t multiple = std::lcm<int64_t>(std::max(1, options.ofM), request.blockSize);
  request.updateBlock = roundUp(std::min(options.updateBlock, cols), multiple);
  request.maskBlock = roundUp(std::min(options.maskBlock, cols), request.blockSize);
  if (request.updateBlock > kGreatestUpdateBlock)
    reject("obsCompress", asked + " with groups and blocks of " + std::to_string(multiple) +
                              " columns, expected an update block of at most " + std::to_string(kGreatestUpdateBlock));
}

}  // namespace

void checkScorePrune(int64_t rows, int64_t cols, const ObsOptions& options) {
  requirePattern("scorePrune", rows, cols, options);
}

ObsRequest checkObsCompress(int computeType, int64_t rows, int64_t cols, const ObsOptions& options,
                            const void* packed) {
  requirePattern("obsCompress", rows, cols, options);
  ObsRequest request;
  request.encodes = options.type != kF32;
  if (computeType != kF32 && (computeType != kF64 || request.encodes))
    reject("obsCompress", "compute type " + std::to_string(computeType) + ", expected F32, or F64 without a type");
  request.chooses = options.ofM > 0 || options.sparsity > 0;
  request.sparse = request.chooses || options.keepZeros;
  if (request.chooses && options.keepZeros) reject("obsCompress", "a mask is either chosen or kept, not both");
  if (request.encodes) {
    request.packedRow = rowBytes("obsCompress", options.type, cols);
    request.blockSize = requireFeedbackType(options, packed, request.sparse).blockSize;
  }
  fixBlocks(request, options, cols);
  return request;
}

int64_t prunedCount(double sparsity, int64_t total) {
  // "d.ddde-xx": the digits as one integer of at most 17 digits, and the power of ten that it is divided by.
  char text[32];
  const std::to_chars_result written = std::to_chars(text, text + sizeof text, sparsity, std::chars_format::scientific);
  int64_t digits = 0;
  int divisions = 0;
  bool fraction = false;
  const char* at = text;
  for (; *at != 'e'; at++) {
    if (*at == '.') {
      fraction = true;
      continue;
    }
    digits = digits * 10 + (*at - '0');
    divisions += fraction;
  }
  int exponent = 0;
  at += at[1] == '+' ? 2 : 1;
  std::from_chars(at, written.ptr, exponent);
  divisions -= exponent;
  unsigned __int128 product = static_cast<unsigned __int128>(digits) * static_cast<uint64_t>(total);
  for (; divisions > 0 && product > 0; divisions--) product /= 10;
  return static_cast<int64_t>(product);
}

}  // namespace lathe
