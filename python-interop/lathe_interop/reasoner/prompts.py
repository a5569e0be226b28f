"""Prompts for `lathe traces` with the tiny reasoner, none of them a held-out question.

python -m lathe_interop.reasoner.prompts --held-out bbh-temporal-sequences.json --count 160 \
    --out prompts.jsonl
"""

import argparse
import json
import random
from pathlib import Path

from .temporal import FACT_COUNTS, HeldOut, draw_training_question

OPENING = "\n<think>\n"


def draw(count: int, held_out: HeldOut) -> list[str]:
    """Messages as a user writes them; the chat template opens the thinking."""
    messages = []
    for i in range(count):
        source = random.Random(f"traces {i}")
        question = draw_training_question(source, FACT_COUNTS[i % len(FACT_COUNTS)], held_out)
        messages.append(question.prompt().removesuffix(OPENING))
    return messages


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lathe_interop.reasoner.prompts")
    parser.add_argument("--held-out", type=Path, required=True, help="questions to leave out")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    messages = draw(arguments.count, HeldOut.read(arguments.held_out))
    lines = "".join(json.dumps({"prompt": message}) + "\n" for message in messages)
    arguments.out.write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    main()
