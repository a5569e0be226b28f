"""The least-squares optimum of a layer under a fixed mask."""

import numpy as np

from .linear_algebra import solve_positive_definite


def closed_form(w: np.ndarray, h: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """argmin (w - q) H (w - q)^T row by row, over q with q_j = 0 where mask [rows x cols] is True.

    With K the kept and P the pruned columns of a row: q_K = w_K + H_KK^-1 H_KP w_P. h [cols x cols]
    is the regularized Hessian, positive definite. Computes in float64.
    """
    w, h = np.asarray(w, dtype=np.float64), np.asarray(h, dtype=np.float64)
    optimum = np.zeros_like(w)
    for i, row in enumerate(w):
        kept, pruned = np.flatnonzero(~mask[i]), np.flatnonzero(mask[i])
        pull = np.zeros(kept.size)
        for p in pruned:
            pull += h[kept, p] * row[p]
        optimum[i, kept] = row[kept]
        if kept.size and pruned.size:
            optimum[i, kept] += solve_positive_definite(h[np.ix_(kept, kept)], pull[:, None])[:, 0]
    return optimum


def output_error(w: np.ndarray, q: np.ndarray, h: np.ndarray) -> float:
    """tr((W - Q) H (W - Q)^T) / rows in float64."""
    difference = np.asarray(w, dtype=np.float64) - np.asarray(q, dtype=np.float64)
    return float(np.sum((difference @ np.asarray(h, dtype=np.float64)) * difference) / w.shape[0])
