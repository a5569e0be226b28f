"""A tensor as it lies in a file, of any storage type of GGUF and safetensors."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

CHUNK_WEIGHTS = 1 << 20
PLAIN_TYPES = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "I8": np.dtype("i1"),
    "U64": np.dtype("<u8"),
    "U32": np.dtype("<u4"),
    "U16": np.dtype("<u2"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("?"),
}


class ReadError(ValueError):
    """A file is not what it should be. The message names the file and what was expected."""


def block_layout(type_name: str) -> tuple[int, int]:
    """Weights and bytes of a block of a type; (1, size) for plain types. KeyError where unknown."""
    if type_name in PLAIN_TYPES:
        return 1, PLAIN_TYPES[type_name].itemsize
    return GGML_QUANT_SIZES[GGMLQuantizationType[type_name]]


@dataclass(frozen=True)
class StoredTensor:
    """One tensor of a file; nothing is read before it is asked for."""

    name: str
    type: str  # "F32", "BF16", "Q4_K": ggml's spelling, and safetensors' where ggml has none
    shape: tuple[int, ...]  # outermost first, as in NumPy
    data: np.ndarray  # uint8, the packed bytes

    def array(self) -> np.ndarray:
        """All values in `shape`: float32 for float16, bfloat16 and block types, else as stored."""
        if self.type in PLAIN_TYPES:
            return self.decode(self.data).reshape(self.shape)
        values = np.empty(prod(self.shape), dtype=np.float32)
        position = 0
        for chunk in self.chunks():
            values[position : position + chunk.size] = chunk
            position += chunk.size
        return values.reshape(self.shape)

    def chunks(self) -> Iterator[np.ndarray]:
        """The values in order, flat, about a million at a time."""
        block, size = block_layout(self.type)
        step = max(1, CHUNK_WEIGHTS // block) * size
        for start in range(0, self.data.size, step):
            yield self.decode(self.data[start : start + step])

    def decode(self, packed: np.ndarray) -> np.ndarray:
        """The values of whole blocks, flat."""
        if self.type in PLAIN_TYPES:
            values = packed.view(PLAIN_TYPES[self.type])
            return values.astype(np.float32) if self.type == "F16" else values
        kind = GGMLQuantizationType[self.type]
        try:
            return dequantize(packed[None], kind)[0]
        except NotImplementedError:
            raise ReadError(
                f"tensor {self.name}: the installed gguf package does not decode {self.type}"
            ) from None

    def counts(self) -> tuple[int, int]:
        """How many values are exactly zero, and how many are NaN or infinite."""
        zeros = broken = 0
        for values in self.chunks():
            zeros += values.size - int(np.count_nonzero(values))
            broken += values.size - int(np.count_nonzero(np.isfinite(values)))
        return zeros, broken
