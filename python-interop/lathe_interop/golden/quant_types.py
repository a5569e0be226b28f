"""Blocks of random bytes of every GGUF type, and the values that the gguf package decodes them to.

Writes quant_types.safetensors with, for each type NAME of ggml that gguf 0.19 decodes:
  NAME.packed [blocks, bytes of a block] U8
  NAME.values [blocks, weights of a block] F32
and quant_types.json: NAME -> ggml id, weights and bytes of a block.

All bytes are random but the float16 scales, of which each block takes the next from SCALES: both
signs, both zeros, subnormals, the largest finite. The 8-bit scales of MXFP4 and NVFP4 take
theirs from BYTE_SCALES likewise.
"""

from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

from .output import output_parser, write_json, write_tensors
from .random_source import RandomSource

BLOCKS = 12
SCALES = np.array(
    [
        1.0,
        -0.0371,
        0.0,
        -0.0,
        5.9604645e-08,
        -6.0976e-05,
        6.1035156e-05,
        0.0123,
        -3.75,
        65504.0,
        0.33325195,
        -65504.0,
    ],
    dtype=np.float16,
)
# E8M0 exponents and unsigned E4M3 values: zero, the smallest, ordinary ones, and the largest
# that stay finite in F32.
BYTE_SCALES = {
    "MXFP4": [0, 1, 2, 3, 100, 120, 127, 128, 140, 200, 250, 251],
    "NVFP4": [0x00, 0x01, 0x07, 0x08, 0x30, 0x38, 0x3F, 0x40, 0x55, 0x77, 0x7E, 0x7F],
}
# Byte offsets of the float16 scales in a block.
SCALE_OFFSETS = {
    "F16": (0,),
    "Q4_0": (0,),
    "Q4_1": (0, 2),
    "Q5_0": (0,),
    "Q5_1": (0, 2),
    "Q8_0": (0,),
    "Q2_K": (80, 82),
    "Q3_K": (108,),
    "Q4_K": (0, 2),
    "Q5_K": (0, 2),
    "Q6_K": (208,),
    "IQ2_XXS": (0,),
    "IQ2_XS": (0,),
    "IQ2_S": (0,),
    "IQ3_XXS": (0,),
    "IQ3_S": (0,),
    "IQ1_S": (0,),
    "IQ4_NL": (0,),
    "IQ4_XS": (0,),
    "TQ1_0": (52,),
    "TQ2_0": (64,),
}
# Types whose scales lie elsewhere, or that have none.
OTHERS = ("F32", "BF16", "IQ1_M", "MXFP4", "NVFP4")


def kinds() -> list[GGMLQuantizationType]:
    """The types, in ascending order of id."""
    return sorted(GGMLQuantizationType[name] for name in (*SCALE_OFFSETS, *OTHERS))


def set_scale(packed: np.ndarray, offset: int, shift: int) -> None:
    """Puts a float16 scale at the byte offset of each block; block b takes SCALES[b + shift]."""
    scales = np.roll(SCALES, -shift)[: packed.shape[0], None]
    packed[:, offset : offset + 2] = scales.astype("<f2").view(np.uint8)


def set_scattered_scale(packed: np.ndarray) -> None:
    """IQ1_M keeps its float16 in the top four bits of its four 16-bit scale words (bytes 48 to 55),
    the lowest four bits first.
    """
    words = packed[:, 48:56].copy().view("<u2")
    scales = SCALES[: packed.shape[0]].view(np.uint16)
    for i in range(4):
        words[:, i] = (words[:, i] & 0x0FFF) | (((scales >> (4 * i)) & 0xF) << 12)
    packed[:, 48:56] = words.view(np.uint8)


def blocks(kind: GGMLQuantizationType) -> np.ndarray:
    """BLOCKS blocks [BLOCKS, bytes of a block] of a type."""
    size = GGML_QUANT_SIZES[kind][1]
    packed = RandomSource(int(kind)).bytes(BLOCKS * size).reshape(BLOCKS, size)
    if kind.name == "F32":
        return RandomSource(0).bell(20, BLOCKS, 1).astype("<f4").view(np.uint8)
    if kind.name == "BF16":
        return (SCALES.astype("<f4").view("<u4") >> 16).astype("<u2")[:, None].view(np.uint8)
    if kind.name == "IQ1_M":
        set_scattered_scale(packed)
    elif kind.name == "MXFP4":
        packed[:, 0] = BYTE_SCALES["MXFP4"]
    elif kind.name == "NVFP4":
        for i in range(4):
            packed[:, i] = np.roll(BYTE_SCALES["NVFP4"], -i)
    else:
        for shift, offset in enumerate(SCALE_OFFSETS[kind.name]):
            set_scale(packed, offset, shift)
    return packed


def generate(folder: Path) -> None:
    """Writes the blocks of all types into the folder."""
    tensors, catalogue = {}, {}
    for kind in kinds():
        packed = blocks(kind)
        values = dequantize(packed, kind)
        if not np.all(np.isfinite(values)):
            raise AssertionError(f"{kind.name} has a value that is not finite")
        tensors[f"{kind.name}.packed"] = packed
        tensors[f"{kind.name}.values"] = values.astype(np.float32)
        weights, size = GGML_QUANT_SIZES[kind]
        catalogue[kind.name] = {"id": int(kind), "blockSize": weights, "blockBytes": size}
    write_tensors(folder / "quant_types.safetensors", tensors)
    write_json(folder / "quant_types.json", catalogue)


if __name__ == "__main__":
    generate(output_parser(__doc__).parse_args().out)
