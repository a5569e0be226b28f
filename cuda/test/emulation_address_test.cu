// What AddressSanitizer finds in kernels: each wrong one ends a child process with its report.
#ifdef __SANITIZE_ADDRESS__
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "check.h"
#include "emulation_fixture.h"

using namespace lathe::cuda;
using namespace lathe::test;

namespace {

__global__ void writeAt(float* out, int index) {
  if (threadIdx.x == 3) out[index] = 1;
}
// Barriers before and after, so that the fiber whose stack is at stake has been left and entered again.
__global__ void localAt(float* out, int index) {
  float values[4];
  for (int i = 0; i < 4; ++i) values[i] = static_cast<float>(threadIdx.x);
  __syncthreads();
  values[index] = 2;
  __syncthreads();
  out[threadIdx.x] = values[threadIdx.x % 4];
}
__global__ void atomicAt(int* out, int index) { atomicAdd(&out[index], 1); }

// What a child process that runs this writes to its standard error before it dies; empty if it ends well.
template <class Action>
std::string death(Action action) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 2);
    action();
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "" : text;
}

}  // namespace

TEST(addressSanitizerSeesKernels) {
  lathe::emulation::setThreads(1);  // the child has this thread alone
  float* out = deviceMemory<float>(100);
  const auto write = [=](int index) { launch(writeAt, 1, 8, 0, nullptr, out, index); };
  CHECK_EQUAL(death([&] { write(99); }), "");
  mustSay(death([&] { write(100); }), {"heap-buffer-overflow", "writeAt"});
  mustSay(death([&] { write(-1); }), {"heap-buffer-overflow", "writeAt"});
  const auto local = [=](int index) { launch(localAt, 1, 8, 0, nullptr, out, index); };
  CHECK_EQUAL(death([&] { local(3); }), "");
  mustSay(death([&] { local(4); }), {"stack-buffer-overflow", "localAt"});
  int* counts = deviceMemory<int>(10);
  mustSay(death([&] { launch(atomicAt, 1, 8, 0, nullptr, counts, 10); }), {"heap-buffer-overflow", "atomicAt"});
  mustSucceed(cudaFree(out));
  mustSay(death([&] { write(5); }), {"heap-use-after-free", "writeAt"});
  mustSucceed(cudaFree(counts));
}

#endif
