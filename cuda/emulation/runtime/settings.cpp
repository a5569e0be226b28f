#include "settings.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>

namespace lathe {
namespace emulation {
namespace {

[[noreturn]] void refuse(const char* name, const std::string& text, const char* expected) {
  throw std::invalid_argument(std::string(name) + " is '" + text + "'; expected " + expected);
}

// The number that the variable holds, with a suffix K, M or G where `suffixes`.
uint64_t number(const char* name, uint64_t otherwise, uint64_t least, uint64_t most, const char* expected,
                bool suffixes = false) {
  const char* text = std::getenv(name);
  if (!text || !*text) return otherwise;
  char* end = nullptr;
  errno = 0;
  uint64_t value = std::strtoull(text, &end, 10);
  if (errno != 0 || end == text || *text == '-') refuse(name, text, expected);
  static const std::map<std::string, int> shifts = {{"", 0}, {"K", 10}, {"M", 20}, {"G", 30}};
  const auto shift = shifts.find(end);
  if (shift == shifts.end() || (shift->second && !suffixes) || value > UINT64_MAX >> shift->second) {
    refuse(name, text, expected);
  }
  value <<= shift->second;
  if (value < least || value > most) refuse(name, text, expected);
  return value;
}

Checking checkingOf(const char* name, Checking otherwise) {
  const char* text = std::getenv(name);
  if (!text || !*text) return otherwise;
  static const std::map<std::string, Checking> values = {
      {"none", Checking::none}, {"bounds", Checking::bounds}, {"races", Checking::races}};
  const auto found = values.find(text);
  if (found == values.end()) refuse(name, text, "none, bounds or races");
  return found->second;
}

std::string text(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Settings read() {
  Settings s;
  const int processors = static_cast<int>(std::thread::hardware_concurrency());
  s.seed = number("LATHE_EMULATION_SEED", s.seed, 0, UINT64_MAX, "a number");
  s.checking = checkingOf("LATHE_EMULATION_CHECK", s.checking);
  s.threads = static_cast<int>(number("LATHE_EMULATION_THREADS", std::clamp(processors, 1, mostThreads), 1, mostThreads,
                                      "a number of threads from 1 to 16"));
  s.yieldPeriod = static_cast<int>(number("LATHE_EMULATION_YIELD", s.yieldPeriod, 0, 1 << 30, "a number of accesses"));
  s.deferred = number("LATHE_EMULATION_DEFERRED", s.deferred, 0, 1, "0 or 1") != 0;
  s.devices = static_cast<int>(
      number("LATHE_EMULATION_DEVICES", s.devices, 0, mostDevices, "a number of devices from 0 to 16"));
  s.memory = number("LATHE_EMULATION_MEMORY", s.memory, 1 << 16, size_t{32} << 30, "bytes from 64K to 32G", true);
  readFailing(s, text("LATHE_EMULATION_FAIL"));
  s.record = text("LATHE_EMULATION_RECORD");
  return s;
}

}  // namespace

void readFailing(Settings& s, const std::string& call) {
  const size_t colon = call.find(':');
  s.failing = call.substr(0, colon);
  s.callsUntilFailure = 1;
  if (colon == std::string::npos) return;
  char* end = nullptr;
  s.callsUntilFailure = std::strtoull(call.c_str() + colon + 1, &end, 10);
  if (*end != '\0' || s.callsUntilFailure == 0) refuse("LATHE_EMULATION_FAIL", call, "NAME or NAME:N");
}

Settings& settings() {
  static Settings instance = read();
  return instance;
}

void setSeed(uint64_t seed) { settings().seed = seed; }

void setChecking(Checking checking) { settings().checking = checking; }

void setThreads(int threads) { settings().threads = std::clamp(threads, 1, mostThreads); }

void setYieldPeriod(int accesses) { settings().yieldPeriod = std::max(accesses, 0); }

}  // namespace emulation
}  // namespace lathe
