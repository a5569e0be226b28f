"""The block formats against two independent implementations: the gguf Python package and llama.cpp's libggml.

    python -m pytest native/test/formats_gguf_test.py -s

formats_wrapper.cpp is compiled in a temporary folder, once per instruction set that this processor has. Then:
decoders agree bit for bit with gguf (and libggml) on random blocks of every type; encoders' bytes decode to the same
bits everywhere; every compiled variant gives the same bytes; and the weighted error of the encoders is at most 1.02
times that of libggml's (with an importance matrix) and of gguf's. libggml is looked for in the folder that the
environment variable LATHE_LLAMA_CPP names (build/bin/libggml-base.so); without it its comparisons are skipped.
"""

import ctypes
import os
import pathlib
import platform
import subprocess
import sys
import time

import gguf
import numpy as np
import pytest

NATIVE = pathlib.Path(__file__).resolve().parent.parent
SHARED_FLAGS = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared"]
SHARED_FLAGS += ["-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
AVX2_FLAGS = ["-O3", "-mavx2", "-mfma", "-mf16c"]
AVX512_FLAGS = AVX2_FLAGS + ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl"]
AVX512_FLAGS += ["-mprefer-vector-width=512"]
VARIANTS = {
    "reference": (["-O2"], []),
    "plain_lanes": (["-O2", "-DLATHE_PLAIN_LANES"], []),
    "avx2": (AVX2_FLAGS, ["avx2", "fma", "f16c"]),
    "avx512": (AVX512_FLAGS, ["avx512f", "avx512bw", "avx512dq", "avx512vl"]),
}
ERROR_BOUND = 1.02
ROWS, COLS = 64, 1024


class TypeInfo(ctypes.Structure):
    _fields_ = [
        ("id", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("block_size", ctypes.c_int),
        ("block_bytes", ctypes.c_int),
        ("decodable", ctypes.c_bool),
        ("encodable", ctypes.c_bool),
        ("exact_zero", ctypes.c_bool),
    ]


def pointer(array):
    return None if array is None else array.ctypes.data_as(ctypes.c_void_p)


class Formats:
    """The compiled wrapper of one variant."""

    def __init__(self, path):
        self.path = path
        self.library = ctypes.CDLL(str(path))
        self.library.wrapperTypeInfo.restype = TypeInfo
        self.types = {}
        for index in range(self.library.wrapperTypeCount()):
            info = self.library.wrapperTypeInfo(index)
            self.types[info.name.decode()] = info

    def decode(self, name, packed):
        info = self.types[name]
        packed = np.ascontiguousarray(packed).view(np.uint8).reshape(-1)
        blocks = packed.size // info.block_bytes
        w = np.empty(blocks * info.block_size, np.float32)
        assert self.library.wrapperDecode(info.id, pointer(w), pointer(packed), ctypes.c_int64(blocks))
        return w

    def encode(self, name, w, importance=None, exact_zeros=False):
        info = self.types[name]
        rows, cols = w.shape
        packed = np.zeros((rows, cols // info.block_size * info.block_bytes), np.uint8)
        decoded = np.empty_like(w)
        arguments = (pointer(packed), pointer(decoded), pointer(w), pointer(importance))
        sizes = (ctypes.c_int64(rows), ctypes.c_int64(cols), int(exact_zeros))
        assert self.library.wrapperEncode(info.id, *arguments, *sizes)
        return packed, decoded

    def seconds_to_choose(self, name, w, importance, exact_zeros):
        sink = ctypes.c_float(0)
        start = time.perf_counter()
        self.library.wrapperChoose(
            self.types[name].id, pointer(w), pointer(importance), ctypes.c_int64(w.shape[0]),
            ctypes.c_int64(w.shape[1]), int(exact_zeros), ctypes.byref(sink))  # fmt: skip
        return time.perf_counter() - start


def processor_flags():
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
    except OSError:
        return set()
    return set(next((line for line in text.splitlines() if line.startswith("flags")), "").split())


@pytest.fixture(scope="session")
def variants(tmp_path_factory):
    if platform.machine() not in ("x86_64", "AMD64"):
        runnable = {name: VARIANTS[name] for name in ("reference", "plain_lanes")}
    else:
        flags = processor_flags()
        runnable = {name: v for name, v in VARIANTS.items() if flags.issuperset(v[1])}
    folder = tmp_path_factory.mktemp("formats")
    compiled = {}
    for name, (options, _) in runnable.items():
        path = folder / f"{name}.so"
        source = str(NATIVE / "test" / "formats_wrapper.cpp")
        command = ["g++", *SHARED_FLAGS, *options, f"-DLATHE_ISA={name}", f"-I{NATIVE / 'include'}", source, "-o"]
        subprocess.run([*command, str(path)], check=True)
        compiled[name] = Formats(path)
    return compiled


@pytest.fixture(scope="session")
def formats(variants):
    return list(variants.values())[-1]


@pytest.fixture(scope="session")
def libggml():
    home = os.environ.get("LATHE_LLAMA_CPP")
    if not home:
        pytest.skip("LATHE_LLAMA_CPP is not set: no comparison with libggml")
    path = pathlib.Path(home) / "build" / "bin" / "libggml-base.so"
    if not path.exists():
        pytest.skip(f"{path} does not exist: no comparison with libggml")
    library = ctypes.CDLL(str(path))
    library.ggml_quantize_chunk.restype = ctypes.c_size_t
    return library


def libggml_decode(library, name, packed, count):
    suffix = name.lower()[:-1] + "K" if name.endswith("_K") else name.lower()  # dequantize_row_q4_K
    w = np.empty(count, np.float32)
    getattr(library, f"dequantize_row_{suffix}")(pointer(packed), pointer(w), ctypes.c_int64(count))
    return w


# Byte offsets of the F16 numbers of a block.
HALF_OFFSETS = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q8_1": [0, 2], "Q2_K": [80, 82],
    "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ2_XXS": [0], "IQ2_XS": [0], "IQ2_S": [0],
    "IQ3_XXS": [0], "IQ3_S": [0], "IQ1_S": [0], "IQ4_NL": [0], "IQ4_XS": [0], "TQ1_0": [52], "TQ2_0": [64],
    "Q1_0": [0], "Q2_0": [0], "F16": [0],
}  # fmt: skip


def random_halves(generator, count):
    """Finite F16 numbers of every size, subnormal ones and zeros among them."""
    bits = generator.integers(0, 0x7C00, count, dtype=np.uint16)
    bits[generator.random(count) < 0.1] &= 0x03FF
    bits[generator.random(count) < 0.05] = 0
    return bits | (generator.integers(0, 2, count, dtype=np.uint16) << 15)


def random_blocks(name, info, count):
    """Random bytes whose floats are finite."""
    generator = np.random.default_rng(info.id + 1)
    blocks = generator.integers(0, 256, (count, info.block_bytes), dtype=np.uint8)
    for offset in HALF_OFFSETS.get(name, []):
        blocks[:, offset : offset + 2] = random_halves(generator, count).view(np.uint8).reshape(-1, 2)
    if name == "IQ1_M":
        scale = random_halves(generator, count)
        words = blocks[:, 48:56].copy().view(np.uint16)
        for n in range(4):
            words[:, n] = (words[:, n] & 0x0FFF) | (((scale >> (4 * n)) & 15) << 12)
        blocks[:, 48:56] = words.view(np.uint8)
    if name == "NVFP4":
        blocks[:, :4] &= 0x7F
    if name in ("F32", "F64", "Q8_K"):
        kind = np.float64 if name == "F64" else np.float32
        numbers = generator.standard_normal(count).astype(kind)
        blocks[:, : numbers.itemsize] = numbers.view(np.uint8).reshape(count, -1)
    return blocks


def numpy_decode(name, blocks):
    """Types that neither gguf nor libggml decodes, from their layout."""
    if name == "F64":
        return blocks.reshape(-1).view(np.float64).astype(np.float32)
    if name == "Q8_1":
        d = blocks[:, :2].copy().view(np.float16).astype(np.float32)
        return (d * blocks[:, 4:].view(np.int8).astype(np.float32)).reshape(-1)
    raise NotImplementedError(name)


def gguf_decode(name, blocks):
    kind = gguf.GGMLQuantizationType[name]
    with np.errstate(over="ignore"):  # MXFP4's largest exponents
        decoded = gguf.dequantize(blocks.reshape(1, -1), kind)
    return decoded.astype(np.float32).reshape(-1)


def same_bits(a, b):
    return np.array_equal(a.view(np.uint32), b.view(np.uint32))


def independent_decodings(name, blocks, count, request):
    decodings = {}
    try:
        decodings["gguf"] = gguf_decode(name, blocks)
    except (NotImplementedError, KeyError):
        pass
    if os.environ.get("LATHE_LLAMA_CPP") and name not in ("F32", "F16", "BF16", "F64", "Q8_1"):
        library = request.getfixturevalue("libggml")
        decodings["libggml"] = libggml_decode(library, name, blocks, count)
    if not decodings and name in ("F64", "Q8_1"):
        decodings["layout"] = numpy_decode(name, blocks)
    return decodings


DECODABLE = [
    "F32", "F16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q8_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_K",
    "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS", "F64", "IQ1_M", "BF16", "TQ1_0",
    "TQ2_0", "MXFP4", "NVFP4", "Q1_0", "Q2_0",
]  # fmt: skip
ENCODABLE = [
    "F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL",
    "IQ4_XS", "TQ1_0", "TQ2_0", "MXFP4", "NVFP4", "Q1_0", "Q2_0",
    "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S",
]  # fmt: skip
NEEDS_IMPORTANCE = ("IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS")  # libggml refuses these without
QUANTIZED = [name for name in ENCODABLE if name not in ("F32", "F16", "BF16")]


def test_catalogue(formats):
    assert sorted(n for n, t in formats.types.items() if t.decodable) == sorted(DECODABLE)
    assert sorted(n for n, t in formats.types.items() if t.encodable) == sorted(ENCODABLE)
    for name, info in formats.types.items():
        if info.id >= 1000 or name in ("Q2_0", "Q8_1"):  # not known to gguf; of an older layout there
            continue
        kind = gguf.GGMLQuantizationType[name]
        assert info.id == kind.value
        assert (info.block_size, info.block_bytes) == gguf.GGML_QUANT_SIZES[kind]
    known = {kind.name for kind in gguf.GGMLQuantizationType}
    assert known <= set(formats.types)


def test_catalogue_against_libggml(formats, libggml):
    libggml.ggml_type_name.restype = ctypes.c_char_p
    libggml.ggml_type_size.restype = ctypes.c_size_t
    libggml.ggml_blck_size.restype = ctypes.c_int64
    for name, info in formats.types.items():
        if info.id < 1000:
            assert libggml.ggml_type_name(info.id).decode().upper() == name
            assert (info.block_size, info.block_bytes) == (
                libggml.ggml_blck_size(info.id), libggml.ggml_type_size(info.id))  # fmt: skip


@pytest.mark.parametrize("table", ["grids", "maxima"])
def test_tables_are_those_of_the_generators(table, tmp_path):
    fresh = tmp_path / f"iq_{table}.h"
    subprocess.run([sys.executable, str(NATIVE / "codegen" / f"{table}.py"), str(fresh)], check=True)
    committed = NATIVE / "include" / "lathe" / "formats" / fresh.name
    # The first line names the version of the package, which may be another one here.
    assert fresh.read_text().splitlines()[1:] == committed.read_text().splitlines()[1:]


@pytest.mark.parametrize("name", DECODABLE)
def test_decodes_random_blocks(variants, name, request):
    info = variants["reference"].types[name]
    blocks = random_blocks(name, info, 2000)
    decodings = independent_decodings(name, blocks, 2000 * info.block_size, request)
    if not decodings:
        pytest.skip(f"nothing here decodes {name} independently")
    for variant, formats in variants.items():
        ours = formats.decode(name, blocks)
        for source, theirs in decodings.items():
            assert same_bits(ours, theirs), f"{variant} and {source} decode {name} differently"


def test_float_conversions(formats):
    bits = np.arange(65536, dtype=np.uint16)
    halves = bits.view(np.float16).astype(np.float32)
    assert same_bits(formats.decode("F16", bits), halves)
    bfloats = (bits.astype(np.uint32) << 16).view(np.float32)
    assert same_bits(formats.decode("BF16", bits), bfloats)
    generator = np.random.default_rng(3)
    w = generator.integers(0, 2**32, (1, 1 << 20), dtype=np.uint64).astype(np.uint32).view(np.float32)
    middles = (bits.astype(np.uint32) << 16) | 0x8000  # ties of BF16
    half_ties = halves[:0x7BFF].view(np.uint32) + np.uint32(0x1000)  # ties of F16 above 2^-14
    tiny = (np.arange(4096, dtype=np.float32) * np.float32(2.0**-25)).view(np.uint32)  # ties below
    extra = np.concatenate([middles, half_ties, half_ties | 0x80000000, tiny]).view(np.float32)
    w = np.concatenate([w, extra[None, :]], axis=1)
    w = np.ascontiguousarray(w[np.isfinite(w)][None, :])
    packed, _ = formats.encode("F16", w)
    with np.errstate(over="ignore"):
        expected = w.astype(np.float16)
    expected = np.clip(expected, -65504, 65504).astype(np.float16)
    assert np.array_equal(packed.view(np.uint16), expected.view(np.uint16))
    packed, _ = formats.encode("BF16", w)
    kind = gguf.GGMLQuantizationType.BF16
    theirs = gguf.quantize(w, kind).view(np.uint16)
    bounded = np.where((theirs & 0x7FFF) == 0x7F80, theirs - 1, theirs)
    assert np.array_equal(packed.view(np.uint16), bounded)


def gaussian(generator):
    return generator.standard_normal((ROWS, COLS)).astype(np.float32) * np.float32(0.02)


def heavy_tailed(generator):
    """Student t with 3 degrees of freedom, bounded like trained weights are."""
    return np.clip(generator.standard_t(3, (ROWS, COLS)) * 0.01, -0.5, 0.5).astype(np.float32)


def shifted(generator):
    """Rows whose mean is not zero."""
    offsets = generator.standard_normal((ROWS, 1)) * 0.02
    return (generator.standard_normal((ROWS, COLS)) * 0.02 + offsets).astype(np.float32)


WEIGHTS = {"gaussian": gaussian, "heavy": heavy_tailed, "shifted": shifted}


def importance_of(generator):
    """Log-normal over columns, as mean squares of activations are."""
    return np.exp(generator.standard_normal(COLS) * 1.0).astype(np.float32)


def weighted_error(w, decoded, importance):
    difference = w.astype(np.float64) - decoded
    return float((difference * difference * importance).sum())


@pytest.mark.parametrize("name", ENCODABLE)
def test_variants_and_decoders_agree_on_encoded_bytes(variants, name, request):
    generator = np.random.default_rng(11)
    importance = importance_of(generator)
    for kind, make in WEIGHTS.items():
        w = make(generator)
        w[1, ::3] = 0
        for exact_zeros in (False, True):
            first = None
            for variant, formats in variants.items():
                packed, decoded = formats.encode(name, w, importance, exact_zeros)
                assert same_bits(decoded, formats.decode(name, packed).reshape(w.shape))
                first = packed if first is None else first
                assert np.array_equal(first, packed), f"{variant} differs from reference on {kind} weights"
            blocks = first.reshape(-1, variants["reference"].types[name].block_bytes)
            for source, theirs in independent_decodings(name, blocks, w.size, request).items():
                assert same_bits(decoded.reshape(-1), theirs), f"{source} decodes our {name} differently"
            if exact_zeros and variants["reference"].types[name].exact_zero:
                assert np.all(decoded[w == 0] == 0)


def libggml_encode(library, formats, name, w, importance):
    info = formats.types[name]
    if importance is None and name in NEEDS_IMPORTANCE:
        importance = np.ones(w.shape[1], np.float32)
    packed = np.zeros((w.shape[0], w.shape[1] // info.block_size * info.block_bytes), np.uint8)
    written = library.ggml_quantize_chunk(
        info.id, pointer(w), pointer(packed), ctypes.c_int64(0), ctypes.c_int64(w.shape[0]),
        ctypes.c_int64(w.shape[1]), pointer(importance))  # fmt: skip
    assert written == packed.size
    return packed


def compare(name, formats, encode_theirs, importance_for, label):
    """Prints ours, theirs and their ratio for each kind of weights; fails where ours is worse."""
    for kind, make in WEIGHTS.items():
        generator = np.random.default_rng(29)
        w = make(generator)
        importance = importance_for(generator)
        weights = np.ones(COLS, np.float32) if importance is None else importance
        _, decoded = formats.encode(name, w, importance)
        packed = encode_theirs(w, importance)
        theirs = weighted_error(w, formats.decode(name, packed).reshape(w.shape), weights)
        ours = weighted_error(w, decoded, weights)
        scale = (w.astype(np.float64) ** 2 * weights).sum()
        print(f"  {name:7} {kind:9} {label:8} ours {ours / scale:.4e} theirs {theirs / scale:.4e} ratio {ours / theirs:.4f}")
        assert ours <= ERROR_BOUND * theirs


@pytest.mark.parametrize("name", QUANTIZED)
def test_error_against_libggml(formats, libggml, name):
    print()
    compare(name, formats, lambda w, p: libggml_encode(libggml, formats, name, w, p), importance_of, "imatrix")
    compare(name, formats, lambda w, p: libggml_encode(libggml, formats, name, w, p), lambda _: None, "uniform")


@pytest.mark.parametrize("name", ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"])
def test_error_against_gguf(formats, name):
    print()
    kind = gguf.GGMLQuantizationType[name]
    compare(name, formats, lambda w, p: gguf.quantize(w, kind), importance_of, "gguf")


def test_speed_is_reported(variants):
    generator = np.random.default_rng(5)
    w = gaussian(generator)
    importance = importance_of(generator)
    print()
    for variant, formats in variants.items():
        for name in QUANTIZED:
            times = [min(formats.seconds_to_choose(name, w, importance, z) for _ in range(3)) for z in (False, True)]
            nanoseconds = [1e9 * t / w.size for t in times]
            print(f"  {variant:11} {name:7} choose {nanoseconds[0]:6.1f} ns/weight, exact zeros {nanoseconds[1]:6.1f}")


def test_symbols_stay_in_their_namespace(variants):
    """A weak symbol outside lathe::<variant> could replace another variant's in the linked library."""
    for variant, formats in variants.items():
        lines = subprocess.run(["nm", "-C", str(formats.path)], check=True, capture_output=True, text=True).stdout
        # Runtime start-up code that every shared library has.
        allowed = ("_ITM_", "__cxa_finalize", "__gmon_start__")
        for line in lines.splitlines():
            kind, _, symbol = line[17:].partition(" ")
            if kind in "wWvVu" and not symbol.startswith(allowed):
                assert f"lathe::{variant}::" in symbol, line
