"""SparseGPT (Frantar and Alistarh 2023, arXiv 2301.00774) of one layer, from its Hessian."""

from dataclasses import dataclass

import numpy as np

from .hessian import InverseFactor, dead_columns, inverse_factor
from .obs import Format, ObsResult, compress
from .selection import Pattern


@dataclass(frozen=True)
class LayerResult:
    """The compressed layer and the factor that it was compressed with."""

    obs: ObsResult
    factor: InverseFactor
    dead: np.ndarray  # bool [cols]


def sparsegpt(
    w: np.ndarray,
    h: np.ndarray,
    pattern: Pattern,
    mask_block: int = 128,
    damping: float = 0.01,
    shrinkage: float = 0.0,
    dtype: type = np.float64,
    mask: np.ndarray | None = None,
    storage: Format | None = None,
) -> LayerResult:
    """Prunes w [rows x cols] given h [cols x cols] = 2 X^T X / tokens.

    Dead columns (h_jj = 0) get h_jj = 1 and weights of 0; see `regularize` for what follows. A
    given `mask` replaces the choice; `storage` quantizes what is kept in the same pass.
    """
    w, h = np.array(w, dtype=dtype), np.asarray(h, dtype=dtype)
    if w.ndim != 2 or h.shape != (w.shape[1], w.shape[1]):
        raise ValueError(
            f"expected W [rows x cols] and H [cols x cols], found {w.shape}, {h.shape}"
        )
    dead = dead_columns(h)
    w[:, dead] = 0
    factor = inverse_factor(h, damping, shrinkage)
    return LayerResult(compress(w, factor.u, pattern, mask_block, storage, mask), factor, dead)
