"""Perplexity, KL divergence and top-token agreement against hand-made values."""

import math

import numpy as np
import pytest

from lathe_interop.golden.random_source import RandomSource
from lathe_interop.reference.perplexity import (
    kl_divergence,
    log_probabilities,
    log_softmax,
    perplexity,
    same_top,
)


def test_uniform_logits_have_the_vocabulary_as_perplexity():
    assert perplexity(np.zeros((5, 7)), np.arange(5)) == pytest.approx(7, rel=1e-14)


def test_known_distribution():
    logits = np.log([[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]])
    targets = np.array([1, 2])
    np.testing.assert_allclose(log_probabilities(logits, targets), np.log([0.25, 0.75]))
    assert perplexity(logits, targets) == pytest.approx(1 / math.sqrt(0.25 * 0.75))
    other = np.log([[0.25, 0.5, 0.25], [0.125, 0.125, 0.75]])
    np.testing.assert_allclose(kl_divergence(logits, other), [0.25 * math.log(2), 0], atol=1e-15)
    assert same_top(logits, other).tolist() == [False, True]


def test_a_common_shift_changes_nothing_and_large_logits_do_not_overflow():
    logits = RandomSource(3).bell(12, 4, 50) / 100
    np.testing.assert_allclose(log_softmax(logits + 1e6), log_softmax(logits), atol=1e-8)
    assert np.isfinite(log_softmax(logits * 1e6)).all()
    np.testing.assert_allclose(np.exp(log_softmax(logits)).sum(axis=-1), 1, rtol=1e-13)


def test_equal_tops_go_to_the_lowest_index():
    tie, first = np.array([[1.0, 3.0, 3.0]]), np.array([[0.0, 2.0, 1.0]])
    assert same_top(tie, first).tolist() == [True]
    assert same_top(tie, np.array([[0.0, 1.0, 2.0]])).tolist() == [False]
