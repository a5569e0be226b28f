// The smallest test framework that serves here: a test is a function that throws when a check fails.
//
//   TEST(additionIsExact) { CHECK_EQUAL(1 + 1, 2); }
//
// main.cpp runs all tests, or those whose name holds its argument.
#ifndef LATHE_TEST_CHECK_H
#define LATHE_TEST_CHECK_H

#include <cmath>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace lathe {
namespace test {

struct Test {
  const char* name;
  void (*body)();
};

inline std::vector<Test>& allTests() {
  static std::vector<Test> tests;
  return tests;
}

struct Registration {
  Registration(const char* name, void (*body)()) { allTests().push_back({name, body}); }
};

struct CheckFailure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Builds a message from anything that can be printed.
template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  out.precision(9);
  (out << ... << parts);
  return out.str();
}

inline void fail(const char* file, int line, const std::string& what) {
  throw CheckFailure(text(file, ":", line, ": ", what));
}

// Fails unless the action throws an exception whose message holds every one of the parts.
inline void checkThrows(const char* file, int line, const std::function<void()>& action,
                        const std::vector<std::string>& parts) {
  std::string message;
  try {
    action();
  } catch (const std::exception& e) {
    message = e.what();
    for (const std::string& part : parts)
      if (message.find(part) == std::string::npos) fail(file, line, "'" + message + "' does not say '" + part + "'");
    return;
  }
  fail(file, line, "nothing was thrown");
}

}  // namespace test
}  // namespace lathe

#define TEST(name)                                                         \
  static void name();                                                      \
  static const lathe::test::Registration registration_##name(#name, name); \
  static void name()

// Further arguments say what was being checked.
#define CHECK(condition, ...)                                                                                   \
  do {                                                                                                          \
    if (!(condition)) lathe::test::fail(__FILE__, __LINE__, lathe::test::text(#condition, " ", ##__VA_ARGS__)); \
  } while (false)

#define CHECK_EQUAL(found, expected, ...)                                                                         \
  do {                                                                                                            \
    const auto found_ = (found);                                                                                  \
    const auto expected_ = (expected);                                                                            \
    if (!(found_ == expected_))                                                                                   \
      lathe::test::fail(__FILE__, __LINE__,                                                                       \
                        lathe::test::text(#found, " is ", found_, ", expected ", expected_, " ", ##__VA_ARGS__)); \
  } while (false)

// |found - expected| <= bound; NaN anywhere fails.
#define CHECK_NEAR(found, expected, bound, ...)                                                                      \
  do {                                                                                                               \
    const double found_ = (found), expected_ = (expected), bound_ = (bound);                                         \
    if (!(std::fabs(found_ - expected_) <= bound_))                                                                  \
      lathe::test::fail(__FILE__, __LINE__,                                                                          \
                        lathe::test::text(#found, " is ", found_, ", expected ", expected_, " within ", bound_, " ", \
                                          ##__VA_ARGS__));                                                           \
  } while (false)

#define CHECK_THROWS(action, ...) lathe::test::checkThrows(__FILE__, __LINE__, [&] { action; }, {__VA_ARGS__})

#endif
