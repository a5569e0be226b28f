#!/usr/bin/env python3
"""What each kernel takes of a multiprocessor, as ptxas says it: a table to commit, and a check against it.

    resources.py FOLDER            compares FOLDER/kernels/*.log (of build.sh) with resources.tsv; 1 where they differ
    resources.py FOLDER --write    writes resources.tsv

A cell is the number of registers of a thread, then what else there is: "+16 local" bytes of local memory of a thread
(arrays that are indexed), "+64 shared" bytes of static shared memory of a block. Only the architectures that were built
are compared. A kernel that spills registers is an error.
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
        name = re.sub(r"\(anonymous namespace\)::|\b_GLOBAL__N__\w+?::|\blathe::(cuda::|device::)?", "", name)
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
    for path in sorted((folder / "kernels").glob("*.log")):
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


def cells(kernels):
    """{(file, kernel): {column: cell}} of what was built, and a line for each kernel that spills."""
    names = readable([symbol for _, symbol in kernels])
    rows, spills = {}, []
    for (file, symbol), by_architecture in kernels.items():
        row = rows[f"{file}.cu", names[symbol]] = {}
        for architecture, (registers, local, spilled, shared) in by_architecture.items():
            extras = [f" +{size} {what}" for size, what in ((local, "local"), (shared, "shared")) if size]
            row[architecture] = str(registers) + "".join(extras)
            if spilled:
                spills.append(f"{file}.cu {names[symbol]} spills {spilled} bytes on sm_{architecture}")
    return rows, spills


def parse(text):
    """The rows of a table, as cells() gives them."""
    head, *lines = (line.split("\t") for line in text.splitlines())
    architectures = [int(column.removeprefix("sm_")) for column in head[2:]]
    return {(line[0], line[1]): dict(zip(architectures, line[2:])) for line in lines}


def render(rows):
    architectures = sorted({a for row in rows.values() for a in row})
    lines = [["file", "kernel", *(f"sm_{a}" for a in architectures)]]
    for (file, name), row in sorted(rows.items()):
        lines.append([file, name, *(row.get(a, "") for a in architectures)])
    return "".join("\t".join(line) + "\n" for line in lines)


def merged(committed, built):
    """What was built, and of the kernels that there still are the committed cells of other architectures."""
    return {key: {**committed.get(key, {}), **row} for key, row in built.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    kernels = read(options.folder)
    if not kernels:
        sys.exit(f"no ptxas output in {options.folder}/kernels")
    built, spills = cells(kernels)
    committed = parse(TABLE.read_text()) if TABLE.exists() else {}
    now = render(merged(committed, built))
    before = render(committed) if committed else ""
    if options.write:
        TABLE.write_text(now)
        before = now
    sides = before.splitlines(), now.splitlines()
    difference = list(difflib.unified_diff(*sides, "resources.tsv", "built", lineterm="", n=0))
    for line in difference + spills:
        print(line)
    if difference:
        print("if the change is meant: cuda/resources.py FOLDER --write, and commit resources.tsv")
    sys.exit(1 if difference or spills else 0)


if __name__ == "__main__":
    main()
