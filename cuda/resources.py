#!/usr/bin/env python3
"""What each kernel takes of a multiprocessor, as ptxas says it: a table to commit, and a check against it.

    resources.py FOLDER            compares FOLDER/kernels/*.ptxas (of build.sh) with resources.tsv; 1 where they differ
    resources.py FOLDER --write    writes resources.tsv

A cell is the number of registers of a thread, then what else it takes: "+16 local" bytes of local memory of a thread
(arrays that are indexed). Static shared memory has a column of its own. A kernel that spills registers is an error.
"""

import argparse
import difflib
import pathlib
import re
import subprocess
import sys

TABLE = pathlib.Path(__file__).parent / "resources.tsv"
ENTRY = re.compile(r"Compiling entry function '(\S+)' for 'sm_(\d+)'")
FRAME = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers(?:.*?(\d+) bytes smem)?")


def readable(symbols):
    """Names without the compiler's own prefixes: attentionKernel<4, 4>."""
    names = subprocess.run(["c++filt"], input="\n".join(symbols), capture_output=True, text=True, check=True)
    result = {}
    for symbol, name in zip(symbols, names.stdout.splitlines()):
        name = re.sub(r"\b(lathe::cuda::|lathe::reference::|lathe::|\(anonymous namespace\)::)", "", name)
        name = re.sub(r"_GLOBAL__N__\w+?::", "", name)
        name = re.sub(r"^void ", "", name)
        result[symbol] = name[: arguments_begin(name)]
    return result


def arguments_begin(name):
    """Where the list of arguments begins: the first parenthesis outside of template arguments."""
    depth = 0
    for i, letter in enumerate(name):
        depth += (letter == "<") - (letter == ">")
        if letter == "(" and depth == 0:
            return i
    return len(name)


def read(folder):
    """{(file, symbol): {architecture: (registers, local, spills, shared)}}"""
    kernels = {}
    for path in sorted((folder / "kernels").glob("*.ptxas")):
        entry = frame = None
        for line in path.read_text().splitlines():
            if match := ENTRY.search(line):
                entry, frame = (path.stem, match[1], int(match[2])), None
            elif (match := FRAME.search(line)) and frame is None:
                frame = tuple(int(group) for group in match.groups())
            elif (match := USED.search(line)) and entry:
                local, stores, loads = frame or (0, 0, 0)
                values = (int(match[1]), local, stores + loads, int(match[2] or 0))
                kernels.setdefault(entry[:2], {})[entry[2]] = values
                entry = None
    return kernels


def table(kernels):
    """The lines of the table, and of each kernel that spills."""
    architectures = sorted({a for by_architecture in kernels.values() for a in by_architecture})
    names = readable([symbol for _, symbol in kernels])
    lines, spills = [], []
    for (file, symbol), by_architecture in kernels.items():
        cells = []
        for architecture in architectures:
            registers, local, spilled, _ = by_architecture[architecture]
            cells.append(f"{registers}" + (f" +{local} local" if local else ""))
            if spilled:
                spills.append(f"{file}.cu {names[symbol]} spills {spilled} bytes on sm_{architecture}")
        shared = max(values[3] for values in by_architecture.values())
        lines.append("\t".join([file + ".cu", names[symbol], str(shared), *cells]))
    head = "\t".join(["file", "kernel", "shared bytes", *(f"sm_{a} registers" for a in architectures)])
    return [head, *sorted(lines)], spills


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    kernels = read(options.folder)
    if not kernels:
        sys.exit(f"no ptxas output in {options.folder}/kernels")
    lines, spills = table(kernels)
    if options.write:
        TABLE.write_text("\n".join(lines) + "\n")
    difference = list(difflib.unified_diff(TABLE.read_text().splitlines(), lines, "resources.tsv", "built", lineterm="", n=0))
    for line in difference + spills:
        print(line)
    if difference:
        print("if the change is meant: cuda/resources.py FOLDER --write, and commit resources.tsv")
    sys.exit(1 if difference or spills else 0)


if __name__ == "__main__":
    main()
