"""The Hessian of the layer-wise output error, and its damped inverse factor."""

from dataclasses import dataclass

import numpy as np

from .linear_algebra import NotPositiveDefiniteError, exact_sum, invert_upper, upper_factor

MAXIMUM_DAMPING = 1e3


class HessianAccumulator:
    """Collects H = 2 X^T X / tokens [cols x cols] from batches of X [tokens x cols], in float64."""

    def __init__(self, cols: int):
        self.products = np.zeros((cols, cols), dtype=np.float64)
        self.tokens = 0

    def add(self, x: np.ndarray) -> None:
        """Adds x [tokens x cols], token by token."""
        if x.ndim != 2 or x.shape[1] != self.products.shape[0]:
            raise ValueError(f"expected [tokens x {self.products.shape[0]}], found {x.shape}")
        for token in np.asarray(x, dtype=np.float64):
            self.products += token[:, None] * token[None, :]
        self.tokens += x.shape[0]

    def finish(self) -> np.ndarray:
        """H of all tokens added so far."""
        if self.tokens == 0:
            raise ValueError("no token was added")
        return self.products * 2.0 / self.tokens


def hessian(x: np.ndarray) -> np.ndarray:
    """H = 2 X^T X / tokens [cols x cols] in float64, for x [tokens x cols]."""
    accumulator = HessianAccumulator(x.shape[1])
    accumulator.add(x)
    return accumulator.finish()


def dead_columns(h: np.ndarray) -> np.ndarray:
    """Boolean [cols]: the columns that no token ever reached, h_jj = 0."""
    return np.diagonal(h) == 0


def regularize(h: np.ndarray, damping: float, shrinkage: float) -> np.ndarray:
    """H' of h [cols x cols]: dead columns get h_jj = 1; then the off-diagonal shrinks, H <- (1 -
    s) H + s diag(H); then H <- H + lambda mean(diag H) I. Computes in the type of h.
    """
    h = np.array(h)
    dtype = h.dtype.type
    cols = h.shape[0]
    diagonal = np.where(dead_columns(h), dtype(1), np.diagonal(h))
    h *= dtype(1) - dtype(shrinkage)
    mean = exact_sum(diagonal) / cols
    h[np.arange(cols), np.arange(cols)] = diagonal + dtype(damping * mean)
    return h


@dataclass(frozen=True)
class InverseFactor:
    """U with H'^-1 = U^T U."""

    u: np.ndarray  # [cols x cols], upper triangular
    regularized: np.ndarray  # [cols x cols], H'
    damping: float  # the lambda that the factorisation succeeded with
    attempts: int  # 1: the damping asked for was enough


def inverse_factor(h: np.ndarray, damping: float = 0.01, shrinkage: float = 0.0) -> InverseFactor:
    """U of h [cols x cols] after `regularize`; lambda grows tenfold while the factorisation fails.

    The papers take the Cholesky factor of the inverse. With H' = R R^T, R upper triangular, R^-1 is
    that factor (it is unique), found without forming the inverse.
    """
    if not np.all(np.isfinite(h)):
        raise ValueError("the Hessian holds a value that is not finite")
    attempts = 0
    while True:
        attempts += 1
        regularized = regularize(h, damping, shrinkage)
        try:
            u = invert_upper(upper_factor(regularized))
        except NotPositiveDefiniteError:
            damping = damping * 10 if damping > 0 else 1e-6
            if damping > MAXIMUM_DAMPING:
                raise
        else:
            return InverseFactor(u, regularized, damping, attempts)
