"""Reads safetensors: a u64 header length, a JSON header (name -> dtype, shape, data_offsets), data.

Parsed here because NumPy has no bfloat16, which the safetensors package therefore cannot return,
and to map tensors without copying. Every offset is checked against the file before it is used.
"""

import json
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from .stored_tensor import PLAIN_TYPES, ReadError, StoredTensor, block_layout

MAXIMUM_HEADER = 100_000_000
INDEX = "model.safetensors.index.json"


def open_safetensors(path: str | Path) -> dict[str, StoredTensor]:
    """The tensors of one file, in the order of their data. ReadError where it is malformed."""
    path = Path(path)
    if not path.is_file() or path.stat().st_size < 8:
        raise ReadError(f"{path}: expected a safetensors file, found less than a header")
    data = np.memmap(path, dtype=np.uint8, mode="r")
    length = int.from_bytes(data[:8].tobytes(), "little")
    if length > min(MAXIMUM_HEADER, data.size - 8):
        raise ReadError(f"{path}: expected a header within {data.size} bytes, found {length}")
    header = parse_object(path, data[8 : 8 + length].tobytes())
    header.pop("__metadata__", None)
    return place(path, header, data[8 + length :])


def place(path: Path, header: dict[str, Any], data: np.ndarray) -> dict[str, StoredTensor]:
    """The tensors by name; their bytes follow one another and fill the file."""
    entries = sorted((*entry(path, name, value), name) for name, value in header.items())
    tensors: dict[str, StoredTensor] = {}
    position = 0
    for begin, end, type_name, shape, name in entries:
        if begin != position or end > data.size:
            raise ReadError(
                f"{path}: tensor {name}: expected bytes from {position} within {data.size}, found "
                f"{begin} to {end}"
            )
        tensors[name] = StoredTensor(name, type_name, shape, data[begin:end])
        position = end
    if position != data.size:
        raise ReadError(f"{path}: expected {position} bytes of data, found {data.size}")
    return tensors


def entry(path: Path, name: str, value: Any) -> tuple[int, int, str, tuple[int, ...]]:
    """First byte, end, type and shape of one header entry."""

    def is_sizes(candidate: Any) -> bool:
        return isinstance(candidate, list) and all(type(n) is int and n >= 0 for n in candidate)

    where = f"{path}: tensor {name}"
    value = value if isinstance(value, dict) else {}
    type_name, shape = value.get("dtype"), value.get("shape")
    offsets = value.get("data_offsets")
    if not (is_sizes(shape) and is_sizes(offsets) and len(offsets) == 2):
        raise ReadError(f"{where}: expected a shape and two offsets, found {shape} and {offsets}")
    if type_name not in PLAIN_TYPES and type_name != "BF16":
        raise ReadError(f"{where}: expected a known dtype, found {type_name}")
    size = prod(shape) * block_layout(type_name)[1]
    if offsets[1] - offsets[0] != size:
        raise ReadError(f"{where}: expected {size} bytes, found {offsets[1] - offsets[0]}")
    return offsets[0], offsets[1], type_name, tuple(shape)


def open_folder(folder: str | Path) -> dict[str, StoredTensor]:
    """The tensors of a Hugging Face folder: model.safetensors, or the shards of its index."""
    folder = Path(folder)
    if not (folder / INDEX).is_file():
        return open_safetensors(folder / "model.safetensors")
    index = parse_object(folder / INDEX, (folder / INDEX).read_bytes())
    places = index.get("weight_map")
    if not isinstance(places, dict) or not places:
        raise ReadError(f"{folder / INDEX}: expected a weight_map, found {type(places).__name__}")
    shards: dict[str, dict[str, StoredTensor]] = {}
    for name, shard in places.items():
        if not isinstance(shard, str) or Path(shard).name != shard:
            raise ReadError(f"{folder / INDEX}: {name}: expected a file name, found {shard!r}")
        if shard not in shards:
            shards[shard] = open_safetensors(folder / shard)
        if name not in shards[shard]:
            raise ReadError(f"{folder / shard}: expected the tensor {name}, found none")
    tensors = {name: shards[shard][name] for name, shard in places.items()}
    for shard, content in shards.items():
        if strays := content.keys() - tensors.keys():
            raise ReadError(f"{folder / shard}: {min(strays)} is not in the index")
    return tensors


def parse_object(path: Path, text: bytes) -> dict[str, Any]:
    """A JSON object; anything else, repeated keys too, is a ReadError."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ReadError(f"{path}: expected each JSON key once, found one again")
        return found

    try:
        value = json.loads(text, object_pairs_hook=unique)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ReadError(f"{path}: expected JSON, found {error}") from None
    if not isinstance(value, dict):
        raise ReadError(f"{path}: expected a JSON object, found {type(value).__name__}")
    return value
