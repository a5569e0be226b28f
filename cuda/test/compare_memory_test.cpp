// Copies on the device, at all sizes and schedules; memory_test.cpp has budgets and foreign pointers.
#include "comparison.h"

using namespace lathe;
using namespace lathe::test;

TEST(cudaCopiesAndClearsLikeTheCpu) {
  for (const int64_t size : kSizes) {
    const std::vector<uint8_t> from = randomBytes(size, 801), to = randomBytes(size + 2, 802);
    checkSameAsCpu<uint8_t>(
        [&](Backend& backend) {
          Held<uint8_t> source(backend, from), target(backend, to);
          backend.copy(target.data() + 1, source.data(), size);
          backend.clear(source.data(), size / 2);
          backend.synchronize();
          std::vector<uint8_t> both = target.values();
          const std::vector<uint8_t> cleared = source.values();
          both.insert(both.end(), cleared.begin(), cleared.end());
          return both;
        },
        text("copy and clear of ", size, " bytes"));
  }
}
