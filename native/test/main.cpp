// Runs the tests: all, or those whose name holds the first argument.
#include <chrono>
#include <cstdio>
#include <string>

#include "check.h"

int main(int argumentCount, char** arguments) {
  const std::string wanted = argumentCount > 1 ? arguments[1] : "";
  int run = 0, failed = 0;
  for (const lathe::test::Test& test : lathe::test::allTests()) {
    if (std::string(test.name).find(wanted) == std::string::npos) continue;
    run++;
    const auto begin = std::chrono::steady_clock::now();
    std::string failure;
    try {
      test.body();
    } catch (const std::exception& e) {
      failure = e.what();
      failed++;
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (!failure.empty())
      std::printf("FAILED %s\n  %s\n", test.name, failure.c_str());
    else if (seconds > 1)
      std::printf("passed %s in %.1f s\n", test.name, seconds);
    std::fflush(stdout);
  }
  std::printf("%d of %d tests passed\n", run - failed, run);
  return run == 0 || failed > 0;
}
