#include "watch.h"

#include <atomic>
#include <cstring>
#include <limits>

#include "block.h"
#include "runtime.h"
#include "watch_access.h"

// The address of a byte of a module's thread-local segment, as the compiler asks for it.
extern "C" void* __tls_get_addr(void* moduleAndOffset);

namespace lathe {
namespace emulation {

__thread Watch* currentWatch = nullptr;

namespace {

// Two OS threads enter accesses to neighbouring words one after the other.
class CellLock {
 public:
  CellLock(const Cell* cell, bool needed)
      : taken_(needed ? &locks[reinterpret_cast<uintptr_t>(cell) / 256 % count].taken : nullptr) {
    while (taken_ && taken_->exchange(true, std::memory_order_acquire)) __builtin_ia32_pause();
  }
  ~CellLock() {
    if (taken_) taken_->store(false, std::memory_order_release);
  }
  CellLock(const CellLock&) = delete;
  CellLock& operator=(const CellLock&) = delete;

 private:
  static constexpr size_t count = 1024;
  struct alignas(64) Lock {
    std::atomic<bool> taken{false};
  };
  static Lock locks[count];
  std::atomic<bool>* taken_;
};

CellLock::Lock CellLock::locks[count];

}  // namespace

Watch::~Watch() {
  dropShadow(dynamic_);
  for (const auto& known : statics_) dropShadow(known.second.shadow);
}

void Watch::begin(const Grid& grid, uint64_t serial, void* dynamicShared) {
  grid_ = &grid;
  races_ = grid.checking == Checking::races;
  concurrent_ = grid.concurrent();
  if (!dynamic_.cells) dynamic_ = shadowOf(reinterpret_cast<uintptr_t>(dynamicShared), sharedBytesOptIn, true);
  dynamicBytes_ = grid.sharedBytes;
  if (!static_ || static_->module != grid.module) {
    readOnlyBegin_ = readOnlyEnd_ = 0;
    static_ = nullptr;
    if (grid.module && grid.module->sharedModule != 0) {
      StaticShared& known = statics_[grid.module];
      if (!known.module) {
        size_t moduleAndOffset[2] = {grid.module->sharedModule, 0};
        const uintptr_t begin = reinterpret_cast<uintptr_t>(__tls_get_addr(moduleAndOffset));
        known = {shadowOf(begin, grid.module->sharedBytes, true), grid.module,
                 std::vector<Record>(grid.module->shared.size())};
      }
      static_ = &known;
    }
  }
  if (generation_ != grid.generation) {
    generation_ = grid.generation;
    forget(dynamic_);
    for (const auto& known : statics_) forget(known.second.shadow);
  }
  device_ = shadowOfDevice(grid.device);
  validBytes_ = validBytesOf(grid.device);
  oldest_ = grid.firstSerial << serialShift;
  random_ = Random(grid.seed ^ serial);
  accessor.base = serial << serialShift;
  passTime();
}

// Sets when the running fiber gives way next; not before it runs.
void Watch::passTime() {
  const int period = settings().yieldPeriod;
  const bool running = untilYield_ == 0 && currentWatch == this;
  untilYield_ =
      period == 0 ? std::numeric_limits<int64_t>::max() : 1 + random_.below(2 * static_cast<uint32_t>(period));
  if (running) block_.yield();
}

template <class Describe>
void Watch::fail(cudaError_t error, const Access& access, Describe describeError) {
  currentWatch = nullptr;
  block_.fail(error, [&] {
    const char* verb = access.kind == Kind::read ? "reads " : access.kind == Kind::write ? "writes " : "updates ";
    return verb + std::to_string(access.bytes) + (access.bytes == 1 ? " byte " : " bytes ") + describe(access.address) +
           ": " + describeError() + " (in " + functionName(access.code) + "; addr2line -Cife " +
           codePlace(access.code) + ")";
  });
}

// --- Entering --------------------------------------------------------------------------------------------------------

// An access of bytes within one word. unwritten: set where it reads shared memory that nothing has written.
Entered Watch::enterWord(const Shadowed& memory, const Access& access, Record oldest, bool& unwritten) {
  const size_t offset = access.address - memory.begin;
  Cell& word = memory.cells[offset / 4];
  const bool reads = memory.shared && access.kind != Kind::write;
  const CellLock lock(&word, concurrent_ && !memory.shared);
  if (access.bytes == 4) {
    unwritten = reads && word.write < oldest;
    const Entered entered = enter(word, access.kind, accessor, oldest);
    if (!entered.split) return entered;
  }
  Cell* bytes = memory.byteCells + offset / 4 * 4;
  if (!isSplit(word.write) || word.write < oldest) {
    for (int i = 0; i < 4; ++i) bytes[i] = word;
    word.write = accessor.base | epochBits | Record{splitWord} << threadShift | severalBit;
  }
  for (size_t i = offset % 4; i < offset % 4 + access.bytes; ++i) {
    unwritten = unwritten || (reads && bytes[i].write < oldest);
    const Entered entered = enter(bytes[i], access.kind, accessor, oldest);
    if (entered.did) return entered;
  }
  return {};
}

void Watch::enterSlowly(const Shadowed& memory, const Access& access, Record oldest) {
  bool unwritten = false;
  const Entered entered = enterWord(memory, access, oldest, unwritten);
  if (entered.did) race(access, entered);
  if (unwritten) {
    fail(cudaErrorLaunchFailure, access, [] { return "no thread of the block has written there before"; });
  }
}

void Watch::accessRange(uintptr_t address, size_t bytes, Kind kind, const void* code) {
  if (address % 16 == 0 && bytes == 16) {
    kind == Kind::read ? access<16, Kind::read>(address, code) : access<16, Kind::write>(address, code);
    return;
  }
  while (bytes > 0) {
    if (address % 4 == 0 && bytes >= 4) {
      kind == Kind::read ? access<4, Kind::read>(address, code) : access<4, Kind::write>(address, code);
      address += 4;
      bytes -= 4;
    } else {
      kind == Kind::read ? access<1, Kind::read>(address, code) : access<1, Kind::write>(address, code);
      ++address;
      --bytes;
    }
  }
}

void Watch::meetFirst(size_t variable) {
  static_->met[variable] = accessor.base;
  const SharedVariable& filled = static_->module->shared[variable];
  std::memset(reinterpret_cast<void*>(static_->shadow.begin + filled.offset), 0xff, filled.bytes);
}

// Constants may be read from wherever they were loaded.
void Watch::beElsewhere(const Access& access) {
  const auto within = [&] {
    return access.kind == Kind::read && access.address >= readOnlyBegin_ &&
           access.address + access.bytes <= readOnlyEnd_;
  };
  if (!within() &&
      !(grid_->module && readOnlyRange(*grid_->module, access.address, readOnlyBegin_, readOnlyEnd_) && within()))
    outOfBounds(access);
}

// --- Reports ---------------------------------------------------------------------------------------------------------

void Watch::misaligned(const Access& access) {
  fail(cudaErrorMisalignedAddress, access, [] { return "not a multiple of its size"; });
}

void Watch::outOfBounds(const Access& access) {
  fail(cudaErrorIllegalAddress, access, [] { return "out of bounds"; });
}

void Watch::race(const Access& access, const Entered& with) {
  fail(cudaErrorLaunchFailure, access,
       [&] { return "race: " + who(with.other) + " " + with.did + " it, with no barrier between the two"; });
}

std::string Watch::describe(uintptr_t address) const {
  const void* pointer = reinterpret_cast<const void*>(address);
  if (static_ && address - static_->shadow.begin < static_->shadow.bytes) {
    const size_t offset = address - static_->shadow.begin;
    if (const size_t number = static_->module->sharedAt[offset]) {
      const SharedVariable& variable = static_->module->shared[number - 1];
      return "at offset " + std::to_string(offset - variable.offset) + " of " + variable.name + " (" +
             std::to_string(variable.bytes) + " bytes of shared memory)";
    }
    return "of shared memory that belongs to no variable";
  }
  if (address - dynamic_.begin < dynamic_.bytes) {
    return "at offset " + std::to_string(address - dynamic_.begin) + " of dynamic shared memory (" +
           std::to_string(dynamicBytes_) + " bytes)";
  }
  Runtime& runtime = Runtime::instance();  // whose lock the launch holds
  for (int i = 0; i < runtime.deviceCount(); ++i) {
    if (address - arenaOf(i) >= arenaBytes) continue;
    const std::string place = runtime.device(i).memory.describe(pointer);
    const std::string owner = i == grid_->device ? "" : " of another device, " + std::to_string(i);
    return (place.empty() ? "of device memory far from any allocation" : place) + owner;
  }
  if (block_.isOnStack(pointer)) return "of another thread's local memory";
  char text[32];
  std::snprintf(text, sizeof text, "at %p, ", pointer);
  const char* kind = runtime.isPinned(pointer, 1) ? "pinned host memory" : "host memory";
  return address < 4096 ? std::string(text) + "a null pointer" : text + std::string(kind);
}

std::string Watch::who(Record record) const {
  const uint32_t thread = threadOf(record);
  const bool foreign = ((record ^ accessor.base) & serialBits) != 0;
  const std::string block = foreign ? " of block " + text(grid_->blockOf(record >> serialShift)) : "";
  if (!(record & severalBit)) return block_.threadName(thread) + block;
  if (thread == severalBlocks) return "threads of several blocks";
  return (thread == severalWarps ? "several warps" : "several lanes of warp " + std::to_string(thread)) + block;
}

}  // namespace emulation
}  // namespace lathe
