// Rows of a table by their ids: packed[t] = table[ids[t]], byte for byte; a dequantization follows.
//
//   table [vocabulary x rowBytes]   ids [tokens]   packed [tokens x rowBytes]
//
// A block copies a row, in words of four bytes where rows are made of them.
#include "grid.h"
#include "kernels.h"
#include "launch.h"

namespace lathe {
namespace cuda {

namespace {

constexpr int kThreads = 256;

template <class Word>
__global__ void gatherRowsKernel(Word* packed, const Word* table, const int32_t* ids, int64_t rowWords) {
  const int64_t token = blockIdx.x;
  const Word* from = table + ids[token] * rowWords;
  Word* to = packed + token * rowWords;
  for (int64_t i = threadIdx.x; i < rowWords; i += kThreads) to[i] = from[i];
}

}  // namespace

void kernels::gatherRows(uint8_t* packed, const uint8_t* table, const int32_t* ids, int64_t tokens, int64_t rowBytes,
                         cudaStream_t stream) {
  if (tokens == 0) return;
  if (rowBytes % 4 == 0)
    launch(gatherRowsKernel<uint32_t>, gridOf(tokens), dim3(kThreads), 0, stream, reinterpret_cast<uint32_t*>(packed),
           reinterpret_cast<const uint32_t*>(table), ids, rowBytes / 4);
  else
    launch(gatherRowsKernel<uint8_t>, gridOf(tokens), dim3(kThreads), 0, stream, packed, table, ids, rowBytes);
}

}  // namespace cuda
}  // namespace lathe
