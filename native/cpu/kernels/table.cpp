// The table of this variant's kernels.
#include "kernels.h"

#define LATHE_STRING2(x) #x
#define LATHE_STRING(x) LATHE_STRING2(x)

#define LATHE_JOIN2(a, b) a##b
#define LATHE_JOIN(a, b) LATHE_JOIN2(a, b)

namespace lathe {

const KernelTable& LATHE_JOIN(LATHE_ISA, Kernels)() {
  using namespace LATHE_ISA;
  static constexpr KernelTable table = {LATHE_STRING(LATHE_ISA),
                                        dequantize,
                                        quantize,
                                        obsF32,
                                        obsF64,
                                        refitScales,
                                        rmsNorm,
                                        divideByRms,
                                        rope,
                                        swiglu,
                                        add,
                                        causalSoftmax,
                                        findNonFinite,
                                        logSumExp,
                                        klRow,
                                        dotF64};
  return table;
}

}  // namespace lathe
