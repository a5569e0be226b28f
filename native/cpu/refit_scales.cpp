// Refits scales by tiles of rows, which do not depend on each other: for each block of columns K in order, the products
// (E H)_K and w_K H_KK of the tile, then the blocks (kernels/refit.cpp). E of earlier blocks is as they left it, so one
// pass over K is one sweep of Gauss and Seidel.
#include <algorithm>
#include <vector>

#include "arguments.h"
#include "blas.h"
#include "cpu_backend.h"
#include "tiling.h"

namespace lathe {

namespace {

constexpr int64_t kGreatestRows = 128;

}  // namespace

double CpuBackend::refitScales(void* packed, float* w, int type, const float* target, const float* h, int64_t rows,
                               int64_t cols, double shrinkage) {
  checkRefitScales(type, rows, cols, shrinkage);
  if (rows == 0) return 0;
  const TypeInfo info = requireType("refitScales", type);
  const int64_t bytes = rowBytes("refitScales", type, cols), width = info.blockSize;
  HostMemory<float> diagonal("refitScales", cols);
  for (int64_t j = 0; j < cols; j++) diagonal[j] = h[j * (cols + 1)];
  const Cut tiles = Cut::atMost(rows, kGreatestRows);
  std::vector<double> gains(static_cast<size_t>(tiles.count()));
  pool_.run(tiles.count(), [&](int64_t index, int worker) {
    const int64_t first = tiles.begin(index), count = tiles.size(index);
    float* error = scratch("refitScales", worker, count * (cols + 2 * width));
    float* gradient = error + count * cols;
    float* product = gradient + count * width;
    for (int64_t i = 0; i < count * cols; i++) error[i] = target[first * cols + i] - w[first * cols + i];
    RefitTile tile;
    tile.rows = count;
    tile.type = type;
    tile.packedStride = bytes;
    tile.stride = tile.errorStride = cols;
    tile.gradient = gradient;
    tile.product = product;
    tile.shrinkage = shrinkage;
    for (int64_t k = 0; k < cols; k += width) {
      const int64_t at = first * cols + k;
      blas::gemm(false, false, count, width, cols, 1.0f, error, cols, h + k, cols, 0.0f, gradient, width);
      blas::gemm(false, false, count, width, width, 1.0f, w + at, cols, h + k * (cols + 1), cols, 0.0f, product, width);
      tile.packed = static_cast<uint8_t*>(packed) + first * bytes + k / width * info.blockBytes;
      tile.w = w + at;
      tile.target = target + at;
      tile.error = error + k;
      tile.diagonal = diagonal.data() + k;
      kernels_.refitScales(tile);
      gains[static_cast<size_t>(index)] += tile.gain;
    }
  });
  double sum = 0;
  for (const double gain : gains) sum += gain;
  return sum;
}

}  // namespace lathe
