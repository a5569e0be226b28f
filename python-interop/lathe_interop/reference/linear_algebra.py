"""Dense linear algebra whose results have the same bits on every IEEE 754 machine.

BLAS and LAPACK choose kernels by processor, which changes the last bits of what they return. The
functions here are loops of elementwise products, differences, quotients and square roots, each of
them rounded once; NumPy does not contract them.
"""

import math

import numpy as np


class NotPositiveDefiniteError(ValueError):
    """A Cholesky pivot was not a positive finite number."""


def upper_factor(a: np.ndarray) -> np.ndarray:
    """Upper triangular R [n x n] with a = R R^T, eliminating from the last column to the first."""
    a = np.array(a)
    n = a.shape[0]
    r = np.zeros_like(a)
    for j in range(n - 1, -1, -1):
        pivot = a[j, j]
        if not (np.isfinite(pivot) and pivot > 0):
            raise NotPositiveDefiniteError(f"pivot {j} of {n} is {pivot}")
        r[j, j] = np.sqrt(pivot)
        r[:j, j] = a[:j, j] / r[j, j]
        a[:j, :j] -= r[:j, j, None] * r[None, :j, j]
    return r


def invert_upper(r: np.ndarray) -> np.ndarray:
    """R^-1 for R [n x n] upper triangular, by back substitution on the unit matrix."""
    n = r.shape[0]
    rest = np.eye(n, dtype=r.dtype)
    inverse = np.zeros_like(r)
    for k in range(n - 1, -1, -1):
        inverse[k, k:] = rest[k, k:] / r[k, k]
        rest[:k, k:] -= r[:k, k, None] * inverse[None, k, k:]
    return inverse


def solve_positive_definite(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Solves a X = b for a [n x n] symmetric positive definite and b [n x k], by elimination."""
    a, x = np.array(a), np.array(b)
    n = a.shape[0]
    for j in range(n):
        if not (np.isfinite(a[j, j]) and a[j, j] > 0):
            raise NotPositiveDefiniteError(f"pivot {j} of {n} is {a[j, j]}")
        factors = a[j + 1 :, j] / a[j, j]
        a[j + 1 :, j + 1 :] -= factors[:, None] * a[None, j, j + 1 :]
        x[j + 1 :] -= factors[:, None] * x[None, j]
    for j in range(n - 1, -1, -1):
        x[j] /= a[j, j]
        x[:j] -= a[:j, j, None] * x[None, j]
    return x


def exact_sum(values: np.ndarray) -> float:
    """The sum of all values, rounded once."""
    return math.fsum(np.asarray(values, dtype=np.float64).ravel().tolist())
