"""Encoding speed of the block formats beside llama.cpp's, on one thread, as a table.

    LATHE_LLAMA_CPP=... python native/test/formats_speed.py [TYPE ...]

Both encode the same weights under the same importance, in turns, and the processor time of the best turn counts. The
wrapper is compiled as the library is, for the best instruction set of this processor; libggml is what
llama-quantize calls (ggml_quantize_chunk). The weighted error of both stands beside the speed.
"""

import ctypes
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
from formats_gguf_test import (
    NATIVE, QUANTIZED, SHARED_FLAGS, VARIANTS, Formats, importance_of, libggml_encode, pointer, processor_flags,
    weighted_error,
)  # fmt: skip

ROWS, COLS, TURNS = 96, 1024, 5


def compiled(folder):
    flags = processor_flags()
    name = [name for name, (_, needed) in VARIANTS.items() if flags.issuperset(needed)][-1]
    path = pathlib.Path(folder) / f"{name}.so"
    source = str(NATIVE / "test" / "formats_wrapper.cpp")
    command = ["g++", *SHARED_FLAGS, *VARIANTS[name][0], f"-DLATHE_ISA={name}", f"-I{NATIVE / 'include'}", source]
    subprocess.run([*command, "-o", str(path)], check=True)
    return name, Formats(path)


def seconds(encode):
    start = time.process_time()
    result = encode()
    return time.process_time() - start, result


def compare(formats, libggml, name):
    generator = np.random.default_rng(17)
    w = np.clip(generator.standard_t(5, (ROWS, COLS)) * 0.02, -0.5, 0.5).astype(np.float32)
    importance = importance_of(generator)
    ours, theirs = [], []
    libggml_encode(libggml, formats, name, w[:1], importance)  # makes its tables
    for _ in range(TURNS):
        ours.append(seconds(lambda: formats.encode(name, w, importance)))
        theirs.append(seconds(lambda: libggml_encode(libggml, formats, name, w, importance)))
    nanoseconds = [1e9 * min(t for t, _ in turns) / w.size for turns in (ours, theirs)]
    decoded = formats.decode(name, theirs[0][1]).reshape(w.shape)
    error = weighted_error(w, ours[0][1][1], importance) / weighted_error(w, decoded, importance)
    print(f"{name:8} {nanoseconds[0]:8.1f} {nanoseconds[1]:8.1f} {nanoseconds[1] / nanoseconds[0]:8.2f} {error:8.3f}")


def main():
    home = os.environ.get("LATHE_LLAMA_CPP")
    if not home:
        sys.exit("LATHE_LLAMA_CPP is not set: there is nothing to compare with")
    libggml = ctypes.CDLL(str(pathlib.Path(home) / "build" / "bin" / "libggml-base.so"))
    libggml.ggml_quantize_chunk.restype = ctypes.c_size_t
    with tempfile.TemporaryDirectory() as folder:
        variant, formats = compiled(folder)
        print(f"{variant}, ns of CPU per weight")
        print(f"{'type':8} {'lathe':>8} {'ggml':>8} {'speed':>8} {'error':>8}")
        for name in sys.argv[1:] or QUANTIZED:
            compare(formats, libggml, name)


if __name__ == "__main__":
    main()
