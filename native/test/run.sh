#!/usr/bin/env bash
# Builds and runs the C++ tests: as the library is built, and once more under AddressSanitizer and
# UndefinedBehaviorSanitizer. Maven calls it in the verify phase, with these variables:
#
#   BUILD          folder of the build: its objects/ are linked into the first run, its test/ takes what is built here
#   OPENBLAS       folder with include/ and libopenblas.so.0
#   FLAGS_AVX2, FLAGS_AVX512   compiler flags of these variants of the kernels
#   LATHE_PYTHON   optional: a Python with gguf, numpy and pytest, for the comparison with other implementations
#
# An object is built again when its source or any header is newer; what has passed runs again when anything is newer.
set -euo pipefail
cd "$(dirname "$0")/.."
includes=(-Iinclude -Icommon -Icpu "-I$OPENBLAS/include")
newest_header=$(find include common cpu devices test -name '*.h' -printf '%T@ %p\n' | sort -n | tail -1 | cut -d' ' -f2-)
commands=$(mktemp)
trap 'rm -f "$commands"' EXIT

# passed NAME: whether this part has passed since the last change. pass NAME: it has now.
passed() { [ -e "$BUILD/test/$1.passed" ] && [ -z "$(find include common cpu devices test -newer "$BUILD/test/$1.passed" -type f)" ]; }
pass() { touch "$BUILD/test/$1.passed"; }

# compile OBJECT SOURCE FLAGS...: notes the command where the object is out of date.
compile() {
  local object=$1 source=$2
  shift 2
  if [ ! "$object" -nt "$source" ] || [ ! "$object" -nt "$newest_header" ]; then
    mkdir -p "$(dirname "$object")"
    printf '%q ' g++ "$@" "${includes[@]}" -c "$source" -o "$object" >> "$commands"
    echo >> "$commands"
  fi
}

# compile_folder FOLDER SOURCES FLAGS...: the sources to objects in the folder.
compile_folder() {
  local folder=$1 sources=$2 source
  shift 2
  for source in $sources; do compile "$folder/$(basename "$source" .cpp).o" "$source" "$@"; done
}

compile_all() {
  tr '\n' '\0' < "$commands" | xargs -0 -r -P "$(nproc)" -n 1 bash -c
  : > "$commands"
}

link() { # PROGRAM FLAGS AND OBJECTS...
  g++ -pthread "${@:2}" "$OPENBLAS/libopenblas.so.0" "-Wl,-rpath,$OPENBLAS" "-Wl,-rpath-link,$OPENBLAS" -ldl -o "$1"
}

# The linker keeps one copy of a function that several objects define. One compiled for AVX-512 must not be taken for
# another processor: all that a variant's objects share with others has to be in the variant's own namespace.
check_symbols() {
  local variant shared
  for variant in reference avx2 avx512; do
    shared=$(nm -C --defined-only "$BUILD/objects/$variant"/*.o | awk '$2 ~ /^[WVu]$/' |
      grep -v "lathe::$variant::" || true)
    if [ -n "$shared" ]; then
      echo "objects of the variant $variant define functions that other objects may be linked to:"
      echo "$shared"
      exit 1
    fi
  done
}

# Optimised little: these programs are compiled more often than they run.
plain=(-std=c++17 -pthread -Wall -Wextra -Werror -ffp-contract=off -O1)
address=("${plain[@]}" -fsanitize=address)
undefined=(-fsanitize=undefined -fno-sanitize-recover=all)
objects=$BUILD/test
read -r -a avx2 <<< "$FLAGS_AVX2"
read -r -a avx512 <<< "$FLAGS_AVX512"

compile_tests() {
  local tests kernels
  tests=$(ls test/*.cpp | grep -v '/formats_')
  kernels=$(ls cpu/kernels/*.cpp)
  compile_folder "$objects/plain" "$tests test/formats_test.cpp" "${plain[@]}"
  compile_folder "$objects/address/test" "$tests" "${address[@]}"
  compile_folder "$objects/address/formats" test/formats_test.cpp "${address[@]}" "${undefined[@]}"
  compile_folder "$objects/address/host" "$(ls cpu/*.cpp common/*.cpp devices/*.cpp)" "${address[@]}" "${undefined[@]}"
  # Undefined behaviour is in the source, which all variants share.
  compile_folder "$objects/address/reference" "$kernels" -DLATHE_ISA=reference "${address[@]}" "${undefined[@]}"
  compile_folder "$objects/address/avx2" "$kernels" -DLATHE_ISA=avx2 "${avx2[@]}" "${address[@]}"
  compile_folder "$objects/address/avx512" "$kernels" -DLATHE_ISA=avx512 "${avx512[@]}" "${address[@]}"
  compile_all
}

run_tests() {
  local plain_tests
  mapfile -t plain_tests < <(ls "$objects"/plain/*.o | grep -v formats_test)
  link "$objects/tests" "${plain_tests[@]}" "$BUILD"/objects/*/*.o
  link "$objects/tests_address" -fsanitize=address,undefined "$objects"/address/{test,host,reference,avx2,avx512}/*.o
  link "$objects/formats_tests" "$objects/plain/formats_test.o"
  link "$objects/formats_tests_address" -fsanitize=address,undefined "$objects/address/formats/formats_test.o"
  export ASAN_OPTIONS=allocator_may_return_null=1  # as malloc does, and one test asks for it
  local program
  for program in tests formats_tests tests_address formats_tests_address; do
    echo "$program"
    "$objects/$program"
  done
}

if passed cpp; then
  echo "the C++ tests have passed and nothing has changed since"
else
  check_symbols
  compile_tests
  run_tests
  pass cpp
fi
if [ -z "${LATHE_PYTHON:-}" ]; then
  echo "skipped: the formats against other implementations, since LATHE_PYTHON names no Python"
elif passed python; then
  echo "the formats agree with other implementations, and nothing has changed since"
else
  "$LATHE_PYTHON" -m pytest -q -p no:cacheprovider test/formats_gguf_test.py
  pass python
fi
