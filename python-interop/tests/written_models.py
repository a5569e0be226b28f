"""Outputs as Lathe writes them, made by the gguf and safetensors packages."""

import hashlib
import json
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter
from gguf.quants import quantize
from safetensors.numpy import save_file

from lathe_interop.golden.random_source import RandomSource

PRUNED = "blk.0.attn_q.weight"


def values(rows: int, cols: int, seed: int, zeros: int = 0) -> np.ndarray:
    """Weights [rows x cols] F32 without zeros, but for the first `zeros`."""
    w = ((RandomSource(seed).bell(16, rows, cols) * 2 + 1) / 65536).astype(np.float32)
    w.flat[:zeros] = 0
    return w


def write_gguf(path: Path) -> dict[str, np.ndarray]:
    """A small Llama-like GGUF file; returns the values that its tensors decode to."""
    writer = GGUFWriter(path, "llama")
    writer.add_block_count(1)
    writer.add_uint8("test.u8", 200)
    writer.add_int64("test.i64", -(2**40))
    writer.add_float64("test.f64", 0.1)
    writer.add_bool("test.bool", True)
    writer.add_array("test.strings", ["a", "", "größer"])
    writer.add_array("test.numbers", [1, 2, 3])
    expected = {}
    for seed, (name, kind) in enumerate(
        {
            PRUNED: GGMLQuantizationType.Q8_0,
            "blk.0.attn_k.weight": GGMLQuantizationType.Q4_0,
            "blk.0.ffn_up.weight": GGMLQuantizationType.BF16,
        }.items()
    ):
        w = values(8, 64, seed, zeros=32 if name == PRUNED else 0)
        packed = quantize(w, kind)
        writer.add_tensor(name, packed, raw_dtype=kind)
        expected[name] = w
    expected["output_norm.weight"] = values(1, 64, 9)[0]
    writer.add_tensor("output_norm.weight", expected["output_norm.weight"])
    half = values(3, 32, 10).astype(np.float16)
    writer.add_tensor("output.weight", half)
    expected["output.weight"] = half.astype(np.float32)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return expected


def write_folder(folder: Path, shards: int = 1) -> dict[str, np.ndarray]:
    """A folder with config.json and weights in F32 and F16; returns the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text('{"model_type": "llama"}')
    tensors = {
        "model.layers.0.self_attn.q_proj.weight": values(8, 64, 1, zeros=32),
        "model.layers.0.mlp.up_proj.weight": values(16, 64, 2).astype(np.float16),
        "model.norm.weight": values(1, 64, 3)[0],
    }
    if shards == 1:
        save_file(tensors, folder / "model.safetensors")
        return tensors
    names = list(tensors)
    weight_map = {}
    for i in range(shards):
        file = f"model-{i + 1:05}-of-{shards:05}.safetensors"
        part = {name: tensors[name] for name in names[i::shards]}
        save_file(part, folder / file)
        weight_map |= dict.fromkeys(part, file)
    index = {"metadata": {}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return tensors


def write_record(path: Path, files: list[Path], tensors: list[dict]) -> None:
    """A record of a run with checksums of the files."""
    outputs = [
        {
            "file": file.name,
            "bytes": file.stat().st_size,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }
        for file in files
    ]
    path.write_text(json.dumps({"outputs": outputs, "tensors": tensors}))
