"""Where the committed golden files and their optional inputs are."""

import os
from pathlib import Path

import pytest

JAVA = Path(__file__).parents[2] / "java"
GOLDEN = JAVA / "core" / "src" / "test" / "resources" / "golden"
EVALUATION_GOLDEN = JAVA / "eval" / "src" / "test" / "resources" / "golden"
SMOLLM2 = "SmolLM2-135M-Instruct.Q4_1.gguf"
QWEN = "Qwen2.5-Coder-1.5B-Instruct.Q4_K_M.gguf"


def differing_files(generated: Path, name: str, golden: Path = GOLDEN) -> list[str]:
    """Names of the files that differ, in content or existence, from the committed golden/<name>."""
    committed = golden / name

    def contents(folder: Path) -> dict[str, bytes]:
        return {
            str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()
        }

    old, new = contents(committed), contents(generated)
    return sorted(n for n in old.keys() | new.keys() if old.get(n) != new.get(n))


def model(name: str) -> Path:
    """A model of the folder LATHE_MODELS; skips the test where it is absent."""
    path = Path(os.environ.get("LATHE_MODELS", "")) / name
    if "LATHE_MODELS" not in os.environ or not path.is_file():
        pytest.skip(f"{name} is not in the folder that LATHE_MODELS names")
    return path


def llama_cpp_templates() -> Path:
    """llama.cpp's models/templates below LATHE_LLAMA_CPP; skips the test where it is absent."""
    root = os.environ.get("LATHE_LLAMA_CPP")
    found = sorted(Path(root).glob("**/models/templates")) if root else []
    if not found:
        pytest.skip("no models/templates below the folder that LATHE_LLAMA_CPP names")
    return found[0]
