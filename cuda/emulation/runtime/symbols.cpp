#include "symbols.h"

#include <cxxabi.h>
#include <elf.h>
#include <link.h>
#include <unistd.h>

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
  Module module;
};

std::string programPath() {
  std::vector<char> path(4096);
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  return length > 0 ? std::string(path.data(), static_cast<size_t>(length)) : "/proc/self/exe";
}

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
  search.module = {
      *info->dlpi_name ? info->dlpi_name : programPath(), info->dlpi_addr, info->dlpi_tls_modid, shared, {}, {}};
  return 1;
}

// Where no symbols are left, all of the segment is taken for one variable.
void listShared(Module& module) {
  if (module.shared.empty() && module.sharedBytes > 0) {
    module.shared.push_back({0, module.sharedBytes, "shared memory"});
  }
  module.sharedAt.assign(module.sharedBytes, 0);
  for (size_t i = 0; i < module.shared.size(); ++i) {
    const SharedVariable& variable = module.shared[i];
    for (size_t j = 0; j < variable.bytes && variable.offset + j < module.sharedBytes; ++j) {
      module.sharedAt[variable.offset + j] = static_cast<uint16_t>(i + 1);
    }
  }
}

const Symbols* symbolsOf(const void* code) {
  static std::mutex mutex;
  static std::map<uintptr_t, std::unique_ptr<Symbols>> known;
  Search search{reinterpret_cast<uintptr_t>(code), false, {}};
  dl_iterate_phdr(visit, &search);
  if (!search.found) return nullptr;
  const std::lock_guard<std::mutex> lock(mutex);
  std::unique_ptr<Symbols>& symbols = known[search.module.base];
  if (!symbols || symbols->module.path != search.module.path) {
    symbols = std::make_unique<Symbols>();
    symbols->module = search.module;
    readSymbols(*symbols);
    listShared(symbols->module);
  }
  return symbols.get();
}

struct DataSearch {
  uintptr_t base, address, begin, end;
};

int visitData(dl_phdr_info* info, size_t, void* data) {
  auto& search = *static_cast<DataSearch*>(data);
  if (info->dlpi_addr != search.base) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    const bool constant = segment.p_type == PT_LOAD && !(segment.p_flags & PF_W);
    const uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
    if ((constant || segment.p_type == PT_GNU_RELRO) && search.address - begin < segment.p_memsz) {
      search.begin = begin;
      search.end = begin + segment.p_memsz;
      return 1;
    }
  }
  return 0;
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
  std::snprintf(offset, sizeof offset, " 0x%zx",
                static_cast<size_t>(reinterpret_cast<uintptr_t>(code) - symbols->module.base));
  return symbols->module.path + offset;
}

bool readOnlyRange(const Module& module, uintptr_t address, uintptr_t& begin, uintptr_t& end) {
  DataSearch search{module.base, address, 0, 0};
  if (dl_iterate_phdr(visitData, &search) == 0) return false;
  begin = search.begin;
  end = search.end;
  return true;
}

}  // namespace emulation
}  // namespace lathe
