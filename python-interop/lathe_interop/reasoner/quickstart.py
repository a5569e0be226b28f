"""Questions and texts of `lathe quickstart`, written beside the tiny reasoner.

python -m lathe_interop.reasoner.quickstart --out examples/tiny-reasoner
"""

import argparse
import json
import random
from pathlib import Path

from .temporal import FACT_COUNTS, Question, draw_question

QUESTIONS = 200
SOLVED = 120


def draw(kind: str, count: int) -> list[Question]:
    """Questions of their own seeds: no kind shares one with another, or with the training."""
    return [
        draw_question(random.Random(f"quickstart {kind} {i}"), FACT_COUNTS[i % len(FACT_COUNTS)])
        for i in range(count)
    ]


def solved(kind: str) -> str:
    """Questions with their solutions, as the model sees them in training."""
    return "\n\n".join(q.prompt() + q.solution() for q in draw(kind, SOLVED)) + "\n"


def files() -> dict[str, str]:
    """Content by name."""
    rows = [{"input": q.input(), "target": f"({q.letter})"} for q in draw("question", QUESTIONS)]
    return {
        "questions.json": json.dumps({"examples": rows}, indent=1) + "\n",
        "calibration.txt": solved("calibration"),
        "held-out.txt": solved("held-out"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lathe_interop.reasoner.quickstart")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    arguments = parser.parse_args()
    for name, content in files().items():
        arguments.out.joinpath(name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
