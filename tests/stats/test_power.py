"""Planning: published tables and inverse relations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.stats.power import NormalIndPower

from audit.stats.power import (
    detectable,
    detectable_change_of_share,
    detectable_difference_of_shares,
    pairs_needed,
    quantiles,
)
from audit.stats.proportion import clopper_pearson

quick = settings(deadline=None, derandomize=True, max_examples=40, database=None)


@pytest.mark.parametrize(("n", "difference"), [(50, 0.28), (100, 0.20), (200, 0.14), (1000, 0.06)])
def test_two_groups_at_one_half(n: int, difference: float) -> None:
    assert detectable_difference_of_shares(0.5, n) == pytest.approx(difference, abs=0.005)


def test_agrees_with_statsmodels() -> None:
    """With a standard deviation of 0.5, the difference is half the standardised effect."""
    effect = NormalIndPower().solve_power(nobs1=120, alpha=0.05, power=0.8)
    assert detectable_difference_of_shares(0.5, 120) == pytest.approx(effect / 2, rel=1e-4)


def test_the_multiple_of_the_standard_error() -> None:
    assert detectable(1.0, power=0.80) == pytest.approx(1.95996 + 0.84162, abs=1e-5)
    assert detectable(1.0) == pytest.approx(1.95996 + 1.28155, abs=1e-5)
    assert detectable(0.0) == 0.0


def test_few_degrees_of_freedom_detect_less() -> None:
    """t_{0.975} + t_{0.8} at 4 degrees of freedom, over the root of the median of chi-squared by 4."""
    assert quantiles(power=0.80, freedom=4) == pytest.approx((2.77645 + 0.94096) / (3.35669 / 4) ** 0.5, abs=1e-4)
    assert detectable(2.0, freedom=1e9) == pytest.approx(detectable(2.0), rel=1e-6)


@pytest.mark.parametrize(("p", "n"), [(0.5, 108), (0.05, 100), (0.95, 100), (0.2, 30), (0.5, 8)])
def test_the_change_of_a_share_is_found_as_often_as_it_says(p: float, n: int) -> None:
    """Exact: over all counts, the Clopper-Pearson interval at the changed share leaves out the old one."""
    change = detectable_change_of_share(p, n, power=0.80)
    assert change is not None
    changed = p + change if p <= 0.5 else p - change
    bounds = np.array([clopper_pearson(x, n, 0.95) for x in range(n + 1)])
    beyond = bounds[:, 0] > p if p <= 0.5 else bounds[:, 1] < p
    assert binom.pmf(np.arange(n + 1), n, changed)[beyond].sum() == pytest.approx(0.80, abs=1e-6)


def test_five_coins_show_no_bias_however_large() -> None:
    assert detectable_change_of_share(0.5, 5) is None
    assert detectable_change_of_share(0.5, 6) is not None
    assert detectable_change_of_share(0.5, 0.4) is None


def test_pairs_needed_as_published() -> None:
    """Miller 2024, arXiv 2411.00640, section 5: omega squared 1/9, a difference of 3 points, 969 questions."""
    assert pairs_needed(0.03, omega2=1 / 9) == 969
    assert pairs_needed(0.03, omega2=1 / 9, noise=1 / 9) == 1938


@quick
@given(st.floats(0.01, 0.5), st.floats(0.01, 1.0))
def test_pairs_needed_are_enough_and_one_fewer_is_not(difference: float, variance: float) -> None:
    n = pairs_needed(difference, omega2=variance)
    assert detectable((variance / n) ** 0.5, power=0.80) <= difference * (1 + 1e-9)
    if n > 1:
        assert detectable((variance / (n - 1)) ** 0.5, power=0.80) > difference * (1 - 1e-9)
