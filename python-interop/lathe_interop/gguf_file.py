"""Reads GGUF, versions 2 and 3, little-endian.

  1. magic "GGUF", version u32, tensor count u64, metadata count u64
  2. metadata: key string, type u32, value; a string is a u64 length and UTF-8 bytes; an array is an
     element type u32, a u64 count and the elements
  3. tensors: name string, dimension count u32, dimensions u64 (innermost first), type u32, offset
     u64 from the beginning of the data
  4. data, from the next multiple of general.alignment (32)

Every length, count and offset is checked against the file before it is used.
"""

import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType

from .stored_tensor import ReadError, StoredTensor, block_layout

SCALARS = dict(enumerate(("B", "b", "H", "h", "I", "i", "f", "?"))) | {10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
MAXIMUM_DIMENSIONS = 4
MAXIMUM_NESTING = 8


@dataclass(frozen=True)
class GgufFile:
    """Metadata and tensors of a GGUF file."""

    path: Path
    version: int
    metadata: dict[str, Any]
    tensors: dict[str, StoredTensor]


class Cursor:
    """Reads from the mapped bytes in order; running past the end is an error."""

    def __init__(self, path: Path, data: np.ndarray):
        self.path, self.data, self.position = path, data, 0

    def fail(self, expected: str, found: Any) -> ReadError:
        return ReadError(f"{self.path}: offset {self.position}: expected {expected}, found {found}")

    def take(self, size: int, what: str) -> np.ndarray:
        left = self.data.size - self.position
        if size > left:
            raise self.fail(f"{size} bytes of {what}", f"{left}")
        self.position += size
        return self.data[self.position - size : self.position]

    def number(self, code: str, what: str) -> Any:
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code), what))[0]

    def string(self, what: str) -> str:
        raw = self.take(self.number("Q", f"the length of {what}"), what).tobytes()
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise self.fail(f"{what} in UTF-8", raw[:32]) from None

    def value(self, kind: int, what: str, nesting: int = 0) -> Any:
        """A metadata value of GGUF's value type `kind`."""
        if kind in SCALARS:
            return self.number(SCALARS[kind], what)
        if kind == STRING:
            return self.string(what)
        if kind != ARRAY or nesting > MAXIMUM_NESTING:
            raise self.fail(f"a value type for {what}", kind)
        element, count = self.number("I", what), self.number("Q", what)
        if element in SCALARS:
            dtype = np.dtype("<" + SCALARS[element])
            return self.take(count * dtype.itemsize, what).view(dtype).tolist()
        # Each string or array takes 8 bytes or more, so that the count cannot outrun the file.
        if count * 8 > self.data.size - self.position:
            raise self.fail(f"{count} elements of {what}", "a shorter file")
        return [self.value(element, what, nesting + 1) for _ in range(count)]


def open_gguf(path: str | Path) -> GgufFile:
    """Maps a GGUF file and reads its header. ReadError where the file is malformed."""
    path = Path(path)
    if not path.is_file() or path.stat().st_size == 0:
        raise ReadError(f"{path}: expected a GGUF file, found nothing to read")
    cursor = Cursor(path, np.memmap(path, dtype=np.uint8, mode="r"))
    magic = cursor.take(4, "magic").tobytes()
    if magic != b"GGUF":
        raise ReadError(f"{path}: expected the magic GGUF, found {magic!r}")
    version = cursor.number("I", "version")
    if version not in (2, 3):
        raise ReadError(f"{path}: expected GGUF version 2 or 3, found {version}")
    tensor_count, metadata_count = cursor.number("Q", "count"), cursor.number("Q", "count")
    metadata: dict[str, Any] = {}
    for _ in range(metadata_count):
        key = cursor.string("a metadata key")
        if key in metadata:
            raise cursor.fail("each metadata key once", f"{key} again")
        metadata[key] = cursor.value(cursor.number("I", f"the type of {key}"), key)
    entries = [tensor_entry(cursor) for _ in range(tensor_count)]
    return GgufFile(path, version, metadata, place(cursor, metadata, entries))


def tensor_entry(cursor: Cursor) -> tuple[str, tuple[int, ...], int, int]:
    """Name, shape (outermost first), type and offset of one tensor."""
    name = cursor.string("a tensor name")
    count = cursor.number("I", f"the dimension count of {name}")
    if not 1 <= count <= MAXIMUM_DIMENSIONS:
        raise cursor.fail(f"1 to {MAXIMUM_DIMENSIONS} dimensions of {name}", count)
    shape = tuple(cursor.number("Q", f"a dimension of {name}") for _ in range(count))[::-1]
    kind, offset = cursor.number("I", f"the type of {name}"), cursor.number("Q", f"{name}'s offset")
    return name, shape, kind, offset


def place(cursor: Cursor, metadata: dict[str, Any], entries: list) -> dict[str, StoredTensor]:
    """The tensors by name, each with its bytes; overlaps and ends past the file are errors."""
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise ReadError(f"{cursor.path}: expected a power of two to align to, found {alignment}")
    begin = (cursor.position + alignment - 1) // alignment * alignment
    tensors: dict[str, StoredTensor] = {}
    end_of_last = 0
    for name, shape, kind, offset in sorted(entries, key=lambda entry: entry[3]):
        where = f"{cursor.path}: tensor {name}"
        type_name, size = packed_size(where, shape, kind)
        if name in tensors:
            raise ReadError(f"{where}: expected each name once, found it again")
        if offset % alignment or offset < end_of_last:
            raise ReadError(
                f"{where}: expected an offset that is a multiple of {alignment} and not below "
                f"{end_of_last}, found {offset}"
            )
        end_of_last = offset + size
        if begin + end_of_last > cursor.data.size:
            raise ReadError(
                f"{where}: expected to end within {cursor.data.size} bytes, found "
                f"{begin + end_of_last}"
            )
        data = cursor.data[begin + offset : begin + end_of_last]
        tensors[name] = StoredTensor(name, type_name, shape, data)
    return {name: tensors[name] for name, *_ in entries}


def packed_size(where: str, shape: tuple[int, ...], kind: int) -> tuple[str, int]:
    """Type name and bytes of a tensor."""
    try:
        type_name = GGMLQuantizationType(kind).name
    except ValueError:
        raise ReadError(f"{where}: expected a known type, found {kind}") from None
    block, size = block_layout(type_name)
    if shape[-1] % block:
        raise ReadError(f"{where}: expected rows of whole blocks of {block}, found {shape[-1]}")
    return type_name, prod(shape) // block * size
