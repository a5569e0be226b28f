"""Wanda and magnitude pruning of small random layers: inputs and the exact mask.

Writes score_pruning.safetensors: NAME.w [rows x cols] F32, NAME.norms [cols] F32 (Wanda only) and
NAME.mask [rows x cols] U8, 1 = pruned; and score_pruning.json: NAME -> options. A score is one F32
product, so that every implementation must choose this very mask. Weights repeat on purpose: equal
scores are taken in row-major order.
"""

from pathlib import Path

import numpy as np

from ..reference.magnitude import magnitude
from ..reference.selection import Pattern
from ..reference.wanda import wanda
from .output import output_parser, write_json, write_tensors
from .random_source import RandomSource

# Rows, columns, pattern, per row.
PROBLEMS = (
    (1, 1, Pattern(0.5), True),
    (1, 13, Pattern(0.5), True),
    (10, 10, Pattern(0.29), False),
    (9, 33, Pattern(0.75), True),
    (16, 40, Pattern(0.9), False),
    (8, 32, Pattern(keep_n=2, of_m=4), True),
    (5, 32, Pattern(keep_n=4, of_m=8), True),
    (6, 12, Pattern(keep_n=1, of_m=4), True),
)


def generate(folder: Path) -> None:
    """Writes each problem for Wanda and for magnitude into the folder."""
    source, tensors, catalogue = RandomSource(77), {}, {}
    for index, (rows, cols, pattern, per_row) in enumerate(PROBLEMS):
        w = (source.bell(5, rows, cols) / 256).astype(np.float32)
        norms = (np.sqrt(source.integers(1 << 20, cols) + 1.0)).astype(np.float32)
        for method in ("wanda", "magnitude"):
            name = f"{method}_{index}"
            tensors[f"{name}.w"] = w
            if method == "wanda":
                tensors[f"{name}.norms"] = norms
                _, choice = wanda(w, norms, pattern, per_row)
            else:
                _, choice = magnitude(w, pattern, per_row)
            tensors[f"{name}.mask"] = choice.mask.astype(np.uint8)
            catalogue[name] = {
                "rows": rows,
                "cols": cols,
                "sparsity": pattern.sparsity,
                "keepN": pattern.keep_n,
                "ofM": pattern.of_m,
                "perRow": per_row,
                "zeros": int(choice.mask.sum()),
            }
    write_tensors(folder / "score_pruning.safetensors", tensors)
    write_json(folder / "score_pruning.json", catalogue)


if __name__ == "__main__":
    generate(output_parser(__doc__).parse_args().out)
