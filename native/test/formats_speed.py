"""Encoding speed of the block formats beside llama.cpp's, on one thread, as a table.

    LATHE_LLAMA_CPP=... python native/test/formats_speed.py [TYPE ...]

All encode the same weights under the same importance, in turns, and the processor time of the best turn counts. The
wrapper is compiled as the library is, for each instruction set of this processor; libggml is what llama-quantize calls
(ggml_quantize_chunk). Of each instruction set, nanoseconds per weight and the speed relative to libggml's are told, and
the weighted error relative to libggml's, which is the same with all of them.
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
    """The encoders for each instruction set of this processor, by its name."""
    source = str(NATIVE / "test" / "formats_wrapper.cpp")
    flags = processor_flags()
    built = {}
    for name, (options, needed) in VARIANTS.items():
        if not needed or not flags.issuperset(needed):
            continue
        path = pathlib.Path(folder) / f"{name}.so"
        command = ["g++", *SHARED_FLAGS, *options, f"-DLATHE_ISA={name}", f"-I{NATIVE / 'include'}", source]
        subprocess.run([*command, "-o", str(path)], check=True)
        built[name] = Formats(path)
    return built


def seconds(encode):
    start = time.process_time()
    result = encode()
    return time.process_time() - start, result


def compare(variants, libggml, name):
    generator = np.random.default_rng(17)
    w = np.clip(generator.standard_t(5, (ROWS, COLS)) * 0.02, -0.5, 0.5).astype(np.float32)
    importance = importance_of(generator)
    formats = next(iter(variants.values()))
    libggml_encode(libggml, formats, name, w[:1], importance)  # makes its tables
    best = dict.fromkeys([*variants, "libggml"], float("inf"))
    for _ in range(TURNS):
        for variant, encoders in variants.items():
            taken, (_, ours) = seconds(lambda encoders=encoders: encoders.encode(name, w, importance))
            best[variant] = min(best[variant], taken)
        taken, blocks = seconds(lambda: libggml_encode(libggml, formats, name, w, importance))
        best["libggml"] = min(best["libggml"], taken)
    theirs = formats.decode(name, blocks).reshape(w.shape)
    error = weighted_error(w, ours, importance) / weighted_error(w, theirs, importance)
    times = "".join(f" {1e9 * best[v] / w.size:8.1f} {best['libggml'] / best[v]:8.2f}" for v in variants)
    print(f"{name:8}{times} {1e9 * best['libggml'] / w.size:8.1f} {error:8.3f}")


def main():
    home = os.environ.get("LATHE_LLAMA_CPP")
    if not home:
        sys.exit("LATHE_LLAMA_CPP is not set: there is nothing to compare with")
    libggml = ctypes.CDLL(str(pathlib.Path(home) / "build" / "bin" / "libggml-base.so"))
    libggml.ggml_quantize_chunk.restype = ctypes.c_size_t
    with tempfile.TemporaryDirectory() as folder:
        variants = compiled(folder)
        print(f"{'type':8}{''.join(f' {name:>8}    speed' for name in variants)} {'libggml':>8} {'error':>8}")
        for name in sys.argv[1:] or QUANTIZED:
            compare(variants, libggml, name)


if __name__ == "__main__":
    main()
