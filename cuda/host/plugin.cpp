#include "plugin.h"

#include <charconv>
#include <cstring>
#include <string>

#include "arguments.h"
#include "cuda_backend.h"

namespace {

constexpr const char* kOperation = "createBackend";

// "cuda" is "cuda:0". The emulated library has the name "cuda-emulated" for its first device and numbers others alike.
int ordinalOf(const std::string& device) {
  const size_t colon = device.find(':');
  if (colon == std::string::npos) return 0;
  int ordinal = -1;
  const char* end = device.data() + device.size();
  const std::from_chars_result read = std::from_chars(device.data() + colon + 1, end, ordinal);
  if (read.ec != std::errc() || read.ptr != end || ordinal < 0)
    lathe::reject(kOperation, "device '" + device + "', expected a number after the colon");
  return ordinal;
}

}  // namespace

lathe::Backend* latheCudaBackend(const char* device, int64_t memoryLimit) {
  const std::string asked = device;
  const int ordinal = ordinalOf(asked);
  lathe::requireCount(kOperation, memoryLimit, "bytes of device memory");
  const lathe::cuda::Operation operation(kOperation, {}, asked);
  int count = 0;
  CHECKED(operation, cudaGetDeviceCount(&count));
  if (ordinal >= count)
    operation.fail("there " + (count == 1 ? "is 1 device" : "are " + std::to_string(count) + " devices"));
  const std::string name = asked == "cuda" ? "cuda:0" : asked;
  return new lathe::cuda::CudaBackend(name, ordinal, memoryLimit);
}
