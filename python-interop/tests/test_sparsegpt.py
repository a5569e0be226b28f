"""The SparseGPT reference against other ways to the same result."""

import numpy as np
import pytest

from lathe_interop.golden.random_source import RandomSource
from lathe_interop.reference.closed_form import closed_form, output_error
from lathe_interop.reference.hessian import hessian, regularize
from lathe_interop.reference.selection import Pattern, choose_lowest, choose_of_group
from lathe_interop.reference.sparsegpt import sparsegpt


def layer(rows: int, cols: int, seed: int, dead: tuple[int, ...] = ()):
    """W [rows x cols] and a correlated H [cols x cols]."""
    source = RandomSource(seed)
    x = np.cumsum(source.bell(10, 2 * cols + 8, cols) / 1000, axis=1)
    x[:, list(dead)] = 0
    return source.bell(16, rows, cols) / 65536, hessian(x)


def eliminate(w, h, pattern, mask_block, damping, shrinkage):
    """SparseGPT by explicit elimination: each column is taken out of the inverse Hessian by its
    Schur complement. U_cc^2 is the inverse's diagonal at c once the columns before c are gone,
    which is the first entry of the inverse of H[c:, c:].
    """
    w = w.copy()
    rows, cols = w.shape
    w[:, np.diagonal(h) == 0] = 0
    h = regularize(h, damping, shrinkage)
    mask = np.zeros(w.shape, dtype=bool)
    denominators = [np.linalg.inv(h[c:, c:])[0, 0] for c in range(cols)]
    inverse = np.linalg.inv(h)
    width = pattern.of_m or mask_block
    for j in range(cols):
        if j % width == 0:
            end = min(cols, j + width)
            scores = w[:, j:end] ** 2 / np.array(denominators[j:end])
            mask[:, j:end] = chosen_by_sorting(scores, pattern, rows, j, end)
        e = np.where(mask[:, j], w[:, j], 0) / inverse[0, 0]
        w[:, j:] -= e[:, None] * inverse[None, 0]
        w[mask[:, j], j] = 0
        # The Schur complement takes column j out of the inverse.
        inverse = (inverse - np.outer(inverse[:, 0], inverse[0]) / inverse[0, 0])[1:, 1:]
    return w, mask


def chosen_by_sorting(scores, pattern, rows, start, end):
    """The mask of a block, from (score, row, column) triples in order."""
    mask = np.zeros(scores.shape, dtype=bool)
    triples = sorted((scores[i, c], i, c) for i in range(rows) for c in range(end - start))
    if pattern.of_m == 0:
        s = pattern.sparsity
        count = int(s * rows * end) - int(s * rows * start)
        taken = triples[:count]
    else:
        drop = max(0, end - start - pattern.keep_n)
        taken = [t for i in range(rows) for t in [t for t in triples if t[1] == i][:drop]]
    for _, i, c in taken:
        mask[i, c] = True
    return mask


CASES = [
    (1, 1, Pattern(0.5), 128, ()),
    (3, 13, Pattern(0.5), 4, ()),
    (5, 33, Pattern(0.25), 16, (0, 20, 32)),
    (4, 33, Pattern(keep_n=2, of_m=4), 128, ()),
    (4, 30, Pattern(keep_n=4, of_m=8), 128, (1, 2, 3, 4, 5)),
    (2, 17, Pattern(keep_n=1, of_m=4), 128, ()),
    (6, 24, Pattern(0.9), 24, ()),
]


@pytest.mark.parametrize("rows,cols,pattern,mask_block,dead", CASES)
@pytest.mark.parametrize("shrinkage", [0.0, 0.1])
def test_agrees_with_explicit_elimination(rows, cols, pattern, mask_block, dead, shrinkage):
    w, h = layer(rows, cols, 17 * cols + rows, dead)
    expected, mask = eliminate(w, h, pattern, mask_block, 0.01, shrinkage)
    result = sparsegpt(w, h, pattern, mask_block, 0.01, shrinkage)
    assert np.array_equal(result.obs.mask, mask)
    np.testing.assert_allclose(result.obs.weights, expected, rtol=0, atol=1e-10)
    assert np.array_equal(result.dead, np.isin(np.arange(cols), dead))


@pytest.mark.parametrize("seed", range(5))
def test_is_the_closed_form_where_pruned_columns_come_first(seed):
    rows, cols = 8, 40
    w, h = layer(rows, cols, seed)
    mask = np.arange(cols)[None, :] < (seed + 5 * np.arange(rows))[:, None]
    result = sparsegpt(w, h, Pattern(), mask=mask)
    optimum = closed_form(w, result.factor.regularized, mask)
    np.testing.assert_allclose(result.obs.weights, optimum, rtol=0, atol=1e-9)


def test_closed_form_is_the_least_squares_optimum():
    w, h = layer(4, 12, 3)
    h = regularize(h, 0.01, 0)
    mask = RandomSource(1).integers(2, 4, 12).astype(bool)
    optimum = closed_form(w, h, mask)
    root = np.linalg.cholesky(h).T
    for i in range(4):
        kept = ~mask[i]
        solution = np.linalg.lstsq(root[:, kept], root @ w[i], rcond=None)[0]
        np.testing.assert_allclose(optimum[i, kept], solution, rtol=1e-9, atol=1e-12)
        assert not optimum[i, mask[i]].any()


def test_is_worse_than_the_closed_form_of_its_mask_but_better_than_zeroing():
    w, h = layer(16, 48, 11)
    result = sparsegpt(w, h, Pattern(0.5))
    hessian_used = result.factor.regularized
    best = closed_form(w, hessian_used, result.obs.mask)
    zeroed = np.where(result.obs.mask, 0, w)
    errors = [output_error(w, q, hessian_used) for q in (best, result.obs.weights, zeroed)]
    assert errors == sorted(errors)
    assert errors[1] < 0.5 * errors[2]


def test_loss_is_the_output_error_under_the_regularized_hessian():
    w, h = layer(7, 30, 23)
    result = sparsegpt(w, h, Pattern(keep_n=2, of_m=4), shrinkage=0.05)
    paid = 7 * output_error(w, result.obs.weights, result.factor.regularized)
    assert result.obs.loss == pytest.approx(paid, rel=1e-10)


@pytest.mark.parametrize("sparsity", [0.0, 0.1, 0.333, 0.5, 0.9, 0.999])
@pytest.mark.parametrize(
    "rows,cols,mask_block", [(1, 1, 8), (3, 33, 8), (13, 50, 50), (5, 12, 128)]
)
def test_zeros_are_exactly_those_asked_for(rows, cols, mask_block, sparsity):
    w, h = layer(rows, cols, 5)
    result = sparsegpt(w, h, Pattern(sparsity), mask_block)
    for start in range(0, cols, mask_block):
        end = min(cols, start + mask_block)
        expected = int(sparsity * (rows * end)) - int(sparsity * (rows * start))
        assert result.obs.mask[:, start:end].sum() == expected
    assert result.obs.zeros == int(sparsity * (rows * cols))
    assert np.array_equal(result.obs.weights == 0, result.obs.mask)


@pytest.mark.parametrize("keep_n,of_m", [(2, 4), (4, 8), (1, 4), (3, 5)])
def test_every_group_keeps_n_of_m(keep_n, of_m):
    w, h = layer(6, 43, 9)
    result = sparsegpt(w, h, Pattern(keep_n=keep_n, of_m=of_m))
    for start in range(0, 43, of_m):
        group = result.obs.mask[:, start : start + of_m]
        assert (np.sum(~group, axis=1) == min(keep_n, group.shape[1])).all()


def test_equal_scores_are_taken_in_row_major_order():
    scores = np.array([[2.0, 1.0, 1.0], [1.0, 1.0, 0.0]])
    choice = choose_lowest(scores, 3)
    assert choice.mask.tolist() == [[False, True, True], [False, False, True]]
    assert choice.gap == 0
    assert choose_of_group(np.array([[1.0, 1.0, 1.0, 1.0]]), 2).mask.tolist() == [
        [True, True, False, False]
    ]


def test_gap_is_the_relative_distance_at_the_threshold():
    assert choose_lowest(np.array([1.0, 3.0, 4.0]), 2).gap == 0.25
    assert choose_lowest(np.array([0.0, 0.0, 4.0]), 1).gap == 1
    assert choose_lowest(np.array([1.0, 2.0]), 0).gap == 1
    assert choose_of_group(np.array([[1.0, 2.0], [3.0, 4.0]]), 1).gap == 0.25


@pytest.mark.parametrize(
    "sparsity,count,expected",
    [(0.29, 100, 29), (0.3, 10, 3), (1 / 3, 9, 3), (0.5, 13, 6), (0.999, 12, 11), (0.57, 100, 57)],
)
def test_a_share_is_what_decimals_say(sparsity, count, expected):
    assert Pattern(sparsity).share_of(count) == expected


@pytest.mark.parametrize("bad", [{"sparsity": 1.0}, {"sparsity": -0.1}, {"keep_n": 4, "of_m": 4}])
def test_impossible_patterns_are_refused(bad):
    with pytest.raises(ValueError, match="expected"):
        Pattern(**bad)


def test_float32_stays_float32_and_near():
    w, h = layer(5, 60, 31)
    double = sparsegpt(w, h, Pattern(0.5))
    single = sparsegpt(w, h, Pattern(0.5), dtype=np.float32)
    assert single.obs.weights.dtype == np.float32
    assert np.array_equal(single.obs.mask, double.obs.mask)
    # Unit roundoff times the condition number bounds the factor's relative error.
    bound = np.linalg.cond(double.factor.regularized) * 2.0**-24 * np.abs(w).max() * 60
    assert np.abs(single.obs.weights - double.obs.weights).max() < bound


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="expected W"):
        sparsegpt(np.ones((2, 3)), np.eye(2), Pattern(0.5))
