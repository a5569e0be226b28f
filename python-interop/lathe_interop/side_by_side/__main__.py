"""Command line: see the package's description."""

import argparse
from pathlib import Path

from lathe_interop.side_by_side.runs import Bench
from lathe_interop.side_by_side.table import markdown


def main() -> None:
    """Runs rows, or prints the table."""
    parser = argparse.ArgumentParser(prog="python -m lathe_interop.side_by_side")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run rows and write a JSON file for each")
    run.add_argument("--model", type=Path, required=True, help="GGUF file; F16 is made of it")
    run.add_argument("--calibration", type=Path, required=True, help="text to calibrate on")
    run.add_argument("--text", type=Path, required=True, help="text to judge on")
    run.add_argument("--llama-cpp", type=Path, required=True, help="folder of llama.cpp's programs")
    run.add_argument("--lathe", type=Path, default=Path("./lathe"))
    run.add_argument("--work", type=Path, required=True, help="folder for large files")
    run.add_argument("--results", type=Path, required=True, help="folder of the rows' JSON files")
    run.add_argument(
        "--sequences", type=int, default=64, help="calibration sequences of 512 tokens"
    )
    run.add_argument("--chunks", type=int, default=20, help="judged chunks of 512 tokens")
    run.add_argument("--threads", type=int, default=2)
    run.add_argument(
        "--keep", action="store_true", help="leave the quantized files in the work folder"
    )
    run.add_argument("rows", nargs="+", metavar="ROW", help="llama:TYPE, lathe:TYPE or lathe:SIZE")
    table = commands.add_parser("table", help="print the table of all rows")
    table.add_argument("results", type=Path)
    arguments = vars(parser.parse_args())
    if arguments.pop("command") == "table":
        print(markdown(arguments["results"]))
        return
    rows = arguments.pop("rows")
    for name in rows:
        tool, _, wanted = name.partition(":")
        if tool not in ("llama", "lathe") or not wanted:
            parser.error(f"{name} is no row: llama:TYPE, lathe:TYPE or lathe:SIZE")
    bench = Bench(
        **{
            key: value.absolute() if isinstance(value, Path) else value
            for key, value in arguments.items()
        }
    )
    for name in rows:
        row = bench.run(name)
        print(
            f"{name}: {row['bytes'] / 1e6:.0f} MB, KL {row['kl']['mean']:.4f}, "
            f"{row['seconds']:.0f} s"
        )


main()
