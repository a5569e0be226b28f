// Radix selection: which of many (score, index) pairs are the `count` lowest. All pairs differ, so that there is
// exactly one answer, ties by index.
//
// The greatest pair that is taken is found digit by digit from the highest on, first of the score's bits (scores.h),
// then of the index: count the pairs that share the digits found so far by their next digit, and step through the
// counts until `left` is reached. Where all equals of a score are taken, its index needs no digits.
#ifndef LATHE_CUDA_RADIX_H
#define LATHE_CUDA_RADIX_H

#include <cuda_runtime.h>

#include <cstdint>

namespace lathe {
namespace cuda {

constexpr int kDigitBits = 11;
constexpr int kDigits = 1 << kDigitBits;

using Bits = unsigned long long;

// One step of the search: digit (key >> shift) & (kDigits - 1) of the keys whose bits from `above` on are found.
struct Digit {
  bool ofIndex;  // the key is the index of a pair whose score equals the threshold; else the score
  int above;
  int shift;

  // The highest digit of a key of so many bits; `above` is the number of bits where there is none yet.
  __host__ __device__ static Digit first(bool ofIndex, int bits) {
    return {ofIndex, bits, bits > kDigitBits ? bits - kDigitBits : 0};
  }
  __host__ __device__ bool last() const { return shift == 0; }
  __host__ __device__ Digit next() const { return {ofIndex, shift, shift > kDigitBits ? shift - kDigitBits : 0}; }
};

// Bits of a score, without the sign, and bits that hold every index below count.
template <class T>
__host__ __device__ constexpr int scoreBits() {
  return 8 * static_cast<int>(sizeof(T)) - 1;
}
__host__ __device__ inline int indexBits(int64_t count) {
  int bits = 1;
  while (bits < 62 && (int64_t{1} << bits) < count) bits++;
  return bits;
}

// What is known of the greatest pair that is taken.
struct Threshold {
  Bits score;
  Bits index;
  Bits left;     // of the pairs that share the digits found so far, how many are taken
  bool settled;  // every pair with this score is taken

  __device__ bool takes(Bits bits, int64_t at) const {
    return bits < score || (bits == score && (settled || static_cast<Bits>(at) <= index));
  }
  // The digit of a pair that shares what is known, else -1.
  __device__ int digitOf(Digit digit, Bits bits, int64_t at) const {
    if (digit.ofIndex && bits != score) return -1;
    const Bits key = digit.ofIndex ? static_cast<Bits>(at) : bits;
    const Bits known = digit.ofIndex ? index : score;
    if (key >> digit.above != known >> digit.above) return -1;
    return static_cast<int>((key >> digit.shift) & (kDigits - 1));
  }
};

// The digit that the histogram [kDigits] reaches threshold.left with, taken into the threshold; `clear` empties the
// histogram. For all kThreads threads of a block, which divide kDigits; `sums` [kThreads] and the threshold are shared
// by them.
template <int kThreads, class Count>
__device__ inline void takeDigit(Threshold& threshold, Digit digit, Count* histogram, Bits* sums) {
  constexpr int each = kDigits / kThreads;
  Bits own = 0;
  for (int i = 0; i < each; i++) own += histogram[threadIdx.x * each + i];
  sums[threadIdx.x] = own;
  __syncthreads();
  if (threadIdx.x == 0) {
    Bits left = threshold.left;
    int part = 0;
    for (; part + 1 < kThreads && sums[part] < left; part++) left -= sums[part];
    int found = part * each;
    for (; found + 1 < kDigits && histogram[found] < left; found++) left -= histogram[found];
    (digit.ofIndex ? threshold.index : threshold.score) |= static_cast<Bits>(found) << digit.shift;
    threshold.left = left;
    if (digit.last()) threshold.settled = !digit.ofIndex && histogram[found] == left;
  }
  __syncthreads();
  for (int i = 0; i < each; i++) histogram[threadIdx.x * each + i] = 0;
}

}  // namespace cuda
}  // namespace lathe

#endif
