// The backends that the tests of native/test run on here: the emulated CUDA backend under ten schedules. That all of
// them give the same bits, which runEverywhere asks for, says that no result depends on the order of threads and
// blocks.
#include "backends.h"
#include "host_pointers.h"
#include "plugin.h"
#include "schedules.h"

namespace lathe {
namespace test {

const std::vector<std::unique_ptr<Backend>>& backends() {
  static const std::vector<std::unique_ptr<Backend>> all = [] {
    std::vector<std::unique_ptr<Backend>> list;
    for (int schedule = 1; schedule <= kSchedules; schedule++)
      list.push_back(std::make_unique<HostPointers>(std::unique_ptr<Backend>(latheCudaBackend("cuda-emulated", 0)),
                                                    text("schedule ", schedule),
                                                    [schedule] { setSchedule(schedule); }));
    return list;
  }();
  return all;
}

}  // namespace test
}  // namespace lathe
