// The scale of a block that is encoded already, changed to make up for the errors of its whole row
// (Backend::refitScales).
//
// A block's values are proportional to its F16 scale d, but for a minimum, which is scaled alike; so multiplying d
// leaves codes, exact zeros and scales of runs as they are. Types whose only scales are coarser than F16 (MXFP4, NVFP4)
// have none to refit.
#ifndef LATHE_FORMATS_RESCALE_H
#define LATHE_FORMATS_RESCALE_H

#include <type_traits>

#include "lathe/formats/format.h"
#include "lathe/formats/scale_minimum.h"
#include "lathe/formats/team.h"

LATHE_BEGIN

// Where a block has its d: as a member of this name, or wherever the format's own functions find it.
template <class Format, class = void>
struct BlockScale {
  static constexpr bool exists = false;
};
template <class Format>
struct BlockScale<Format, std::enable_if_t<std::is_same_v<decltype(Format::Block::d), uint16_t>>> {
  static constexpr bool exists = true;
  LATHE_HD static uint16_t get(const typename Format::Block& block) { return block.d; }
  LATHE_HD static void set(typename Format::Block& block, uint16_t d) { block.d = d; }
};
template <class Format>
struct BlockScale<Format, std::void_t<decltype(&Format::setScale)>> {
  static constexpr bool exists = true;
  LATHE_HD static uint16_t get(const typename Format::Block& block) { return Format::scale(block); }
  LATHE_HD static void set(typename Format::Block& block, uint16_t d) { Format::setScale(block, d); }
};

LATHE_HD inline uint16_t scaledHalf(uint16_t half, float factor) {
  return floatToFiniteHalf(halfToFloat(half) * factor);
}

// d times factor >= 0 as F16. Where the minimum is -k d for a whole k, so that a code is exactly 0, k d stays an F16.
template <class Block>
LATHE_HD inline auto scaledScale(const Block& block, uint16_t d, float factor, int)
    -> decltype(void(block.m), uint16_t()) {
  const float k = -halfToFloat(block.m) / halfToFloat(d);
  if (!(k >= 0 && k < 256) || k != static_cast<float>(static_cast<int>(k))) return scaledHalf(d, factor);
  return tiedHalf(halfToFloat(d) * factor, static_cast<int>(k));
}
template <class Block>
LATHE_HD inline uint16_t scaledScale(const Block&, uint16_t d, float factor, long) {
  return scaledHalf(d, factor);
}

// Scales the minimum of a block that has one. Where it is -k d, or a power of two times d (super_tied.h), it is
// afterwards.
template <class Block>
LATHE_HD inline auto rescaleMinimum(Block& block, float ratio, int) -> decltype(void(block.dmin)) {
  block.dmin = scaledHalf(block.dmin, ratio);
}
template <class Block>
LATHE_HD inline auto rescaleMinimum(Block& block, float ratio, int) -> decltype(void(block.m)) {
  block.m = scaledHalf(block.m, ratio);
}
template <class Block>
LATHE_HD inline void rescaleMinimum(Block&, float, long) {}

// Multiplies the block's values by the ratio nearest to `factor` (>= 0) that d allows, and returns it.
template <class Format>
LATHE_HD inline float rescale(typename Format::Block& block, float factor) {
  const uint16_t old = BlockScale<Format>::get(block);
  if (halfToFloat(old) == 0) return 1;
  const uint16_t d = scaledScale(block, old, factor, 0);
  const float ratio = halfToFloat(d) / halfToFloat(old);
  BlockScale<Format>::set(block, d);
  rescaleMinimum(block, ratio, 0);
  return ratio;
}

// What a block of columns K of one row is refitted by. H' is H shrunk: its product with a row vector v is
// (1 - shrinkage) v H + shrinkage v diag(H).
struct RefitTerms {
  const float* target;    // the row in K as it ought to be
  const float* gradient;  // E H in K, E = target - w of the whole row
  const float* product;   // w_K H_KK
  const float* diagonal;  // of H in K
  double shrinkage;
};

// Scales a block so that E H' E^T is least and returns what it falls by; leaves the block alone where that is nothing.
// w and error [blockSize] hold the block's values and the row's E in K, before and after.
//
// With w_K multiplied by 1 + c, E H' E^T changes by c^2 a - 2 c b, a = w_K H'_KK w_K^T and b = (E H')_K w_K^T: c = b /
// a is the least, but for d's sign, which stays; d's rounding to F16 is in c before it is judged.
template <class Format>
LATHE_HD inline double refitBlock(typename Format::Block& block, float* w, float* error, const RefitTerms& terms) {
  const double kept = 1 - terms.shrinkage;
  double a = 0, b = 0;
  for (int i = 0; i < Format::blockSize; ++i) {
    const double diagonal = terms.shrinkage * static_cast<double>(terms.diagonal[i]), value = w[i];
    a += value * (kept * static_cast<double>(terms.product[i]) + diagonal * value);
    b += value * (kept * static_cast<double>(terms.gradient[i]) + diagonal * static_cast<double>(error[i]));
  }
  teamSync();  // all have read what is about to be written
  if (!(a > 0)) return 0;
  typename Format::Block rescaled = block;
  const double factor = b > -a ? 1 + b / a : 0;
  const double c = static_cast<double>(rescale<Format>(rescaled, static_cast<float>(factor))) - 1;
  const double gain = c * (2 * b - c * a);
  if (!(gain > 0)) return 0;
  teamSync();
  if (teamLane() == 0) block = rescaled;
  Format::decode(rescaled, w);
  teamSync();
  for (int i = teamLane(); i < Format::blockSize; i += teamSize) error[i] = terms.target[i] - w[i];
  teamSync();
  return gain;
}

LATHE_END

#endif
