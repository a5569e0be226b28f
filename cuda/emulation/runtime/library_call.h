// A call of cuBLAS or cuSOLVER: its arguments checked, then handed to the handle's stream.
#ifndef LATHE_EMULATION_LIBRARY_CALL_H
#define LATHE_EMULATION_LIBRARY_CALL_H

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "call.h"
#include "cublas_v2.h"

namespace lathe {
namespace emulation {

// What a cublasHandle_t or cusolverDnHandle_t points to.
struct LibraryHandle {
  enum class Kind { blas, solver };
  Kind kind;
  int device;
  cudaStream_t stream = nullptr;
  cublasPointerMode_t pointerMode = CUBLAS_POINTER_MODE_HOST;
  cublasMath_t mathMode = CUBLAS_DEFAULT_MATH;
};

// Handles that are open. create gives null where there is no device that works.
LibraryHandle* createHandle(LibraryHandle::Kind kind);
bool isHandle(const void* handle, LibraryHandle::Kind kind);
void destroyHandle(LibraryHandle* handle);

enum class Outcome { done, notInitialized, invalid, failed, outOfMemory };
cublasStatus_t statusOf(Outcome outcome);

class LibraryCall {
 public:
  LibraryCall(const char* function, const void* handle, LibraryHandle::Kind kind);

  const LibraryHandle& handle() const { return *handle_; }
  bool valid() const { return outcome_ == Outcome::done; }

  // Refuses the call unless the argument is as it must be. The first refusal counts.
  void require(bool condition, const char* argument, const char* expected);
  void size(const char* name, int64_t value);

  // A column-major matrix that the call reads or writes; `count` of them, `stride` elements apart. Checks the leading
  // dimension now and the memory when the work runs.
  struct Matrix {
    const char* name;
    const void* memory;
    int64_t rows, cols, leading;
    size_t elementBytes;
    bool written;
    int64_t count = 1;
    int64_t stride = 0;
  };
  void matrix(const Matrix& matrix);
  void vector(const char* name, const void* memory, int64_t count, int64_t increment, size_t elementBytes,
              bool written);
  // This operand may be the very memory of others that are read, but not overlap them otherwise.
  void inPlace() { inPlace_ = true; }

  // A factor that the call reads: from host memory now, from device memory when the work runs.
  template <class T>
  std::function<T()> scalar(const char* name, const T* value) {
    require(value != nullptr, name, "a pointer");
    if (!valid()) return nullptr;
    if (handle_->pointerMode == CUBLAS_POINTER_MODE_HOST) {
      require(!isDeviceAddress(value), name, "host memory, by the pointer mode");
      if (!valid()) return nullptr;
      return [copy = *value] { return copy; };
    }
    vector(name, value, 1, 1, sizeof(T), false);
    return [value] { return *value; };
  }

  // Hands the work to the stream. `nothing`: there is none, since a size is 0. `wait`: until it has been done.
  Outcome run(bool nothing, std::function<void()> work, bool wait = false);

 private:
  struct Span {
    const char* name;
    uintptr_t begin;
    size_t bytes;
    bool written;
  };
  static bool isDeviceAddress(const void* pointer);
  static std::string wrongSpan(const DeviceMemory& memory, const std::vector<Span>& spans, bool inPlace);
  void refuse(Outcome outcome, const std::string& what);

  const std::string function_;
  const LibraryHandle* handle_ = nullptr;
  Outcome outcome_ = Outcome::done;
  std::vector<Span> spans_;
  bool inPlace_ = false;
};

}  // namespace emulation
}  // namespace lathe

#endif
