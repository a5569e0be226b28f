"""Wanda (Sun et al. 2023, arXiv 2306.11695): prune the smallest |w_ij| * ||X_j||_2."""

import numpy as np

from .selection import Choice, Pattern, choose_lowest, choose_of_group


def column_norms(x: np.ndarray) -> np.ndarray:
    """||X_j||_2 [cols] in float64, for x [tokens x cols]."""
    return np.sqrt(np.sum(np.asarray(x, dtype=np.float64) ** 2, axis=0))


def wanda(
    w: np.ndarray, norms: np.ndarray, pattern: Pattern, per_row: bool = True
) -> tuple[np.ndarray, Choice]:
    """Prunes w [rows x cols] by |w_ij| * norms_j; the paper compares within a row (per_row)."""
    return prune_by_score(w, np.abs(w) * np.asarray(norms, dtype=w.dtype), pattern, per_row)


def prune_by_score(
    w: np.ndarray, scores: np.ndarray, pattern: Pattern, per_row: bool
) -> tuple[np.ndarray, Choice]:
    """w with the lowest scores set to 0, and the choice.

    Unstructured: floor(s cols) of each row where per_row, else floor(s rows cols) of the matrix,
    equal scores in row-major order. n:m: all but the n highest of every m consecutive columns.
    """
    rows, cols = scores.shape
    if not pattern.unstructured:
        groups = [
            choose_of_group(scores[:, j : j + pattern.of_m], pattern.keep_n)
            for j in range(0, cols, pattern.of_m)
        ]
        choice = Choice(
            np.concatenate([g.mask for g in groups], axis=1), min(g.gap for g in groups)
        )
    elif per_row:
        count = pattern.share_of(cols)
        lines = [choose_lowest(row, count) for row in scores]
        choice = Choice(np.stack([c.mask for c in lines]), min(c.gap for c in lines))
    else:
        choice = choose_lowest(scores, pattern.share_of(rows * cols))
    return np.where(choice.mask, w.dtype.type(0), w), choice
