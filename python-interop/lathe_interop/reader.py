"""Opens and verifies what Lathe writes: a GGUF file or a Hugging Face folder, and the run's record.

run = open_run("model.gguf")          # the output and, where there is one, its record
for name, values in tensors("out/"):  # dequantized, one at a time
    ...
model = load_model("out/")            # a transformers model
report = verify("model.gguf")         # checksums, zero counts, no NaN
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from gguf import MODEL_ARCH_NAMES, TensorNameMap, get_tensor_name_map

from .gguf_file import open_gguf
from .safetensors_file import open_folder, open_safetensors, parse_object
from .stored_tensor import ReadError, StoredTensor

HASH_CHUNK = 1 << 22


@dataclass(frozen=True)
class Run:
    """An output of Lathe with the record of the run that made it."""

    path: Path
    tensors: dict[str, StoredTensor]
    metadata: dict[str, Any]  # of GGUF, or config.json of a folder
    record: dict[str, Any] | None  # None where no record lies beside the output
    record_path: Path | None


@dataclass
class Verification:
    """What `verify` found."""

    path: Path
    files: int = 0  # files whose size or checksum was compared with the record
    tensors: int = 0  # tensors read in full
    zero_counts: int = 0  # tensors whose zeros were compared with the record
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.problems


def open_run(path: str | Path) -> Run:
    """Opens a .gguf file, a .safetensors file or a Hugging Face folder; else a ReadError."""
    path = Path(path)
    if path.is_dir():
        config = path / "config.json"
        metadata = parse_object(config, config.read_bytes()) if config.is_file() else {}
        tensors = open_folder(path)
    elif path.suffix == ".safetensors":
        metadata, tensors = {}, open_safetensors(path)
    else:
        file = open_gguf(path)
        metadata, tensors = file.metadata, file.tensors
    record_path = find_record(path)
    record = parse_object(record_path, record_path.read_bytes()) if record_path else None
    return Run(path, tensors, metadata, record, record_path)


def find_record(path: Path) -> Path | None:
    """The record of a run: NAME.json beside the output, with or without the output's own extension,
    or a lathe*.json within the folder.
    """
    path = path.resolve()
    names = [f"{path.name}.json", f"{path.stem}.json", f"{path.name}.lathe.json"]
    candidates = [path.parent / name for name in names]
    if path.is_dir():
        candidates += sorted(path.glob("lathe*.json"))
    return next((c for c in candidates if c.is_file()), None)


def tensors(path: str | Path) -> Iterator[tuple[str, np.ndarray]]:
    """Name and values of each tensor, in the order of the file; see StoredTensor.array."""
    for name, tensor in open_run(path).tensors.items():
        yield name, tensor.array()


def load_model(folder: str | Path, **options: Any) -> Any:
    """The transformers model of a folder; `options` go to from_pretrained. No download."""
    if not Path(folder).is_dir():
        raise ReadError(f"{folder}: expected a Hugging Face folder")
    from transformers import AutoModelForCausalLM  # heavy, and an extra of this package

    return AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, **options)


def verify(path: str | Path) -> Verification:
    """Reads an output in full and compares it with its record.

    Checked: the file structure, that no value is NaN or infinite, size and SHA-256 of each file in
    the record's `outputs`, and `zeros` of each tensor in its `tensors`, where the record has them.
    """
    report = Verification(Path(path))
    try:
        run = open_run(path)
    except (ReadError, OSError) as error:
        report.problems.append(str(error))
        return report
    if run.record is None:
        report.notes.append("no record lies beside it: checksums were not compared")
    else:
        verify_files(run, report)
    verify_tensors(run, report)
    return report


def verify_files(run: Run, report: Verification) -> None:
    """Compares size and SHA-256 of the record's outputs."""
    for output in entries(run, "outputs", report):
        name = next((output[k] for k in ("path", "file", "name") if k in output), None)
        if not isinstance(name, str):
            report.problems.append(f"{run.record_path}: an output has no path")
            continue
        file = locate(run, name)
        if file is None:
            report.problems.append(f"{name}: named in {run.record_path}, found nowhere beside it")
            continue
        report.files += 1
        for key, found in (("bytes", file.stat().st_size), ("sha256", sha256(file))):
            if key in output and output[key] != found:
                report.problems.append(f"{file}: expected {key} {output[key]}, found {found}")


def verify_tensors(run: Run, report: Verification) -> None:
    """Reads every tensor; compares zeros with the record's. Rounding may add zeros to a mask's, so
    that more than recorded is a note and fewer is a problem.
    """
    expected = expected_zeros(run, report)
    for name, tensor in run.tensors.items():
        try:
            zeros, broken = tensor.counts()
        except ReadError as error:
            report.notes.append(f"{run.path}: {error}")
            continue
        report.tensors += 1
        if broken:
            report.problems.append(f"{run.path}: tensor {name}: {broken} values are not finite")
        if name in expected:
            report.zero_counts += 1
            sentence = f"{run.path}: tensor {name}: expected {expected[name]} zeros, found {zeros}"
            if zeros != expected[name]:
                (report.problems if zeros < expected[name] else report.notes).append(sentence)


def expected_zeros(run: Run, report: Verification) -> dict[str, int]:
    """Zeros by tensor name of the file. The record may name tensors as Hugging Face does."""
    expected: dict[str, int] = {}
    names = gguf_names(run)
    for entry in entries(run, "tensors", report):
        name, zeros = entry.get("name"), entry.get("zeros")
        if not isinstance(name, str) or not isinstance(zeros, int):
            continue
        if name not in run.tensors and names is not None:
            name = names.get_name(name, try_suffixes=(".weight", ".bias")) or name
        if name in run.tensors:
            expected[name] = zeros
        else:
            report.problems.append(f"{run.path}: expected the tensor {name}, found none")
    return expected


def gguf_names(run: Run) -> TensorNameMap | None:
    """The map from Hugging Face names to those of the output, where that is a GGUF file."""
    architecture = run.metadata.get("general.architecture")
    kind = next((k for k, v in MODEL_ARCH_NAMES.items() if v == architecture), None)
    blocks = run.metadata.get(f"{architecture}.block_count")
    if kind is None or not isinstance(blocks, int) or not 0 < blocks < 10_000:
        return None
    return get_tensor_name_map(kind, blocks)


def entries(run: Run, key: str, report: Verification) -> list[dict[str, Any]]:
    """The objects of a list in the record; an object of objects is read as named entries."""
    value = (run.record or {}).get(key, [])
    if isinstance(value, dict):
        value = [{"name": k, **v} if isinstance(v, dict) else v for k, v in value.items()]
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        report.problems.append(f"{run.record_path}: expected a list of objects in {key}")
        return []
    return value


def locate(run: Run, name: str) -> Path | None:
    """The file that a record names. The output may have moved since, record and all: the name is
    looked for in the folder, beside the record, and where it says, in this order.
    """
    recorded = Path(name)
    places = [run.record_path.resolve().parent / recorded.name]
    if run.path.is_dir():
        places = [run.path / recorded, run.path / recorded.name, *places]
    elif run.path.name == recorded.name:
        places = [run.path]
    return next((p for p in (*places, recorded) if p.is_file()), None)


def sha256(path: Path) -> str:
    """SHA-256 of a file, in lower-case hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(HASH_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
