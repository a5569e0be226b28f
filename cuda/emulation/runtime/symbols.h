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
  size_t sharedModule;  // the number of its thread-local segment, for __tls_get_addr; 0: it has none
  size_t sharedBytes;
  std::vector<SharedVariable> shared;  // by offset: variables of functions, which is what __shared__ makes
  std::vector<uint16_t> sharedAt;      // of every byte of the segment: 1 + the index of its variable, or 0
};

// The module that has the code at this address, or null. Modules are read once and kept.
const Module* moduleOf(const void* code);

// The function at this address as it is written in the source: "lathe::cuda::kernel<float>(float*, int)".
std::string functionName(const void* code);

// "path 0xoffset" of an address in a module, as addr2line takes it; empty elsewhere.
std::string codePlace(const void* code);

// The module's data around an address that nothing may write: [begin, end), or false.
bool readOnlyRange(const Module& module, uintptr_t address, uintptr_t& begin, uintptr_t& end);

}  // namespace emulation
}  // namespace lathe

#endif
