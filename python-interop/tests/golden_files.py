"""Where the committed golden files are."""

from pathlib import Path

GOLDEN = Path(__file__).parents[2] / "java" / "core" / "src" / "test" / "resources" / "golden"


def differing_files(generated: Path, name: str) -> list[str]:
    """Names of the files that differ, in content or existence, from the committed golden/<name>."""
    committed = GOLDEN / name

    def contents(folder: Path) -> dict[str, bytes]:
        return {
            str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()
        }

    old, new = contents(committed), contents(generated)
    return sorted(n for n in old.keys() | new.keys() if old.get(n) != new.get(n))
