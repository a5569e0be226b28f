// The block formats (lathe/formats) as kernels use them: a warp is the team that works on a block (formats/team.h).
//
// Formats of single numbers (blockSize 1) take no team: each thread calls them for itself. Functions that search
// (choose, Fit, codeRows, encodeBlock) keep their work in shared memory that exists once per thread block, so the
// thread blocks of kernels that call them are one warp: kTeamThreads threads.
#ifndef LATHE_CUDA_FORMATS_H
#define LATHE_CUDA_FORMATS_H

#define LATHE_TEAM
#define LATHE_ISA device

#include <cuda_runtime.h>

#include "lathe/formats/catalogue.h"
#include "lathe/formats/group_feedback.h"

namespace lathe {
namespace cuda {

constexpr int kTeamThreads = teamSize;

}  // namespace cuda
}  // namespace lathe

#endif
