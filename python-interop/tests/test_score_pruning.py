"""Wanda and magnitude pruning against their definitions."""

import numpy as np
import pytest

from lathe_interop.golden.random_source import RandomSource
from lathe_interop.reference.magnitude import magnitude
from lathe_interop.reference.selection import Pattern
from lathe_interop.reference.wanda import column_norms, wanda


def layer(rows: int, cols: int):
    source = RandomSource(rows * 1000 + cols)
    w = (source.bell(16, rows, cols) / 65536).astype(np.float32)
    return w, column_norms(source.bell(8, 50, cols) * (1 + np.arange(cols)))


def test_column_norms():
    x = np.array([[3.0, 0.0], [4.0, 2.0]])
    assert column_norms(x).tolist() == [5.0, 2.0]


@pytest.mark.parametrize("rows,cols", [(1, 1), (5, 13), (8, 64)])
@pytest.mark.parametrize("sparsity", [0.0, 0.3, 0.5, 0.9])
def test_wanda_prunes_the_lowest_scores_of_each_row(rows, cols, sparsity):
    w, norms = layer(rows, cols)
    pruned, choice = wanda(w, norms, Pattern(sparsity))
    scores = np.abs(w) * norms.astype(np.float32)
    for i in range(rows):
        count = int(sparsity * cols)
        expected = sorted(range(cols), key=lambda j, i=i: (scores[i, j], j))[:count]
        assert np.flatnonzero(choice.mask[i]).tolist() == sorted(expected)
    assert not pruned[choice.mask].any()
    assert np.array_equal(pruned[~choice.mask], w[~choice.mask])


@pytest.mark.parametrize("per_row", [True, False])
def test_magnitude_counts(per_row):
    w, _ = layer(7, 33)
    pruned, choice = magnitude(w, Pattern(0.37), per_row)
    expected = 7 * int(0.37 * 33) if per_row else int(0.37 * 7 * 33)
    assert choice.mask.sum() == expected
    if not per_row:
        assert np.abs(w[choice.mask]).max() <= np.abs(w[~choice.mask]).min()
    assert pruned.dtype == np.float32


def test_whole_matrix_takes_equal_scores_in_row_major_order():
    w = np.array([[1, -1, 2], [1, 1, 2]], dtype=np.float32)
    _, choice = magnitude(w, Pattern(0.5))
    assert choice.mask.tolist() == [[True, True, False], [True, False, False]]


@pytest.mark.parametrize("keep_n,of_m", [(2, 4), (4, 8), (1, 4)])
def test_groups_keep_the_highest(keep_n, of_m):
    w, norms = layer(6, 30)
    _, choice = wanda(w, norms, Pattern(keep_n=keep_n, of_m=of_m))
    scores = np.abs(w) * norms.astype(np.float32)
    for start in range(0, 30, of_m):
        for mask, group in zip(
            choice.mask[:, start : start + of_m], scores[:, start : start + of_m], strict=True
        ):
            kept = min(keep_n, group.size)
            assert (~mask).sum() == kept
            assert sorted(group[~mask]) == sorted(group)[group.size - kept :]


def test_wanda_and_magnitude_agree_on_equal_norms():
    w, _ = layer(5, 40)
    ones = np.ones(40)
    a, _ = wanda(w, ones, Pattern(0.5))
    b, _ = magnitude(w, Pattern(0.5), per_row=True)
    assert np.array_equal(a, b)
