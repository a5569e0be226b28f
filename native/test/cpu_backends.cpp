// The backends that tests run on: those of the CPU. (cuda/test has others for the same tests.)
#include <sstream>

#include "backends.h"

namespace lathe {
namespace test {

const std::vector<std::unique_ptr<Backend>>& backends() {
  static const std::vector<std::unique_ptr<Backend>> all = [] {
    std::vector<std::unique_ptr<Backend>> list;
    std::istringstream variants(runnableKernels());
    for (std::string variant; std::getline(variants, variant, ',');)
      for (int threads = 1; threads <= 3; threads++) list.emplace_back(createBackend("cpu", variant.c_str(), threads));
    return list;
  }();
  return all;
}

}  // namespace test
}  // namespace lathe
