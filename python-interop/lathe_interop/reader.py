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
    """The record of a run: lathe.json in a folder, NAME.lathe.json beside a file, where NAME is the
    file's with or without its extension.
    """
    path = path.resolve()
    candidates = [path.parent / f"{name}.lathe.json" for name in (path.name, path.stem)]
    if path.is_dir():
        candidates = [path / "lathe.json"]
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

    Checked: the file structure, that no value is NaN or infinite; of the record's `outputs` size
    and SHA-256; of its `tensors` type, shape, SHA-256 of the bytes, and `zeros`. What the record
    does not hold is not compared.
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
        name = output.get("file")
        if not isinstance(name, str):
            report.problems.append(f"{run.record_path}: an output has no file name")
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
    """Reads every tensor and compares it with its entry in the record, where there is one."""
    recorded: dict[str, dict[str, Any]] = {}
    for entry in entries(run, "tensors", report):
        name = entry.get("name")
        if name not in run.tensors:
            report.problems.append(f"{run.path}: expected the tensor {name}, found none")
        else:
            recorded[name] = entry
    for name, tensor in run.tensors.items():
        where = f"{run.path}: tensor {name}"
        entry = recorded.get(name, {})
        for key, found in description(tensor, entry).items():
            if entry[key] != found:
                report.problems.append(f"{where}: expected {key} {entry[key]}, found {found}")
        try:
            zeros, broken = tensor.counts()
        except ReadError as error:
            report.notes.append(f"{run.path}: {error}")
            continue
        report.tensors += 1
        if broken:
            report.problems.append(f"{where}: {broken} values are not finite")
        compare_zeros(where, entry.get("zeros"), zeros, report)


def description(tensor: StoredTensor, entry: dict[str, Any]) -> dict[str, Any]:
    """What the tensor has for those keys that its entry in the record has."""
    found: dict[str, Any] = {"type": tensor.type, "shape": list(tensor.shape)}
    if "sha256" in entry:
        found["sha256"] = hashlib.sha256(tensor.data).hexdigest()
    return {key: value for key, value in found.items() if key in entry}


def compare_zeros(where: str, expected: Any, zeros: int, report: Verification) -> None:
    """Fewer zeros than the mask set are a problem; more are a note, since rounding may add some."""
    if not isinstance(expected, int):
        return
    report.zero_counts += 1
    if zeros != expected:
        sentences = report.problems if zeros < expected else report.notes
        sentences.append(f"{where}: expected {expected} zeros, found {zeros}")


def entries(run: Run, key: str, report: Verification) -> list[dict[str, Any]]:
    """The objects of a list in the record; anything else is a problem."""
    value = (run.record or {}).get(key, [])
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        report.problems.append(f"{run.record_path}: expected a list of objects in {key}")
        return []
    return value


def locate(run: Run, name: str) -> Path | None:
    """The file of an output, by its name: the output itself, or in the folder."""
    recorded = Path(name).name
    if run.path.is_dir():
        file = run.path / recorded
    else:
        file = run.path if run.path.name == recorded else run.path.parent / recorded
    return file if file.is_file() else None


def sha256(path: Path) -> str:
    """SHA-256 of a file, in lower-case hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(HASH_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
