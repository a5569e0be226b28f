"""Which weights a mask takes: counts, n:m groups, and how close the choice was."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np


@dataclass(frozen=True)
class Pattern:
    """What a mask looks like: `sparsity` for an unstructured one, keep_n of every of_m
    otherwise."""

    sparsity: float = 0.0
    keep_n: int = 0
    of_m: int = 0  # 0: unstructured

    def __post_init__(self):
        if self.of_m == 0 and not 0 <= self.sparsity < 1:
            raise ValueError(f"expected 0 <= sparsity < 1, found {self.sparsity}")
        if self.of_m < 0 or (self.of_m > 0 and not 0 < self.keep_n < self.of_m):
            raise ValueError(f"expected 0 < n < m, found {self.keep_n}:{self.of_m}")

    @property
    def unstructured(self) -> bool:
        return self.of_m == 0

    def zeros(self, rows: int, start: int, end: int) -> int:
        """Zeros of an unstructured mask in columns [start, end): floor(s rows end) - floor(s rows
        start), so that the blocks add up to floor(s rows cols) without drift.
        """
        return self.share_of(rows * end) - self.share_of(rows * start)

    def share_of(self, count: int) -> int:
        """floor(s count). A product within 1e-9 of an integer is that integer: 0.29 * 100 is 29,
        though the binary number next to 0.29 lies below it.
        """
        product = Fraction(self.sparsity) * count
        nearest = round(product)
        close = abs(product - nearest) <= Fraction(1, 10**9) * max(1, nearest)
        return nearest if close else math.floor(product)


@dataclass(frozen=True)
class Choice:
    """A mask and the margin that it was chosen by."""

    mask: np.ndarray  # bool, True = pruned
    gap: float  # (lowest kept score - highest pruned score) / lowest kept score; 1 without a rival


NO_RIVAL = 1.0


def choose_lowest(scores: np.ndarray, count: int) -> Choice:
    """Marks the `count` lowest scores; equal ones in row-major order."""
    order = np.argsort(scores, axis=None, kind="stable")
    mask = np.zeros(scores.size, dtype=bool)
    mask[order[:count]] = True
    gap = NO_RIVAL
    if 0 < count < scores.size:
        gap = relative_gap(scores.flat[order[count - 1]], scores.flat[order[count]])
    return Choice(mask.reshape(scores.shape), gap)


def choose_of_group(scores: np.ndarray, keep_n: int) -> Choice:
    """Marks, in each row of scores [rows x columns of one group], all but the keep_n highest.

    Equal scores are pruned from the left. The last group of a row may be short; it keeps keep_n
    too, as if the row went on with zeros.
    """
    count = max(0, scores.shape[1] - keep_n)
    choices = [choose_lowest(row, count) for row in scores]
    return Choice(np.stack([c.mask for c in choices]), min(c.gap for c in choices))


def relative_gap(pruned: float, kept: float) -> float:
    """Margin between the two scores at a threshold. Two exact zeros (dead columns) are told
    apart by their index alone, which no rounding touches: they count as having no rival.
    """
    return NO_RIVAL if kept == 0 else float((kept - pruned) / kept)
