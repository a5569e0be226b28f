"""OBS quantization: on the grid, equal to explicit elimination, and better than rounding."""

import numpy as np
import pytest

from lathe_interop.golden.random_source import RandomSource
from lathe_interop.reference.closed_form import output_error
from lathe_interop.reference.hessian import hessian, inverse_factor, regularize
from lathe_interop.reference.obs_quantize import (
    BlockScaleFormat,
    obs_quantize,
    round_to_nearest,
    symmetric_format,
)
from lathe_interop.reference.selection import Pattern
from lathe_interop.reference.sparsegpt import sparsegpt

Q8 = symmetric_format(32, -127, 127)
Q4 = symmetric_format(32, -8, 7)
INTEGERS = BlockScaleFormat(
    8, lambda block, importance: np.ones(block.shape[0]), lambda values, scale: np.rint(values)
)


def layer(rows: int, cols: int, seed: int):
    source = RandomSource(seed)
    x = np.cumsum(source.bell(10, 4 * cols, cols) / 1000, axis=1)
    return source.bell(16, rows, cols) / 65536, hessian(x)


@pytest.mark.parametrize("cols", [1, 13, 40])
def test_agrees_with_explicit_elimination(cols):
    w, h = layer(5, cols, cols)
    w = w * 4
    regularized = regularize(h, 0.01, 0)
    expected = w.copy()
    for j in range(cols):
        inverse = np.linalg.inv(regularized[j:, j:])
        stored = np.rint(expected[:, j])
        error = (expected[:, j] - stored) / inverse[0, 0]
        expected[:, j:] -= error[:, None] * inverse[None, 0]
        expected[:, j] = stored
    assert np.array_equal(obs_quantize(w, h, INTEGERS).weights, expected)


@pytest.mark.parametrize("storage,bits", [(Q8, 8), (Q4, 4)])
def test_feedback_beats_rounding_under_its_hessian(storage, bits):
    w, h = layer(24, 96, bits)
    importance = 1 / np.diagonal(inverse_factor(h).u) ** 2
    rounded = round_to_nearest(w, storage, importance)
    fed_back = obs_quantize(w, h, storage).weights
    assert output_error(w, fed_back, h) < 0.5 * output_error(w, rounded, h)


def test_values_lie_on_the_grid_of_their_block():
    scales = []

    def remember(block, importance):
        scales.append(Q4.choose(block, importance))
        return scales[-1]

    w, h = layer(6, 70, 5)
    q = obs_quantize(w, h, BlockScaleFormat(32, remember, Q4.nearest)).weights
    assert len(scales) == 3
    for start, scale in zip(range(0, 70, 32), scales, strict=True):
        assert np.array_equal(scale, scale.astype(np.float16))
        codes = q[:, start : start + 32] / scale[:, None]
        assert np.array_equal(codes, np.rint(codes))
        assert codes.min() >= -8 and codes.max() <= 7
        assert len(np.unique(codes)) > 8


def test_scale_choice_weighs_importance():
    block = np.array([[1.0, 0.03, -0.05, 0.02]])
    plain = Q4.choose(block, np.ones_like(block))
    heavy = Q4.choose(block, np.array([[1e-6, 1.0, 1.0, 1.0]]))

    def error(scale):
        return np.sum((block[0, 1:] - Q4.nearest(block[0, 1:], scale)) ** 2)

    assert error(heavy) < error(plain)
    assert Q4.choose(np.zeros((1, 4)), np.ones((1, 4))).tolist() == [0]
    assert not Q4.nearest(np.zeros(1), np.zeros(1)).any()


@pytest.mark.parametrize("storage", [Q8, Q4])
def test_joint_pass_keeps_the_mask_at_zero_and_compensates_for_it(storage):
    w, h = layer(8, 64, 77)
    pattern = Pattern(keep_n=2, of_m=4)
    joint = sparsegpt(w, h, pattern, storage=storage)
    assert not joint.obs.weights[joint.obs.mask].any()
    assert joint.obs.zeros == 8 * 32
    pruned = sparsegpt(w, h, pattern).obs.weights
    importance = 1 / np.diagonal(joint.factor.u) ** 2
    uncompensated = round_to_nearest(np.where(joint.obs.mask, 0, w), storage, importance)
    candidates = (pruned, joint.obs.weights, uncompensated)
    errors = [output_error(w, q, joint.factor.regularized) for q in candidates]
    assert errors == sorted(errors)
    assert errors[1] < 0.5 * errors[2]


def test_loss_is_the_output_error():
    w, h = layer(4, 33, 8)
    result = obs_quantize(w, h, Q4)
    paid = 4 * output_error(w, result.weights, regularize(h, 0.01, 0))
    assert result.loss == pytest.approx(paid, rel=1e-10)


def test_dead_columns_are_zeroed():
    w, h = layer(3, 20, 2)
    h[4, :] = h[:, 4] = 0
    assert not obs_quantize(w, h, Q8).weights[:, 4].any()
