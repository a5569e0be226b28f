#!/usr/bin/env bash
# Builds the real library, liblathe_cuda.so, into a folder, with the toolkit that toolchain.sh found:
#
#   eval "$(cuda/toolchain.sh)" && export LATHE_NVCC LATHE_CUDA_INCLUDE LATHE_CUDA_LIBRARY
#   cuda/build.sh FOLDER
#
# Machine code for sm_80 (A100), 86 (RTX 30), 89 (RTX 40, L40), 90 (H100), 100 (B200) and 120 (RTX 50), and PTX for what
# comes after. The CUDA runtime is linked in; cuBLAS and cuSOLVER are found when the library is loaded. What ptxas says
# of each kernel is left beside the objects, for resources.py.
#
# An object is built again when its source or any header is newer.
set -euo pipefail
mkdir -p "$1" && set -- "$(cd "$1" && pwd)"
cd "$(dirname "$0")"
folder=$1
mkdir -p "$folder/kernels" "$folder/host"
architectures=(80 86 89 90 100 120)
includes=(-I../native/include -I../native/common -Ikernels -Ihost)
newest_header=$(find ../native/include ../native/common kernels host -name '*.h' -printf '%T@ %p\n' | sort -n | tail -1 |
  cut -d' ' -f2-)

fresh() { [ "$1" -nt "$2" ] && [ "$1" -nt "$newest_header" ]; } # OBJECT SOURCE

device_flags=(-std=c++17 -O3 --fmad=false --expt-relaxed-constexpr -Werror all-warnings
  -Xcompiler "-fPIC,-Wall,-Wextra,-Werror,-fvisibility=hidden,-ffp-contract=off" -Xptxas -v)
for architecture in "${architectures[@]}"; do
  device_flags+=(-gencode "arch=compute_$architecture,code=sm_$architecture")
done
device_flags+=(-gencode "arch=compute_${architectures[0]},code=compute_${architectures[0]}")

for source in kernels/*.cu; do
  name=$(basename "$source" .cu)
  object=$folder/kernels/$name.o
  fresh "$object" "$source" && continue
  echo "nvcc $source"
  "$LATHE_NVCC" "${device_flags[@]}" "${includes[@]}" -c "$source" -o "$object.part" 2> "$folder/kernels/$name.ptxas" || {
    cat "$folder/kernels/$name.ptxas" >&2
    exit 1
  }
  mv "$object.part" "$object"
done

for source in host/*.cpp ../native/common/*.cpp; do
  object=$folder/host/$(basename "$source" .cpp).o
  fresh "$object" "$source" && continue
  g++ -std=c++17 -O2 -fPIC -Wall -Wextra -Werror -fvisibility=hidden -ffp-contract=off \
    -isystem "$LATHE_CUDA_INCLUDE" "${includes[@]}" -c "$source" -o "$object"
done

g++ -shared -o "$folder/liblathe_cuda.so" "$folder"/kernels/*.o "$folder"/host/*.o \
  "$LATHE_CUDA_LIBRARY"/{libcudart_static.a,libcublas.so.13,libcusolver.so.12} \
  -ldl -lrt -pthread -Wl,--no-undefined -Wl,--exclude-libs,ALL
