"""Writes the calibration set as chat JSONL."""

import argparse
from pathlib import Path

from .collection import lines


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m lathe_interop.calibration", description=__doc__
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write")
    arguments = parser.parse_args()
    text = "".join(line + "\n" for line in lines())
    arguments.out.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
