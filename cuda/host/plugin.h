// The one entry of the library that holds the CUDA backend. liblathe finds it by name after loading the library
// (native/devices).
#ifndef LATHE_CUDA_PLUGIN_H
#define LATHE_CUDA_PLUGIN_H

#include "lathe/backend.h"

// Makes the backend of a device: "cuda", "cuda:1" or "cuda-emulated". memoryLimit: bytes of device memory that it may
// hold, 0: what is free. Errors are exceptions: no driver, no such device, no memory.
extern "C" LATHE_API lathe::Backend* latheCudaBackend(const char* device, int64_t memoryLimit);

#endif
