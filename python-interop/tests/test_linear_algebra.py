"""The deterministic linear algebra against NumPy's."""

import numpy as np
import pytest

from lathe_interop.golden.random_source import RandomSource
from lathe_interop.reference import linear_algebra
from lathe_interop.reference.hessian import HessianAccumulator, hessian, inverse_factor, regularize


def random_positive_definite(n: int, seed: int) -> np.ndarray:
    a = RandomSource(seed).bell(10, n, n) / 1000
    return a @ a.T + np.eye(n)


@pytest.mark.parametrize("n", [1, 2, 13, 64])
def test_upper_factor_and_inverse(n):
    a = random_positive_definite(n, n)
    r = linear_algebra.upper_factor(a)
    assert np.array_equal(r, np.triu(r))
    np.testing.assert_allclose(r @ r.T, a, rtol=1e-12, atol=1e-12)
    inverse = linear_algebra.invert_upper(r)
    assert np.array_equal(inverse, np.triu(inverse))
    np.testing.assert_allclose(inverse @ r, np.eye(n), atol=1e-11)


@pytest.mark.parametrize("n", [1, 13, 64])
def test_solve(n):
    a = random_positive_definite(n, 100 + n)
    b = RandomSource(n).bell(8, n, 3) / 100
    x = linear_algebra.solve_positive_definite(a, b)
    np.testing.assert_allclose(x, np.linalg.solve(a, b), rtol=1e-9, atol=1e-11)


def test_indefinite_matrices_are_refused():
    for function in (
        linear_algebra.upper_factor,
        lambda a: linear_algebra.solve_positive_definite(a, np.ones((2, 1))),
    ):
        with pytest.raises(linear_algebra.NotPositiveDefiniteError):
            function(np.array([[1.0, 2.0], [2.0, 1.0]]))


def test_inverse_factor_is_the_upper_cholesky_factor_of_the_inverse():
    h = random_positive_definite(40, 7)
    h[3, :] = h[:, 3] = 0
    factor = inverse_factor(h, damping=0.05, shrinkage=0.1)
    expected = h.copy()
    expected[3, 3] = 1
    expected = 0.9 * expected + 0.1 * np.diag(np.diagonal(expected))
    expected += 0.05 * np.mean(np.diagonal(expected)) * np.eye(40)
    np.testing.assert_allclose(factor.regularized, expected, rtol=1e-13, atol=1e-13)
    upper = np.linalg.cholesky(np.linalg.inv(expected)).T
    np.testing.assert_allclose(factor.u, upper, rtol=1e-9, atol=1e-12)
    assert (factor.damping, factor.attempts) == (0.05, 1)


def test_damping_grows_tenfold_until_the_factorisation_succeeds():
    h = np.array([[1.0, 1.5], [1.5, 1.0]])
    factor = inverse_factor(h, damping=0.01)
    assert factor.attempts == 3
    assert factor.damping == pytest.approx(1.0)
    np.testing.assert_allclose(factor.regularized, regularize(h, factor.damping, 0))


def test_hopeless_and_non_finite_hessians_are_refused():
    with pytest.raises(linear_algebra.NotPositiveDefiniteError):
        inverse_factor(np.array([[1.0, 1e9], [1e9, 1.0]]))
    with pytest.raises(ValueError, match="not finite"):
        inverse_factor(np.array([[np.nan]]))


def test_hessian_is_the_mean_of_products_doubled():
    x = RandomSource(5).bell(6, 30, 7) / 8
    np.testing.assert_allclose(hessian(x), 2 * x.T @ x / 30, rtol=1e-13)
    accumulator = HessianAccumulator(7)
    accumulator.add(x[:11])
    accumulator.add(x[11:])
    assert np.array_equal(accumulator.finish(), hessian(x))
    with pytest.raises(ValueError, match="no token"):
        HessianAccumulator(7).finish()
    with pytest.raises(ValueError, match="expected"):
        accumulator.add(np.ones((2, 6)))


def test_random_source_is_splitmix64():
    # The first outputs for seed 1234567, as published with the algorithm.
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert RandomSource(1234567).words(3).tolist() == expected
    source = RandomSource(1234567)
    assert [source.words(1)[0], *source.words(2)] == expected
    draws = RandomSource(0).integers(10, 10000)
    assert draws.min() == 0 and draws.max() == 9
    assert np.bincount(draws).min() > 850
    bell = RandomSource(0).bell(8, 100, 100)
    assert abs(bell.mean()) < 5 and 140 < bell.std() < 156
