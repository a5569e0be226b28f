// Optimal-brain-surgeon compression of a whole layer (design: SparseGPT and OBS quantization).
#ifndef LATHE_CPU_OBS_COMPRESS_H
#define LATHE_CPU_OBS_COMPRESS_H

#include <cstdint>

#include "kernels/kernel_table.h"
#include "lathe/backend.h"
#include "thread_pool.h"

namespace lathe {

// What one call of Backend::obsCompress works on, checked. T is float or double.
template <class T>
struct ObsLayer {
  T* w;        // [rows x cols]
  const T* u;  // [cols x cols], upper triangular
  int64_t rows;
  int64_t cols;
  double sparsity;  // of an unstructured mask that is to be chosen, else 0
  int keepN;        // n:m pattern that is to be chosen, else 0
  int ofM;
  int64_t maskBlock;  // whole blocks of the storage type
  int64_t
      updateBlock;    // whole blocks of the storage type and whole groups of the pattern, at most kGreatestUpdateBlock
  int type;           // storage type, 0: prune only
  int blockSize;      // of the storage type; 1 when only pruning
  int64_t packedRow;  // bytes of an encoded row
  uint8_t* packed;    // encoded rows, or null
  uint8_t* mask;      // [rows x cols], 1 = pruned: taken as it is where nothing is to be chosen; null: nothing pruned
};

template <class T>
ObsReport obsCompressLayer(ThreadPool& pool, const ObsLayer<T>& layer, void (*kernel)(ObsTile&));

}  // namespace lathe

#endif
