#include "symbols.h"

#include <cxxabi.h>
#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>

namespace lathe {
namespace emulation {
namespace {

struct Function {
  uintptr_t begin, end;
  std::string name;
};

struct Symbols {
  Module module;
  std::vector<Function> functions;
};

std::string demangled(const char* name) {
  int status = 0;
  std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(name, nullptr, nullptr, &status), std::free);
  return status == 0 ? text.get() : name;
}

// A file that is being looked through; everything asked for is checked to lie in it.
class ElfFile {
 public:
  explicit ElfFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
  }

  template <class T>
  const T* at(uint64_t offset, uint64_t count = 1) const {
    if (offset > bytes_.size() || count > (bytes_.size() - offset) / sizeof(T)) return nullptr;
    return reinterpret_cast<const T*>(bytes_.data() + offset);
  }

  // The NUL-terminated text there, or null.
  const char* text(uint64_t offset) const {
    if (offset >= bytes_.size() || !std::memchr(bytes_.data() + offset, 0, bytes_.size() - offset)) return nullptr;
    return bytes_.data() + offset;
  }

 private:
  std::vector<char> bytes_;
};

// The names of variables that are local to a function begin so; others of the segment are no shared memory.
bool isLocalVariable(const char* mangled) { return std::strncmp(mangled, "_ZZ", 3) == 0; }

void addSymbol(Symbols& symbols, const ElfW(Sym) & symbol, const char* name) {
  const int type = ELF64_ST_TYPE(symbol.st_info);
  if (symbol.st_shndx == SHN_UNDEF || symbol.st_size == 0) return;
  if (type == STT_FUNC) {
    const uintptr_t begin = symbols.module.base + symbol.st_value;
    symbols.functions.push_back({begin, begin + symbol.st_size, name});
  } else if (type == STT_TLS && isLocalVariable(name)) {
    symbols.module.shared.push_back({symbol.st_value, symbol.st_size, demangled(name)});
  }
}

void readSymbols(Symbols& symbols) {
  const ElfFile file(symbols.module.path);
  const auto* header = file.at<ElfW(Ehdr)>(0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return;
  const auto* sections = file.at<ElfW(Shdr)>(header->e_shoff, header->e_shnum);
  if (!sections) return;
  for (int i = 0; i < header->e_shnum; ++i) {
    if (sections[i].sh_type != SHT_SYMTAB || sections[i].sh_link >= header->e_shnum) continue;
    const uint64_t count = sections[i].sh_size / sizeof(ElfW(Sym));
    const auto* table = file.at<ElfW(Sym)>(sections[i].sh_offset, count);
    for (uint64_t j = 0; table && j < count; ++j) {
      const char* name = file.text(sections[sections[i].sh_link].sh_offset + table[j].st_name);
      if (name) addSymbol(symbols, table[j], name);
    }
  }
  std::sort(symbols.functions.begin(), symbols.functions.end(),
            [](const Function& a, const Function& b) { return a.begin < b.begin; });
  std::sort(symbols.module.shared.begin(), symbols.module.shared.end(),
            [](const SharedVariable& a, const SharedVariable& b) { return a.offset < b.offset; });
}

struct Search {
  uintptr_t address;
  bool found;
  std::string path;
  uintptr_t base;
  size_t sharedBytes;
};

int visit(dl_phdr_info* info, size_t, void* data) {
  auto& search = *static_cast<Search*>(data);
  size_t shared = 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    const uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && search.address - begin < segment.p_memsz) search.found = true;
    if (segment.p_type == PT_TLS) shared = segment.p_memsz;
  }
  if (!search.found) return 0;
  search.path = *info->dlpi_name ? info->dlpi_name : "/proc/self/exe";
  search.base = info->dlpi_addr;
  search.sharedBytes = shared;
  return 1;
}

const Symbols* symbolsOf(const void* code) {
  static std::mutex mutex;
  static std::map<uintptr_t, std::unique_ptr<Symbols>> known;
  Search search{reinterpret_cast<uintptr_t>(code), false, {}, 0, 0};
  dl_iterate_phdr(visit, &search);
  if (!search.found) return nullptr;
  const std::lock_guard<std::mutex> lock(mutex);
  std::unique_ptr<Symbols>& symbols = known[search.base];
  if (!symbols || symbols->module.path != search.path) {
    symbols = std::make_unique<Symbols>();
    symbols->module = {search.path, search.base, search.sharedBytes, {}};
    readSymbols(*symbols);
  }
  return symbols.get();
}

}  // namespace

const Module* moduleOf(const void* code) {
  const Symbols* symbols = symbolsOf(code);
  return symbols ? &symbols->module : nullptr;
}

std::string functionName(const void* code) {
  const Symbols* symbols = symbolsOf(code);
  if (!symbols) return "a function in no module";
  const auto address = reinterpret_cast<uintptr_t>(code);
  auto next = std::upper_bound(symbols->functions.begin(), symbols->functions.end(), address,
                               [](uintptr_t a, const Function& f) { return a < f.begin; });
  if (next != symbols->functions.begin() && address < (--next)->end) return demangled(next->name.c_str());
  return "the function at " + codePlace(code);
}

std::string codePlace(const void* code) {
  const Symbols* symbols = symbolsOf(code);
  if (!symbols) return "";
  char offset[32];
  std::snprintf(offset, sizeof offset, "+0x%zx",
                static_cast<size_t>(reinterpret_cast<uintptr_t>(code) - symbols->module.base));
  return symbols->module.path + offset;
}

}  // namespace emulation
}  // namespace lathe
