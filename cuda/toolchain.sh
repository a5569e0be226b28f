#!/usr/bin/env bash
# Finds what the CUDA library is built with and runs on, and prints it as shell assignments:
#
#   eval "$(cuda/toolchain.sh)"            the system's toolkit, or Python packages that are there already
#   eval "$(cuda/toolchain.sh --install)"  installs the packages where neither is there (1 GB, no GPU or driver needed)
#
#   LATHE_NVCC            nvcc 13.x
#   LATHE_CUDA_INCLUDE    folder of cuda_runtime.h, cublas_v2.h, cusolverDn.h
#   LATHE_CUDA_LIBRARY    folder of libcudart_static.a, libcublas.so.13, libcusolver.so.12 and what these load
#
# Where nothing is to be had it says why and exits with 3.
set -euo pipefail

packages=(
  nvidia-cuda-nvcc==13.5.37
  nvidia-cuda-crt==13.5.37
  nvidia-nvvm==13.5.37
  nvidia-cuda-cccl==13.3.5.0.6
  nvidia-cuda-runtime==13.5.37
  nvidia-cublas==13.10.0.20
  nvidia-cusolver==12.4.1.2
  # Loaded by cuBLAS and cuSOLVER when they run.
  nvidia-cuda-nvrtc==13.5.37
  nvidia-cusparse==12.9.4.2
  nvidia-nvjitlink==13.5.37
)
home="${XDG_CACHE_HOME:-$HOME/.cache}/lathe/cuda"
# A folder for each list of versions, so that another list is installed anew.
folder="$home/toolchain-$(printf '%s\n' "${packages[@]}" | sha256sum | cut -c1-12)"

found() { # NVCC INCLUDE LIBRARY
  [ -x "$1" ] && "$1" --version 2> /dev/null | grep -q 'release 13\.' || return 1
  [ -e "$2/cublas_v2.h" ] && [ -e "$2/cusolverDn.h" ] && [ -e "$3/libcudart_static.a" ] || return 1
  [ -e "$3/libcublas.so.13" ] && [ -e "$3/libcusolver.so.12" ] || return 1
  printf 'LATHE_NVCC=%q\nLATHE_CUDA_INCLUDE=%q\nLATHE_CUDA_LIBRARY=%q\n' "$1" "$2" "$3"
}

from_system() {
  local toolkit
  for toolkit in "${CUDA_HOME:-}" "$(dirname "$(dirname "$(command -v nvcc || echo /none/bin/nvcc)")")" /usr/local/cuda; do
    [ -n "$toolkit" ] && found "$toolkit/bin/nvcc" "$toolkit/include" "$toolkit/lib64" && return
  done
  return 1
}

from_packages() {
  local toolkit
  toolkit=$(ls -d "$folder"/lib/python3*/site-packages/nvidia/cu13 2> /dev/null | head -1)
  [ -n "$toolkit" ] && found "$toolkit/bin/nvcc" "$toolkit/include" "$toolkit/lib"
}

install_packages() {
  rm -rf "$folder"
  mkdir -p "$home"
  # Into its final place, since an environment cannot be moved.
  python3 -m venv "$folder"
  "$folder/bin/pip" install -q --no-deps "${packages[@]}" || {
    rm -rf "$folder"
    return 1
  }
}

from_system || from_packages || {
  if [ "${1:-}" = --install ] && install_packages >&2; then
    from_packages && exit 0
  fi
  echo "no nvcc 13.x: neither a toolkit (CUDA_HOME, PATH, /usr/local/cuda) nor the packages in $folder" >&2
  exit 3
}
