"""OBS quantization with column-wise feedback into formats whose blocks share one scale."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .hessian import dead_columns, inverse_factor
from .obs import ObsResult, compress


@dataclass(frozen=True)
class BlockScaleFormat:
    """A format from two functions: how a block's scale is chosen, and how a value is rounded.

    choose(block [rows x width], importance [rows x width]) -> scale [rows]
    nearest(values [rows], scale [rows]) -> stored values [rows]
    """

    block_size: int
    choose: Callable[[np.ndarray, np.ndarray], np.ndarray]
    nearest: Callable[[np.ndarray, np.ndarray], np.ndarray]

    def choose_scale(self, block: np.ndarray, importance: np.ndarray) -> np.ndarray:
        return self.choose(block, importance)

    def round(self, values: np.ndarray, scale: np.ndarray) -> np.ndarray:
        return self.nearest(values, scale)


def symmetric_format(
    block_size: int, lowest: int, highest: int, steps: int = 9
) -> BlockScaleFormat:
    """Integers lowest..highest times one float16 scale per block (Q8_0: 32, -127, 127; Q4_0: 32,
    -8, 7). The scale is the best of `steps` candidates between 0.7 and 1 times the one that
    reaches the block's largest magnitude, of either sign, under the importance weights.
    """

    def nearest(values: np.ndarray, scale: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            codes = np.clip(np.rint(values / scale), lowest, highest)
        return np.where(scale == 0, 0, codes * scale).astype(values.dtype)

    def choose(block: np.ndarray, importance: np.ndarray) -> np.ndarray:
        largest = np.take_along_axis(block, np.abs(block).argmax(axis=1, keepdims=True), axis=1)
        best = np.zeros(block.shape[0], dtype=block.dtype)
        least = np.full(block.shape[0], np.inf)
        for share in np.linspace(1.0, 0.7, steps):
            for end in (lowest, highest):
                scale = (share * largest[:, 0] / end).astype(np.float16).astype(block.dtype)
                error = (importance * (block - nearest(block, scale[:, None])) ** 2).sum(axis=1)
                better = error < least
                best, least = np.where(better, scale, best), np.where(better, error, least)
        return best

    return BlockScaleFormat(block_size, choose, nearest)


def obs_quantize(
    w: np.ndarray,
    h: np.ndarray,
    storage: BlockScaleFormat,
    damping: float = 0.01,
    shrinkage: float = 0.0,
    dtype: type = np.float64,
) -> ObsResult:
    """Quantizes w [rows x cols] given h [cols x cols]; each column's rounding error is
    compensated in the columns after it, and a block's scale is chosen from weights that are
    compensated already.
    """
    w = np.array(w, dtype=dtype)
    h = np.asarray(h, dtype=dtype)
    w[:, dead_columns(h)] = 0
    return compress(w, inverse_factor(h, damping, shrinkage).u, storage=storage)


def round_to_nearest(
    w: np.ndarray, storage: BlockScaleFormat, importance: np.ndarray | None = None
) -> np.ndarray:
    """w [rows x cols] in the format without feedback, under importance [cols] (default: all 1)."""
    cols = w.shape[1]
    weights = np.ones(cols, dtype=w.dtype) if importance is None else importance
    result = np.empty_like(w)
    for start in range(0, cols, storage.block_size):
        columns = slice(start, min(start + storage.block_size, cols))
        block = w[:, columns]
        scale = storage.choose_scale(block, np.broadcast_to(weights[columns], block.shape))
        result[:, columns] = storage.round(block, scale[:, None])
    return result
