"""Runs both tools and the judge, and writes one JSON file for each row."""

import hashlib
import json
import os
import re
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LENGTH = 512

SENSITIVITY = "sensitivity.json"
"""In the folder of results: what Lathe measured of the model, for all of its rows with a size."""


@dataclass(frozen=True)
class Bench:
    """What the rows of one table have in common."""

    model: Path
    calibration: Path
    text: Path
    llama_cpp: Path  # folder of llama.cpp's programs and libraries
    lathe: Path
    work: Path  # takes the large files
    results: Path
    sequences: int  # of LENGTH tokens, for calibration
    chunks: int  # of LENGTH tokens, for judging
    threads: int
    keep: bool  # leave the quantized files in the work folder

    def run(self, name: str) -> dict[str, Any]:
        """The row `name`, from its file where it has one."""
        record = self.results / (name.replace(":", "-") + ".json")
        if record.exists():
            return json.loads(record.read_text())
        tool, wanted = name.split(":")
        output = self.work / (name.replace(":", "-") + ".gguf")
        # Rows share these, so they are no part of a row's time.
        self.imatrix() if tool == "llama" else self.base()
        started, used = time.monotonic(), processor_seconds()
        options = (
            self.by_llama(wanted, output) if tool == "llama" else self.by_lathe(wanted, output)
        )
        seconds, used = time.monotonic() - started, processor_seconds() - used
        row = {
            "tool": tool,
            "target": wanted,
            "bytes": output.stat().st_size,
            "seconds": round(seconds, 1),
            "processor_seconds": round(used, 1),
            "command": options,
            "threads": self.threads,
            "calibration": {
                "sequences": self.sequences,
                "length": LENGTH,
                "sha256": sha256(self.calibration),
            },
            "judged": {"chunks": self.chunks, "length": LENGTH, "sha256": sha256(self.text)},
            "model": {"name": self.model.name, "sha256": sha256(self.model)},
            **self.judge(output),
        }
        self.results.mkdir(parents=True, exist_ok=True)
        partial = record.with_suffix(".partial")
        partial.write_text(json.dumps(row, indent=2) + "\n")
        partial.rename(record)
        if not self.keep:
            output.unlink()
        return row

    def by_llama(self, wanted: str, output: Path) -> str:
        """Runs llama-quantize, and says what it was asked."""
        imatrix = self.imatrix()
        self.program(
            "llama-quantize", "--imatrix", imatrix, self.base(), output, wanted, str(self.threads)
        )
        return f"llama-quantize --imatrix imatrix.gguf f16.gguf {output.name} {wanted}"

    def by_lathe(self, wanted: str, output: Path) -> str:
        """Runs lathe compress with its calibration, and says what it was asked.

        One that was interrupted goes on where it was; its times are then those of the last part.
        """
        target = ["--size", wanted] if wanted[0].isdigit() else ["--mix", wanted]
        if target[0] == "--size":
            # A measurement serves every size, so it stays with the rows.
            self.results.mkdir(parents=True, exist_ok=True)
            target += ["--sensitivity", str(self.results / SENSITIVITY)]
        settings = ["--sequences", str(self.sequences), "--length", str(LENGTH)]
        settings_here = ["--calibration", self.calibration, "--threads", str(self.threads)]
        command = [self.lathe, "compress", self.base(), "-o", output]
        checked([*command, *target, *settings, *settings_here], self.work / f"{output.stem}.log")
        said = " ".join(["lathe compress f16.gguf -o", output.name, target[0], wanted, *settings])
        return f"{said} --calibration {self.calibration.name}"

    def base(self) -> Path:
        """The model as F16, from which both tools start."""
        return self.made(
            "f16.gguf",
            lambda path: self.program(
                "llama-quantize", "--allow-requantize", self.model, path, "F16"
            ),
        )

    def imatrix(self) -> Path:
        """llama.cpp's importance matrix of the calibration's first sequences."""
        chunks = ["-c", str(LENGTH), "--chunks", str(self.sequences), "-t", str(self.threads)]
        return self.made(
            f"imatrix-{self.sequences}.gguf",
            lambda path: self.program(
                "llama-imatrix", "-m", self.base(), "-f", self.calibration, "-o", path, *chunks
            ),
        )

    def logits(self) -> Path:
        """The F16 model's log probabilities on the judge's text."""
        return self.made(
            f"logits-{self.chunks}",
            lambda path: self.perplexity(self.base(), "--kl-divergence-base", path),
        )

    def judge(self, output: Path) -> dict[str, Any]:
        """What llama-perplexity says of a file."""
        report = self.perplexity(output, "--kl-divergence-base", self.logits(), "--kl-divergence")
        return parse_judgement(report)

    def perplexity(self, model: Path, *options: object) -> str:
        """Runs the judge."""
        chunks = ["-c", str(LENGTH), "--chunks", str(self.chunks), "-t", str(self.threads)]
        return self.program("llama-perplexity", "-m", model, "-f", self.text, *chunks, *options)

    def made(self, name: str, make: Any) -> Path:
        """A file of the work folder, made where it is not there yet."""
        path = self.work / name
        if not path.exists():
            self.work.mkdir(parents=True, exist_ok=True)
            partial = self.work / f"partial-{name}"
            make(partial)
            partial.rename(path)
        return path

    def program(self, name: str, *arguments: object) -> str:
        """Runs one of llama.cpp's programs and returns what it prints."""
        return checked(
            [self.llama_cpp / name, *arguments], self.work / f"{name}.log", self.llama_cpp
        )


def processor_seconds() -> float:
    """What the programs that have ended took: other load on the machine does not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def checked(command: list[Any], log: Path, libraries: Path | None = None) -> str:
    """Runs a command, keeps what it prints in `log`, and returns that."""
    # Threads that wait must not take the processors from those that work.
    environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}
    if libraries is not None:
        environment["LD_LIBRARY_PATH"] = str(libraries)
    with log.open("w+") as file:
        done = subprocess.run(
            [str(part) for part in command],
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment,
            check=False,
        )
        file.seek(0)
        said = file.read()
    if done.returncode != 0:
        last = said.strip().splitlines()[-1:] or ["nothing was printed"]
        raise SystemExit(
            f"{Path(command[0]).name} ended with status {done.returncode}: {last[0]} (see {log})"
        )
    return said


JUDGED = {
    "kl": r"Mean\s+KLD:\s*([-\d.]+)\s*±\s*([\d.]+)",
    "perplexity": r"Mean PPL\(Q\)\s*:\s*([\d.]+)\s*±\s*([\d.]+)",
    "base_perplexity": r"Mean PPL\(base\)\s*:\s*([\d.]+)\s*±\s*([\d.]+)",
    "same_top_percent": r"Same top p:\s*([\d.]+)\s*±\s*([\d.]+)",
}


def parse_judgement(report: str) -> dict[str, Any]:
    """Means and their standard errors, out of llama-perplexity's report."""
    found = {}
    for name, pattern in JUDGED.items():
        match = re.search(pattern, report)
        if match is None:
            raise SystemExit(f"llama-perplexity's report says nothing of {name}")
        found[name] = {"mean": float(match[1]), "standard_error": float(match[2])}
    return found


def sha256(path: Path) -> str:
    """A file's checksum."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
