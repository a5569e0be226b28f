// The angles of rotary embeddings, the same numbers for every backend.
#ifndef LATHE_COMMON_ROTATION_H
#define LATHE_COMMON_ROTATION_H

#include <cmath>
#include <cstdint>

namespace lathe {

// cosine, sine [half] of position * inverseFrequencies [half], times magnitude. The angle is rounded to F32 as in the
// models' own code, so that far positions agree with it.
inline void rotation(float* cosine, float* sine, int64_t position, const float* inverseFrequencies, int64_t half,
                     float magnitude) {
  for (int64_t i = 0; i < half; i++) {
    const float angle = static_cast<float>(position) * inverseFrequencies[i];
    cosine[i] = std::cos(angle) * magnitude;
    sine[i] = std::sin(angle) * magnitude;
  }
}

}  // namespace lathe

#endif
