"""Writes native/include/lathe/formats/iq_grids.h, the codebooks of the IQ types, from the tables of the gguf package.

    python native/codegen/grids.py native/include/lathe/formats/iq_grids.h

A codebook entry is a point of 8 (IQ1, IQ2) or 4 (IQ3) coordinates. Each coordinate takes one of at most 3 or 8 values
and is stored as the index of its value in 2 or 3 bits, coordinate 0 lowest; iq_values.h turns indices into values.
"""

import sys
from importlib import metadata

import gguf.quants as quants
import numpy as np

# Name in the header, class in the package, bits per coordinate, what a reader should know.
CODEBOOKS = [
    ("iq2xxsGrid", quants.IQ2_XXS, 2, "256 points of 8 coordinates, indices of 8, 25, 43."),
    ("iq2xsGrid", quants.IQ2_XS, 2, "512 points of 8 coordinates, indices of 8, 25, 43."),
    ("iq2sGrid", quants.IQ2_S, 2, "1024 points of 8 coordinates, indices of 8, 25, 43."),
    ("iq3xxsGrid", quants.IQ3_XXS, 3, "256 points of 4 coordinates, indices of 4, 12, 20, 28, 36, 44, 52, 62."),
    ("iq3sGrid", quants.IQ3_S, 3, "512 points of 4 coordinates, indices of 1, 3, 5, 7, 9, 11, 13, 15."),
    ("iq1Grid", quants.IQ1_S, 2, "2048 points of 8 coordinates, indices of -1, 0, 1."),
]

HEAD = """\
// Generated from the tables of the gguf package {version}. Do not edit; to make it again:
//   python native/codegen/grids.py native/include/lathe/formats/iq_grids.h
//
// Codebooks of the IQ types. An entry holds one index per coordinate, coordinate 0 in the lowest bits, 2 bits each for
// IQ1 and IQ2, 3 bits each for IQ3. iq_values.h turns indices into values.
// clang-format off
#ifndef LATHE_FORMATS_IQ_GRIDS_H
#define LATHE_FORMATS_IQ_GRIDS_H

#include <cstdint>

#include "lathe/formats/isa.h"

LATHE_BEGIN
"""

TAIL = """
LATHE_END

#endif
"""

ENTRIES_PER_LINE = 14


def packed_entries(codebook, bits):
    """The codebook's entries, one integer each."""
    codebook.init_grid()
    points = codebook.grid.reshape(codebook.grid_shape)
    values = np.array(codebook.grid_map, dtype=np.float32)
    indices = np.searchsorted(values, points)
    if not np.array_equal(values[indices], points):
        raise ValueError(f"{codebook.__name__} has a coordinate that is not in its value map")
    shifts = bits * np.arange(points.shape[1])
    return (indices << shifts).sum(axis=1)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    lines = [HEAD.format(version=metadata.version("gguf"))]
    for name, codebook, bits, comment in CODEBOOKS:
        entries = [f"0x{entry:04x}" for entry in packed_entries(codebook, bits)]
        lines.append(f"// {comment}")
        lines.append(f"LATHE_TABLE uint16_t {name}[{len(entries)}] = {{")
        for start in range(0, len(entries), ENTRIES_PER_LINE):
            lines.append("  " + ", ".join(entries[start : start + ENTRIES_PER_LINE]) + ",")
        lines.append("};\n")
    with open(sys.argv[1], "w", encoding="ascii") as header:
        header.write("\n".join(lines).rstrip("\n") + "\n" + TAIL)


if __name__ == "__main__":
    main()
