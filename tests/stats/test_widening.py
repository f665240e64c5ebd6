"""What the shape of scores adds to the spread of a standardised mean: closed forms, and simulated spreads."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import expon

from audit.stats import association, standardised
from audit.stats.widening import Widening

quick = settings(deadline=None, derandomize=True, max_examples=60, database=None)
EVEN = (np.arange(40_000) + 0.5) / 40_000
widenings = st.builds(
    Widening,
    constant=st.floats(0.05, 2),
    slope=st.floats(-4, 4),
    doubt=st.floats(0, 2),
    square=st.floats(-0.3, 6),
    normal=st.floats(0.05, 1),
)


def test_exponential_scores_in_closed_form() -> None:
    """Skewness 2 and kurtosis 9 make the variance at d = -1 1 + 2 + 2, where that of normal scores is 1.5."""
    found = standardised._widening(expon.ppf(EVEN) - 1)
    assert (found.slope, found.square) == (pytest.approx(-2, rel=0.01), pytest.approx(2, rel=0.03))
    assert found.times(np.array([-1.0]))[0] == pytest.approx(sqrt(5 / 1.5), rel=0.01)


@pytest.mark.parametrize(("d", "variance"), [(0.0, 1.0), (-1.0, 5.0), (-0.5, 2.5), (1.0, 1.0)])
def test_standardised_means_of_exponential_scores_vary_as_the_formula_says(d: float, variance: float) -> None:
    x = np.random.default_rng(1).exponential(size=(4000, 1000)) - 1 + d
    estimates = x.mean(axis=1) / x.std(axis=1, ddof=1)
    assert 1000 * estimates.var() == pytest.approx(variance, rel=0.12)


@pytest.mark.parametrize("apart", [0.0, 1.0, -2.5])
def test_differences_of_two_sets_vary_as_the_formula_says(apart: float) -> None:
    """Sets of 300 exponential and 600 normal associations of one spread."""
    draws = np.random.default_rng(2)
    x, y = draws.exponential(size=(4000, 300)) - 1 + apart, draws.normal(size=(4000, 600))
    pooled = (x.var(axis=1, ddof=1) * 299 + y.var(axis=1, ddof=1) * 599) / 898
    estimates = (x.mean(axis=1) - y.mean(axis=1)) / np.sqrt(pooled)
    found = [association._widening(x[i] - x[i].mean(), y[i] - y[i].mean()) for i in range(200)]
    slope, square = np.mean([each.slope for each in found]), np.mean([each.square for each in found])
    variance = found[0].constant + slope * apart + square * apart**2
    assert estimates.var() == pytest.approx(variance, rel=0.15)


def test_normal_scores_of_known_shape_are_not_widened() -> None:
    assert Widening(1, 0, 0, 0.5, 0.5).moved(0.4, 0.9) == 0.9
    assert Widening(1, 0, 0, 0.5, 0.5).moved(0.4, -0.1) == -0.1


@quick
@given(widenings, st.floats(-3, 3), st.floats(0.01, 3), st.sampled_from([-1, 1]))
def test_a_moved_bound_is_as_far_as_its_own_spread_asks(
    widening: Widening, d: float, far: float, side: int
) -> None:
    bound = d + side * far
    moved = widening.moved(d, bound)
    assert side * (moved - bound) >= -1e-9
    assert abs(moved - d) <= widening.most * far * (1 + 1e-9)
    wanted = d + widening.times(np.array([moved]))[0] * (bound - d)
    assert moved == pytest.approx(wanted, abs=0.03 * far)


@pytest.mark.parametrize("bound", [-0.05, 0.05])
def test_what_is_told_from_0_stays_told_from_0(bound: float) -> None:
    """Skewness tells nothing of scores whose true d is 0: there the mean alone counts."""
    exponential = Widening(1.0, 2.0, 0.3, 2.0, 0.5)
    for widening in (exponential, replace(exponential, slope=-2.0)):
        assert (widening.moved(0.8, bound) > 0) == (bound > 0)


@quick
@given(widenings, st.floats(-50, 50))
def test_no_true_value_widens_more_than_the_most(widening: Widening, d: float) -> None:
    assert 1 <= widening.times(np.array([d]))[0] <= widening.most * (1 + 1e-12)


@quick
@given(widenings, st.floats(-3, 3), st.floats(0.01, 3), st.floats(1.01, 3))
def test_stricter_bounds_stay_outside(widening: Widening, d: float, far: float, stricter: float) -> None:
    assert widening.moved(d, d + far * stricter) >= widening.moved(d, d + far) - 0.01 * far
    assert widening.moved(d, d - far * stricter) <= widening.moved(d, d - far) + 0.01 * far
