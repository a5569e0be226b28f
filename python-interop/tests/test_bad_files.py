"""Malformed files end in a ReadError with the file's name, whatever is wrong with them."""

import json
import struct

import numpy as np
import pytest
from written_models import write_folder, write_gguf

from lathe_interop.gguf_file import open_gguf
from lathe_interop.golden.random_source import RandomSource
from lathe_interop.reader import open_run
from lathe_interop.safetensors_file import open_folder, open_safetensors
from lathe_interop.stored_tensor import ReadError


def safetensors_bytes(header, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(begin=0, end=4, shape=(1,), dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


BAD_SAFETENSORS = {
    "empty": b"",
    "short": b"\1\0\0",
    "header past the end": safetensors_bytes({}, length=1 << 40),
    "header of 2^64": safetensors_bytes({}, length=(1 << 64) - 1),
    "not JSON": safetensors_bytes(b"{]"),
    "not UTF-8": safetensors_bytes(b'{"\xff":1}'),
    "deep JSON": safetensors_bytes(b"[" * 100_000),
    "not an object": safetensors_bytes([]),
    "entry not an object": safetensors_bytes({"a": 5}),
    "repeated name": safetensors_bytes(b'{"a":%s,"a":%s}' % ((json.dumps(tensor()).encode(),) * 2)),
    "unknown dtype": safetensors_bytes({"a": tensor(dtype="F7")}, b"1234"),
    "dtype of another kind": safetensors_bytes({"a": tensor(dtype="Q4_K")}, b"1234"),
    "negative shape": safetensors_bytes({"a": tensor(shape=(-1,))}, b"1234"),
    "fractional shape": safetensors_bytes({"a": tensor(shape=(1.0,))}, b"1234"),
    "overflowing shape": safetensors_bytes({"a": tensor(shape=(1 << 62, 4))}, b"1234"),
    "wrong size": safetensors_bytes({"a": tensor(end=3)}, b"123"),
    "past the end": safetensors_bytes({"a": tensor()}, b"123"),
    "overlap": safetensors_bytes({"a": tensor(), "b": tensor(2, 6)}, b"123456"),
    "hole": safetensors_bytes({"a": tensor(), "b": tensor(6, 10)}, b"1234567890"),
    "trailing bytes": safetensors_bytes({"a": tensor()}, b"12345"),
}


@pytest.mark.parametrize("name", BAD_SAFETENSORS)
def test_bad_safetensors(tmp_path, name):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(BAD_SAFETENSORS[name])
    with pytest.raises(ReadError, match=r"bad\.safetensors"):
        open_safetensors(path)


def gguf_bytes(tensors=(), metadata=(), version=3, tensor_count=None, tail=b"\0" * 64) -> bytes:
    count = len(tensors) if tensor_count is None else tensor_count
    head = b"GGUF" + struct.pack("<IQQ", version, count, len(metadata))
    return head + b"".join(metadata) + b"".join(tensors) + tail


def text(value: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(value) if length is None else length) + value


def gguf_tensor(name=b"a", shape=(1,), kind=0, offset=0, dimensions=None) -> bytes:
    count = len(shape) if dimensions is None else dimensions
    sizes = struct.pack(f"<I{len(shape)}Q", count, *shape)
    return text(name) + sizes + struct.pack("<IQ", kind, offset)


def entry(key: bytes, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


U32 = struct.pack("<I", 7)
BAD_GGUF = {
    "empty": b"",
    "magic": b"GGML" + bytes(60),
    "version 1": gguf_bytes(version=1),
    "big-endian version": gguf_bytes(version=3 << 24),
    "only a magic": b"GGUF",
    "huge tensor count": gguf_bytes(tensor_count=(1 << 64) - 1),
    "key past the end": gguf_bytes(metadata=[text(b"k", 1 << 62)]),
    "key not UTF-8": gguf_bytes(metadata=[entry(b"\xff", 4, U32)]),
    "repeated key": gguf_bytes(metadata=[entry(b"k", 4, U32)] * 2),
    "unknown value type": gguf_bytes(metadata=[entry(b"k", 13, U32)]),
    "array of 2^60": gguf_bytes(metadata=[entry(b"k", 9, struct.pack("<IQ", 4, 1 << 60))]),
    "strings of 2^60": gguf_bytes(metadata=[entry(b"k", 9, struct.pack("<IQ", 8, 1 << 60))]),
    "nested arrays": gguf_bytes(metadata=[entry(b"k", 9, struct.pack("<IQ", 9, 1) * 200)]),
    "no dimension": gguf_bytes([gguf_tensor(shape=())]),
    "nine dimensions": gguf_bytes([gguf_tensor(shape=(1,) * 9)]),
    "2^32 dimensions": gguf_bytes([gguf_tensor(dimensions=(1 << 32) - 1)]),
    "overflowing shape": gguf_bytes([gguf_tensor(shape=(1 << 62, 1 << 62))]),
    "unknown type": gguf_bytes([gguf_tensor(kind=999)]),
    "partial block": gguf_bytes([gguf_tensor(kind=2, shape=(31,))]),
    "past the end": gguf_bytes([gguf_tensor(shape=(1000,))]),
    "offset past the end": gguf_bytes([gguf_tensor(offset=1 << 63)]),
    "unaligned offset": gguf_bytes([gguf_tensor(offset=4)]),
    "overlap": gguf_bytes([gguf_tensor(shape=(9,)), gguf_tensor(b"b", offset=32)]),
    "repeated tensor": gguf_bytes([gguf_tensor(), gguf_tensor(offset=32)], tail=bytes(99)),
    "alignment 0": gguf_bytes(metadata=[entry(b"general.alignment", 4, struct.pack("<I", 0))]),
    "alignment 48": gguf_bytes(metadata=[entry(b"general.alignment", 4, struct.pack("<I", 48))]),
    "alignment of text": gguf_bytes(metadata=[entry(b"general.alignment", 8, text(b"32"))]),
}


@pytest.mark.parametrize("name", BAD_GGUF)
def test_bad_gguf(tmp_path, name):
    path = tmp_path / "bad.gguf"
    path.write_bytes(BAD_GGUF[name])
    with pytest.raises(ReadError, match=r"bad\.gguf"):
        open_gguf(path)


def test_the_builders_of_bad_files_can_build_good_ones(tmp_path):
    (tmp_path / "good.safetensors").write_bytes(
        safetensors_bytes({"a": tensor(), "b": tensor(4, 8)}, bytes(8))
    )
    assert list(open_safetensors(tmp_path / "good.safetensors")) == ["a", "b"]
    good = gguf_bytes([gguf_tensor(), gguf_tensor(b"b", offset=32)], [entry(b"k", 4, U32)])
    (tmp_path / "good.gguf").write_bytes(good + bytes(32))
    file = open_gguf(tmp_path / "good.gguf")
    assert file.metadata == {"k": 7} and list(file.tensors) == ["a", "b"]


def test_every_truncation_of_a_gguf_file_is_refused(tmp_path):
    write_gguf(tmp_path / "whole.gguf")
    content = (tmp_path / "whole.gguf").read_bytes()
    path = tmp_path / "cut.gguf"
    for size in [*range(0, 900, 7), len(content) - 64]:
        path.write_bytes(content[:size])
        with pytest.raises(ReadError):
            open_gguf(path)


def test_random_damage_never_ends_in_another_error(tmp_path):
    write_gguf(tmp_path / "whole.gguf")
    content = np.frombuffer((tmp_path / "whole.gguf").read_bytes(), dtype=np.uint8)
    path, source = tmp_path / "damaged.gguf", RandomSource(1)
    for _ in range(300):
        damaged = content.copy()
        damaged[source.integers(900, 3)] = source.integers(256, 3)
        path.write_bytes(damaged.tobytes())
        try:
            open_gguf(path)
        except ReadError as error:
            assert "damaged.gguf" in str(error)


INDEX = "model.safetensors.index.json"


@pytest.mark.parametrize(
    "change",
    [
        lambda index: index.pop("weight_map"),
        lambda index: index["weight_map"].update(extra="model-00001-of-00002.safetensors"),
        lambda index: index["weight_map"].update(extra="model-00003-of-00002.safetensors"),
        lambda index: index["weight_map"].update(extra="../model.safetensors"),
        lambda index: index["weight_map"].update(extra=5),
        lambda index: index["weight_map"].pop("model.norm.weight"),
    ],
)
def test_bad_indexes(tmp_path, change):
    write_folder(tmp_path, shards=2)
    index = json.loads((tmp_path / INDEX).read_text())
    change(index)
    (tmp_path / INDEX).write_text(json.dumps(index))
    with pytest.raises(ReadError, match="model"):
        open_folder(tmp_path)


def test_missing_files(tmp_path):
    for path in (tmp_path, tmp_path / "absent.gguf", tmp_path / "absent.safetensors"):
        with pytest.raises(ReadError, match="expected"):
            open_run(path)
    write_folder(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ReadError, match=r"config\.json"):
        open_run(tmp_path)
