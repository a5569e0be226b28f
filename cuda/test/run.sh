#!/usr/bin/env bash
# Builds and runs the C++ tests of the CUDA part against the emulation: as the emulated library is built, and once more
# under AddressSanitizer. Maven calls it in the verify phase, with these variables:
#
#   BUILD      folder that takes what is built here, in test/
#   OPENBLAS   folder with include/ and libopenblas.so.0
#   NATIVE     the native module's build folder: its objects/ hold the CPU backend that tests compare with
#
# By hand: cuda/test/run.sh [PROGRAM [NAME]] runs one program (emulation or backend; emulation_address, backend_address),
# or of it the tests whose name holds NAME. The variables then have the values that they have under Maven.
set -euo pipefail
cd "$(dirname "$0")/.."
BUILD=${BUILD:-$PWD/target}
NATIVE=${NATIVE:-$PWD/../native/target}
OPENBLAS=${OPENBLAS:-$NATIVE/openblas/org/bytedeco/openblas/linux-x86_64}
includes=(-Iemulation -Ikernels -Ihost -I../native/include -I../native/test -I../native/common -I../native/cpu "-I$OPENBLAS/include")
sources=(emulation kernels host test ../native/include ../native/common ../native/test)
objects=$BUILD/test
commands=$(mktemp)
trap 'rm -f "$commands"' EXIT

existing=()
for source in "${sources[@]}"; do [ -e "$source" ] && existing+=("$source"); done
newest_header=$(find "${existing[@]}" -name '*.h' -printf '%T@ %p\n' | sort -n | tail -1 | cut -d' ' -f2-)

objects_of() { # FOLDER SOURCES...
  local folder=$objects/$1 source
  for source in "${@:2}"; do echo "$folder/$(basename "${source%.*}").o"; done
}

# compile FOLDER FLAGS -- SOURCES...: notes the commands of the objects that are out of date.
compile() {
  local name=$1 folder=$objects/$1 flags=() source object
  shift
  while [ "$1" != -- ]; do flags+=("$1") && shift; done
  shift
  for source in "$@"; do
    object=$(objects_of "$name" "$source")
    if [ ! "$object" -nt "$source" ] || [ ! "$object" -nt "$newest_header" ]; then
      mkdir -p "$folder"
      printf '%q ' g++ -x c++ "${flags[@]}" "${includes[@]}" -c "$source" -o "$object" >> "$commands"
      echo >> "$commands"
    fi
  done
}

link() { # PROGRAM FLAGS AND OBJECTS...
  local name=$objects/$1
  shift
  g++ -pthread "$@" "$OPENBLAS/libopenblas.so.0" "-Wl,-rpath,$OPENBLAS" "-Wl,-rpath-link,$OPENBLAS" -ldl -o "$name"
}

matching() { # PATTERNS...: the files there are
  local file
  for file in "$@"; do [ ! -e "$file" ] || echo "$file"; done
}

common=(-std=c++17 -pthread -Wall -Wextra -Werror -Wno-unknown-pragmas -ffp-contract=off)
plain=("${common[@]}" -O2)
# Loads and stores of kernels go through the hooks of emulation/runtime/hooks.cpp.
hooked=("${plain[@]}" -g1 -fsanitize=thread --param tsan-instrument-func-entry-exit=0)
address=("${common[@]}" -O1 -g1 -fsanitize=address)

build_program() { # NAME (emulation or backend) KINDS (plain, address)...
  local name=$1 tests host=() device=() references=() kind
  shift
  if [ "$name" = emulation ]; then
    mapfile -t tests < <(matching test/emulation_*.cu test/emulation_*.cpp)
  else
    mapfile -t tests < <(matching test/*.cu test/*.cpp | grep -v '^test/emulation_')
    # The CPU backend's tests, on the backends of test/emulated_backends.cpp.
    tests+=(../native/test/{backends,arguments_test,forward_test,measuring_test,refit_test,statistics_test}.cpp)
    references=(../native/test/{dense,obs_replay,references}.cpp)
    mapfile -t host < <(matching host/*.cpp)
    mapfile -t device < <(matching kernels/*.cu)
  fi
  [ ${#tests[@]} -gt 0 ] || return 1
  # What is computed in loops over double precision is in neither run's interest: optimised, without checks.
  compile references "${plain[@]}" -- "${references[@]}"
  for kind in "$@"; do
    local flags=("${plain[@]}") instrumented=("${hooked[@]}")
    [ "$kind" = plain ] || flags=("${address[@]}") instrumented=("${address[@]}")
    compile "$kind/runtime" "${flags[@]}" -- emulation/runtime/*.cpp ../native/test/main.cpp
    compile "$kind/kernels" "${instrumented[@]}" -- "${device[@]}"
    compile "$kind/$name" "${instrumented[@]}" -- "${host[@]}" "${tests[@]}"
  done
  tr '\n' '\0' < "$commands" | xargs -0 -r -P "$(nproc)" -n 1 bash -c
  : > "$commands"

  local native=() parts
  [ "$name" = emulation ] || mapfile -t native < <(matching "$NATIVE"/objects/*/*.o)
  for kind in "$@"; do
    mapfile -t parts < <(
      objects_of "$kind/runtime" emulation/runtime/*.cpp ../native/test/main.cpp
      objects_of "$kind/kernels" "${device[@]}"
      objects_of "$kind/$name" "${host[@]}" "${tests[@]}"
      objects_of references "${references[@]}"
    )
    if [ "$kind" = plain ]; then
      link "$name" "${parts[@]}" "${native[@]}"
    else
      link "${name}_address" -fsanitize=address "${parts[@]}" "${native[@]}"
    fi
  done
}

if [ $# -gt 0 ]; then
  kind=plain
  [ "${1%_address}" = "$1" ] || kind=address
  build_program "${1%_address}" $kind || { echo "there are no tests of $1"; exit 1; }
  exec "$objects/$1" "${@:2}"
fi
for name in emulation backend; do
  passed=$objects/$name.passed
  if [ -e "$passed" ] && [ -z "$(find "${existing[@]}" -newer "$passed" -type f)" ]; then
    echo "the tests of $name have passed and nothing has changed since"
  elif build_program "$name" plain address; then
    for program in "$name" "${name}_address"; do
      echo "$program"
      "$objects/$program"
    done
    touch "$passed"
  fi
done
