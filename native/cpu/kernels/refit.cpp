// The rows of one block of columns, refitted: the loop around lathe/formats/rescale.h.
#include "kernels.h"
#include "lathe/formats/catalogue.h"

LATHE_BEGIN

void refitScales(RefitTile& tile) {
  tile.gain = 0;
  visitRescalable(tile.type, [&](auto format) {
    using Format = decltype(format);
    for (int64_t r = 0; r < tile.rows; r++) {
      const RefitTerms terms = {tile.target + r * tile.stride, tile.gradient + r * Format::blockSize,
                                tile.product + r * Format::blockSize, tile.diagonal, tile.shrinkage};
      tile.gain += refitBlock<Format>(*reinterpret_cast<typename Format::Block*>(tile.packed + r * tile.packedStride),
                                      tile.w + r * tile.stride, tile.error + r * tile.errorStride, terms);
    }
  });
}

LATHE_END
