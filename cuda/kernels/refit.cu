// Scales of one block of columns refitted in all rows (lathe/formats/rescale.h).
//
// A warp is the team that works on a row's block. Sums are formed by every thread alike, one after the other, so that
// no bit depends on the device once the products are given; beside those products they are little.
#include "compression_kernels.h"
#include "formats.h"
#include "grid.h"
#include "launch.h"

namespace lathe {
namespace cuda {

namespace {

constexpr int kWarps = 4;

template <class Format>
__global__ void refitKernel(kernels::RefitColumns columns) {
  const int64_t row = firstItem() / teamSize;
  if (row >= columns.rows) return;
  auto* block = reinterpret_cast<typename Format::Block*>(columns.packed + row * columns.packedStride);
  const int64_t at = row * columns.stride, dense = row * Format::blockSize;
  const RefitTerms terms = {columns.target + at, columns.gradient + dense, columns.product + dense, columns.diagonal,
                            columns.shrinkage};
  const double gain = refitBlock<Format>(*block, columns.w + at, columns.error + at, terms);
  if (teamLane() == 0) columns.gains[row] += gain;
}

}  // namespace

void kernels::refitScales(const RefitColumns& columns, cudaStream_t stream) {
  if (columns.rows == 0) return;
  visitRescalable(columns.type, [&](auto format) {
    using Format = decltype(format);
    launch(refitKernel<Format>, gridOf(ceilDivide(columns.rows, kWarps)), dim3(kWarps * teamSize), 0, stream, columns);
  });
}

}  // namespace cuda
}  // namespace lathe
