// The backends that the tests of native/test run on here: the emulated CUDA backend under ten schedules. That all of
// them give the same bits, which runEverywhere asks for, says that no result depends on the order of threads and
// blocks.
#include "backends.h"
#include "emulation.h"
#include "host_pointers.h"
#include "plugin.h"

namespace lathe {
namespace test {

namespace {

constexpr uint64_t kSchedules = 10;

}  // namespace

const std::vector<std::unique_ptr<Backend>>& backends() {
  static const std::vector<std::unique_ptr<Backend>> all = [] {
    std::vector<std::unique_ptr<Backend>> list;
    for (uint64_t seed = 1; seed <= kSchedules; seed++)
      list.push_back(std::make_unique<HostPointers>(std::unique_ptr<Backend>(latheCudaBackend("cuda-emulated", 0)),
                                                    text("schedule ", seed), [seed] {
                                                      emulation::setSeed(seed);
                                                      // Half of the schedules leave work on its streams until something
                                                      // waits for it.
                                                      emulation::setDeferred(seed % 2 == 0);
                                                    }));
    return list;
  }();
  return all;
}

}  // namespace test
}  // namespace lathe
