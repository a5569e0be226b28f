// Rotary position embedding (Su et al. 2021) in place: pair (a, b) -> (a cos - b sin, b cos + a sin).
//
//   x [tokens x heads * headSize]   cosine, sine [positions x rotarySize / 2]
//
// Token t stands at position t % length. Pair i of a head is (2i, 2i + 1) when interleaved, else
// (i, i + rotarySize / 2). Angles come from tables that the host makes (host/rope_table.h). A block turns a token.
#include "grid.h"
#include "kernels.h"
#include "launch.h"

namespace lathe {
namespace cuda {

namespace {

constexpr int kThreads = 256;

__global__ void ropeKernel(float* x, const float* cosine, const float* sine, int64_t length, int heads, int headSize,
                           int half, bool interleaved) {
  const int64_t token = blockIdx.x;
  const int64_t table = token % length * half;
  float* row = x + token * heads * headSize;
  for (int pair = threadIdx.x; pair < heads * half; pair += kThreads) {
    const int i = pair % half;
    float* head = row + pair / half * headSize;
    float* first = head + (interleaved ? 2 * i : i);
    float* second = first + (interleaved ? 1 : half);
    const float a = *first, b = *second;
    const float c = cosine[table + i], s = sine[table + i];
    *first = a * c - b * s;
    *second = b * c + a * s;
  }
}

}  // namespace

void kernels::rope(float* x, const float* cosine, const float* sine, int64_t tokens, int64_t length, int64_t heads,
                   int64_t headSize, int64_t rotarySize, bool interleaved, cudaStream_t stream) {
  if (tokens == 0) return;
  launch(ropeKernel, gridOf(tokens), dim3(kThreads), 0, stream, x, cosine, sine, length, heads, headSize,
         rotarySize / 2, interleaved);
}

}  // namespace cuda
}  // namespace lathe
