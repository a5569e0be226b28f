// What every backend asks of the arguments of an operation before it touches memory. A violation is a
// std::invalid_argument "operation: what was found, what was expected". Pointers are not looked at, but for host
// memory that says which rows are meant.
#ifndef LATHE_COMMON_ARGUMENTS_H
#define LATHE_COMMON_ARGUMENTS_H

#include <cstdint>
#include <string>

#include "lathe/backend.h"
#include "lathe/limits.h"

namespace lathe {

// Throws "operation: what" as std::invalid_argument.
[[noreturn]] void reject(const char* operation, const std::string& what);

// The entry of a type of the catalogue; rejects one that is unknown.
TypeInfo requireType(const char* operation, int type);

// The same, where its values are to be decoded.
TypeInfo requireDecodable(const char* operation, int type);

// Rejects a matrix without columns, of negative size, or too large for its values to be counted. No rows are allowed.
void requireMatrix(const char* operation, int64_t rows, int64_t cols);

// Rejects a negative number of `what`.
void requireCount(const char* operation, int64_t count, const char* what = "values");

// Bytes of cols weights; rejects a row that is not a whole number of blocks.
int64_t rowBytes(const char* operation, int type, int64_t cols);

// Rejects the first of `count` ids (host memory) outside [0, vocabulary): "token 7 at position 3 is outside ...".
void requireIds(const char* operation, const char* what, const int32_t* hostIds, int64_t count, int64_t vocabulary);

// One per operation of Backend, with its sizes.
void checkEmbedding(int type, int64_t vocabulary, int64_t cols, const int32_t* hostTokens, int64_t tokens);
void checkRmsNorm(int64_t tokens, int64_t cols);
void checkDivideByRms(int64_t tokens, int64_t cols, int64_t referenceCols);
void checkRope(int64_t tokens, int64_t length, int64_t heads, int64_t headSize, int64_t rotarySize);
void checkAttention(int64_t sequences, int64_t length, int64_t heads, int64_t kvHeads, int64_t headSize);
void checkLinear(int type, int64_t tokens, int64_t rows, int64_t cols);
void checkAccumulateHessian(int64_t tokens, int64_t cols);
void checkFinishHessian(int64_t tokens, int64_t cols);
void checkInverseFactor(int type, int64_t cols, double damping, double shrinkage);
void checkAccumulateProduct(int64_t tokens, int64_t aCols, int64_t bCols);
void checkApplyInverse(int64_t rows, int64_t cols);
void checkQuadraticForm(int64_t rows, int64_t cols);
void checkRefitScales(int type, int64_t rows, int64_t cols, double shrinkage);
void checkScorePrune(int64_t rows, int64_t cols, const ObsOptions& options);
void checkQuantize(int type, int64_t rows, int64_t cols, bool exactZeros);
void checkDequantize(int type, int64_t count);
void checkLogProbabilities(const int32_t* hostTargets, int64_t tokens, int64_t vocabulary);
void checkKlDivergence(int64_t tokens, int64_t vocabulary);

// What obsCompress was asked for, once its arguments are found to be right.
struct ObsRequest {
  bool chooses = false;     // a mask is to be chosen
  bool sparse = false;      // there is a mask, chosen or kept
  bool encodes = false;     // into a block type
  int blockSize = 1;        // of the storage type; 1 when only pruning
  int64_t packedRow = 0;    // bytes of an encoded row
  int64_t maskBlock = 0;    // whole blocks of the storage type
  int64_t updateBlock = 0;  // whole blocks of the storage type and whole groups of the pattern
};
ObsRequest checkObsCompress(int computeType, int64_t rows, int64_t cols, const ObsOptions& options, const void* packed);

// floor(sparsity * total) with sparsity read as the shortest decimal that stands for it: 0.29 of 100 is 29, though the
// binary number next to 0.29 lies below it. 0 <= sparsity < 1, total >= 0.
int64_t prunedCount(double sparsity, int64_t total);

}  // namespace lathe

#endif
