#!/usr/bin/env bash
# Builds the real library, liblathe_cuda.so, into a folder:
#
#   cuda/build.sh FOLDER              with the toolkit that toolchain.sh finds; it installs one where there is none
#   cuda/build.sh FOLDER --check      and compares what its kernels take with resources.tsv, which is of the packages' nvcc
#   cuda/build.sh FOLDER --write      and writes resources.tsv
#
# Machine code for sm_80 (A100), 86 (RTX 30), 89 (RTX 40, L40), 90 (H100), 100 (B200) and 120 (RTX 50), and PTX for what
# comes after. The kernels ask for nothing that sm_80 lacks, so one PTX is made of each source and assembled for all of
# them. The CUDA runtime is linked in; the real cuBLAS and cuSOLVER have to resolve every symbol, and are found when the
# library is loaded.
#
# Objects are kept under the home folder, each under a checksum of all that it is made of (BUILD_CACHE names another
# folder); those that nothing asked for in 30 days are removed.
set -euo pipefail
mkdir -p "$1/kernels" "$1/host" && FOLDER=$(cd "$1" && pwd)
shift
cd "$(dirname "$0")"
if [ -z "${LATHE_NVCC:-}" ]; then
  assignments=$(./toolchain.sh --install)
  eval "$assignments"
fi
BUILD_CACHE=${BUILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lathe/cuda/objects}
mkdir -p "$BUILD_CACHE"
find "$BUILD_CACHE" -type f -mtime +30 -delete
export FOLDER BUILD_CACHE

includes=(-I../native/include -I../native/common -Ikernels -Ihost)
DEVICE_FLAGS=$(printf '%q ' -std=c++17 -O3 --fmad=false --expt-relaxed-constexpr \
  -Werror all-warnings -Xcompiler "-fPIC,-Wall,-Wextra,-Werror,-fvisibility=hidden,-ffp-contract=off" -Xptxas -v \
  -gencode 'arch=compute_80,code=[sm_80,sm_86,sm_89,sm_90,sm_100,sm_120,compute_80]' "${includes[@]}")
HOST_FLAGS=$(printf '%q ' -std=c++17 -O2 -fPIC -Wall -Wextra -Werror -fvisibility=hidden -ffp-contract=off \
  "${includes[@]}")
COMPILERS=$("$LATHE_NVCC" --version && g++ --version)
export DEVICE_FLAGS HOST_FLAGS COMPILERS LATHE_NVCC LATHE_CUDA_INCLUDE

# The source and every header of the project that it includes; the toolkit's stand for themselves by its version.
project_files() { # COMMAND SOURCE
  eval "$1 -MM $2" | tr -d '\\' | tr -s ' ' '\n' | grep -E '^(kernels|host|\.\./native)/'
}

build() { # SOURCE
  local source=$1 name flags command key object
  name=$(basename "${source%.*}")
  case $source in
    *.cu) flags=$DEVICE_FLAGS command="$(printf %q "$LATHE_NVCC") $flags" object=$FOLDER/kernels/$name ;;
    *) flags=$HOST_FLAGS command="g++ $flags -isystem $(printf %q "$LATHE_CUDA_INCLUDE")" object=$FOLDER/host/$name ;;
  esac
  key=$(project_files "$command" "$source" | xargs sha256sum | cat - <(echo "$COMPILERS" "$flags") | sha256sum)
  key=$BUILD_CACHE/${key%% *}
  if [ ! -e "$key.o" ] || [ ! -e "$key.log" ]; then
    echo "compiling $source"
    eval "$command -c $source -o $object.o" 2> "$object.log" || {
      cat "$object.log" >&2
      return 1
    }
    cp "$object.log" "$key.log.$$" && mv "$key.log.$$" "$key.log"
    cp "$object.o" "$key.o.$$" && mv "$key.o.$$" "$key.o"
  fi
  touch "$key.o" "$key.log"
  cp "$key.log" "$object.log" && cp "$key.o" "$object.o"
}
export -f build project_files

rm -f "$FOLDER"/{kernels,host}/*
# The two that take minutes begin first.
printf '%s\n' kernels/{obs,quantize}.cu kernels/*.cu host/*.cpp ../native/common/*.cpp | awk '!seen[$0]++' |
  xargs -P "$(nproc)" -I{} bash -c 'set -euo pipefail; build {}'

g++ -shared -o "$FOLDER/liblathe_cuda.so" "$FOLDER"/{kernels,host}/*.o \
  "$LATHE_CUDA_LIBRARY"/{libcudart_static.a,libcublas.so.13,libcusolver.so.12} \
  -ldl -lrt -pthread -Wl,--no-undefined -Wl,--exclude-libs,ALL
case ${1:-} in
  --check)
    ./resources.py "$FOLDER"
    echo "what the kernels take is as resources.tsv says"
    ;;
  --write) ./resources.py "$FOLDER" --write ;;
esac
echo "built $FOLDER/liblathe_cuda.so"
