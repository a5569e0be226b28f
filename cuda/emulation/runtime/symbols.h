// Names of functions and of shared variables, from the symbol tables of the loaded modules.
#ifndef LATHE_EMULATION_SYMBOLS_H
#define LATHE_EMULATION_SYMBOLS_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lathe {
namespace emulation {

// One variable of a thread-local segment.
struct SharedVariable {
  size_t offset;  // in the segment
  size_t bytes;
  std::string name;  // "kernel(float*)::s"
};

// A loaded module: the program or a shared library.
struct Module {
  std::string path;
  uintptr_t base;
  size_t sharedBytes;                  // of its thread-local segment
  std::vector<SharedVariable> shared;  // by offset: variables of functions, which is what __shared__ makes
};

// The module that has the code at this address, or null. Modules are read once and kept.
const Module* moduleOf(const void* code);

// The function at this address as it is written in the source: "lathe::cuda::kernel<float>(float*, int)".
std::string functionName(const void* code);

// "path+0xoffset" of an address in a module, as addr2line takes it; empty elsewhere.
std::string codePlace(const void* code);

}  // namespace emulation
}  // namespace lathe

#endif
