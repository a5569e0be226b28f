"""Optimal-brain-surgeon compression, column by column (SparseGPT, arXiv 2301.00774, algorithm 1;
GPTQ, arXiv 2210.17323).

For each column j in order: q_j is 0 where the mask says so, else the value that the storage format
has for w_j; e = (w_j - q_j) / U_jj; W_:,k -= e U_jk for all k > j. Nothing is delayed: every choice
sees the weights as compensated so far. In the end w - q = e U for each row, so that the sum of e^2
is the output error (w - q) H' (w - q)^T that was paid.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .linear_algebra import exact_sum
from .selection import NO_RIVAL, Choice, Pattern, choose_lowest, choose_of_group


class Format(Protocol):
    """A storage format whose blocks of `block_size` columns share parameters (scales)."""

    block_size: int

    def choose_scale(self, block: np.ndarray, importance: np.ndarray) -> np.ndarray:
        """Parameters [rows ...] for block [rows x width] under importance [rows x width]."""

    def round(self, values: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """The stored values nearest to values [rows], given what choose_scale returned."""


@dataclass(frozen=True)
class ObsResult:
    """What compression made of W."""

    weights: np.ndarray  # [rows x cols]
    mask: np.ndarray  # bool [rows x cols], True = pruned
    zeros: int  # weights that the mask set to zero
    loss: float  # sum of e^2 over all rows and columns
    gap: float  # smallest relative gap of two scores at a mask threshold


def compress(
    w: np.ndarray,
    u: np.ndarray,
    pattern: Pattern | None = None,
    mask_block: int = 128,
    storage: Format | None = None,
    mask: np.ndarray | None = None,
) -> ObsResult:
    """Prunes and/or quantizes w [rows x cols], given u of `inverse_factor`; in the type of w.

    The unstructured mask of a block of `mask_block` columns is chosen when its first column is
    reached: the smallest w^2 / U_jj^2 over [rows x columns of the block], equal scores in row-major
    order. A given `mask` replaces the choice.
    """
    w = np.array(w)
    cols = w.shape[1]
    chosen = np.zeros(w.shape, dtype=bool) if mask is None else np.array(mask, dtype=bool)
    diagonal = np.diagonal(u)
    errors = np.zeros_like(w)
    gap, scale = NO_RIVAL, None
    for j in range(cols):
        if mask is None and pattern is not None:
            choice, end = choose_mask(w, diagonal, pattern, mask_block, j)
            if choice is not None:
                chosen[:, j:end] = choice.mask
                gap = min(gap, choice.gap)
        if storage is not None and j % storage.block_size == 0:
            scale = choose_scale(w, diagonal, chosen, storage, j)
        stored = w[:, j] if storage is None else storage.round(w[:, j], scale)
        q = np.where(chosen[:, j], w.dtype.type(0), stored)
        errors[:, j] = (w[:, j] - q) / u[j, j]
        w[:, j] = q
        w[:, j + 1 :] -= errors[:, j, None] * u[None, j, j + 1 :]
    loss = exact_sum(errors.astype(np.float64) ** 2)
    return ObsResult(w, chosen, int(chosen.sum()), loss, gap)


def choose_mask(
    w: np.ndarray, diagonal: np.ndarray, pattern: Pattern, mask_block: int, j: int
) -> tuple[Choice | None, int]:
    """The mask of the columns [j, end) where a block or an n:m group begins at j, else None."""
    width = mask_block if pattern.unstructured else pattern.of_m
    if j % width != 0:
        return None, j
    end = min(j + width, w.shape[1])
    scores = (w[:, j:end] / diagonal[None, j:end]) ** 2
    if pattern.unstructured:
        return choose_lowest(scores, pattern.zeros(w.shape[0], j, end)), end
    return choose_of_group(scores, pattern.keep_n), end


def choose_scale(
    w: np.ndarray, diagonal: np.ndarray, mask: np.ndarray, storage: Format, j: int
) -> np.ndarray:
    """Parameters of the format block that begins at column j. Weights that are known to be pruned
    count as 0 with no importance; the others weigh 1 / U_jj^2.
    """
    columns = slice(j, min(j + storage.block_size, w.shape[1]))
    pruned = mask[:, columns]
    zero = w.dtype.type(0)
    importance = np.where(pruned, zero, (1 / diagonal[None, columns]) ** 2)
    return storage.choose_scale(np.where(pruned, zero, w[:, columns]), importance)
