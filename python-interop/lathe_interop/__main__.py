"""`python -m lathe_interop verify PATH`: exit 0 where PATH is sound, 3 where it is not."""

import argparse
import sys

from .reader import Verification, verify


def describe(report: Verification) -> list[str]:
    """The report in lines."""
    lines = [f"problem: {problem}" for problem in report.problems]
    lines += [f"note: {note}" for note in report.notes]
    verdict = "sound" if report.sound else f"{len(report.problems)} problems"
    lines.append(
        f"{report.path}: {verdict} ({report.tensors} tensors read, {report.files} files compared, "
        f"{report.zero_counts} zero counts compared)"
    )
    return lines


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="lathe_interop", description="Reads what Lathe writes.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("verify", help="check an output against the record of its run")
    command.add_argument("path", help="a .gguf file or a Hugging Face folder")
    report = verify(parser.parse_args(arguments).path)
    print("\n".join(describe(report)))
    return 0 if report.sound else 3


if __name__ == "__main__":
    sys.exit(main())
