// Memory for intermediate values: contents undefined, aligned for vector loads; an allocation that fails says what it
// was for.
#ifndef LATHE_CPU_HOST_MEMORY_H
#define LATHE_CPU_HOST_MEMORY_H

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace lathe {

template <class T>
class HostMemory {
  static_assert(std::is_trivial_v<T>, "contents are neither constructed nor destroyed");

 public:
  HostMemory() = default;
  HostMemory(const char* operation, int64_t count) { require(operation, count); }

  // Makes room for count values; what was held before is lost where there was less.
  void require(const char* operation, int64_t count) {
    if (count <= size_) return;
    constexpr int64_t kAlignment = 64;
    constexpr int64_t kGreatest = (std::numeric_limits<int64_t>::max() - kAlignment) / static_cast<int64_t>(sizeof(T));
    values_.reset();
    size_ = 0;
    if (count <= kGreatest) {
      const size_t bytes = static_cast<size_t>(count) * sizeof(T);
      values_.reset(
          static_cast<T*>(std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment)));
    }
    if (!values_)
      throw std::runtime_error(std::string(operation) + ": no memory for " + std::to_string(count) + " values of " +
                               std::to_string(sizeof(T)) + " bytes");
    size_ = count;
  }

  T* data() { return values_.get(); }
  T& operator[](int64_t index) { return values_.get()[index]; }

 private:
  struct Release {
    void operator()(T* memory) const { std::free(memory); }
  };

  std::unique_ptr<T, Release> values_;
  int64_t size_ = 0;
};

}  // namespace lathe

#endif
