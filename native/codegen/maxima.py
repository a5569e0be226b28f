"""Writes native/include/lathe/formats/iq_maxima.h: which maxima a search of the IQ codebooks takes once.

    python native/codegen/maxima.py native/include/lathe/formats/iq_maxima.h

The search (group_scan_lanes.h) needs, for each second half of a codebook's points, the greatest of the sums over the
first halves that stand beside it. Second halves share many first halves. So pairs of sums whose greater one several of
them need are chosen here, the most wanted first, until none is left that three of them could use; a pair may be made of
earlier ones. That is not the shortest way to all maxima, which would be hard to find; of IQ2_S's 1024 points it leaves
57 pairs and 232 sums or maxima.
"""

import collections
import itertools
import sys
from importlib import metadata

from grids import CODEBOOKS, packed_entries

LEVELS = {2: 3, 3: 8}  # of a coordinate, by its bits
LEAST_USES = 3  # a maximum costs a comparison, two loads and a store, and saves each use a comparison and a load
PAIRS_PER_LINE = 11

HEAD = """\
// Generated from the tables of the gguf package {version}. Do not edit; to make it again:
//   python native/codegen/maxima.py native/include/lathe/formats/iq_maxima.h
//
// Maxima that a search of the IQ codebooks takes once (codebook_maxima.h). Each is the greater one of two slots: slot i
// is the sum of first half i, and the slots after all sums are these maxima, in their order.
// clang-format off
#ifndef LATHE_FORMATS_IQ_MAXIMA_H
#define LATHE_FORMATS_IQ_MAXIMA_H

#include <cstdint>

#include "lathe/formats/isa.h"

LATHE_BEGIN
"""

TAIL = """
LATHE_END

#endif
"""


def half_number(entry, first, count, bits):
    """The sum of level_i levels^i over `count` coordinates from `first` on."""
    levels = [(entry >> (bits * (first + i))) & ((1 << bits) - 1) for i in range(count)]
    return sum(level * LEVELS[bits] ** i for i, level in enumerate(levels))


def partners_of_halves(entries, width, bits):
    """For each second half that occurs, the set of first halves beside it."""
    partners = collections.defaultdict(set)
    for entry in entries:
        second = half_number(entry, width // 2, width // 2, bits)
        partners[second].add(half_number(entry, 0, width // 2, bits))
    return list(partners.values())


def shared_pairs(partners, half_count):
    """Pairs of slots whose greater one is needed for many second halves."""
    partners = [set(slots) for slots in partners]
    pairs = []
    while True:
        uses = collections.Counter()
        for slots in partners:
            uses.update(itertools.combinations(sorted(slots), 2))
        most = max(uses.values(), default=0)
        if most < LEAST_USES:
            return pairs
        pair = min(pair for pair, count in uses.items() if count == most)
        for slots in partners:
            if slots.issuperset(pair):
                slots.difference_update(pair)
                slots.add(half_count + len(pairs))
        pairs.append(pair)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    lines = [HEAD.format(version=metadata.version("gguf"))]
    for name, codebook, bits, _ in CODEBOOKS:
        width = codebook.grid_shape[-1]
        partners = partners_of_halves([int(entry) for entry in packed_entries(codebook, bits)], width, bits)
        pairs = [f"{{{a}, {b}}}" for a, b in shared_pairs(partners, LEVELS[bits] ** (width // 2))]
        lines.append(f"LATHE_TABLE uint8_t {name.replace('Grid', 'Pairs')}[{len(pairs)}][2] = {{")
        for start in range(0, len(pairs), PAIRS_PER_LINE):
            lines.append("  " + ", ".join(pairs[start : start + PAIRS_PER_LINE]) + ",")
        lines.append("};\n")
    with open(sys.argv[1], "w", encoding="ascii") as header:
        header.write("\n".join(lines).rstrip("\n") + "\n" + TAIL)


if __name__ == "__main__":
    main()
