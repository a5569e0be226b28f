// The emulation's header of this name: what kernels and their launchers include.
#ifndef LATHE_EMULATION_CUDA_RUNTIME_H
#define LATHE_EMULATION_CUDA_RUNTIME_H

#include "cuda_runtime_api.h"
#include "device_atomics.h"
#include "device_language.h"
#include "device_math.h"

#endif
