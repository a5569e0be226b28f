"""Magnitude pruning: prune the smallest |w_ij|."""

import numpy as np

from .selection import Choice, Pattern
from .wanda import prune_by_score


def magnitude(w: np.ndarray, pattern: Pattern, per_row: bool = False) -> tuple[np.ndarray, Choice]:
    """Prunes w [rows x cols] by |w_ij|, over the whole matrix or within each row."""
    return prune_by_score(w, np.abs(w), pattern, per_row)
