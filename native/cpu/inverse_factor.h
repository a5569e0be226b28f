// The upper factor U of a damped inverse Hessian, H^-1 = U^T U, without ever forming H^-1.
#ifndef LATHE_CPU_INVERSE_FACTOR_H
#define LATHE_CPU_INVERSE_FACTOR_H

#include <cstdint>

#include "lathe/backend.h"
#include "thread_pool.h"

namespace lathe {

// See Backend::inverseFactor; T is float or double. u may be h.
template <class T>
FactorReport inverseFactor(ThreadPool& pool, T* u, const T* h, int64_t cols, double damping, double shrinkage);

}  // namespace lathe

#endif
