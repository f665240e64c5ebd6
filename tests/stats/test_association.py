"""WEAT: worked figures, a brute-force permutation, uniform p-values, coverage; standardised means likewise."""

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from math import comb, sqrt

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest, chi2, kstest, kurtosis, nct
from statsmodels.stats.power import TTestIndPower, TTestPower

from audit.stats import association as weat
from audit.stats.association import association, cosines, effect_size, repartition_p
from audit.stats.estimate import LEVELS
from audit.stats.power import AIMED
from audit.stats.standardised import detectable_noncentrality, noncentrality_bounds, standardised_mean

Sample = NDArray[np.float64]


def brute_force(first: list[int], second: list[int]) -> Fraction:
    """Every choice of places for the first set, in exact arithmetic: means at least as far apart as observed."""
    every = first + second

    def difference(places: tuple[int, ...]) -> Fraction:
        one = [every[i] for i in places]
        other = [every[i] for i in range(len(every)) if i not in places]
        return abs(Fraction(sum(one), len(one)) - Fraction(sum(other), len(other)))

    observed = difference(tuple(range(len(first))))
    found = [difference(places) >= observed for places in combinations(range(len(every)), len(first))]
    return Fraction(sum(found), len(found))


def test_effect_size_worked_by_hand() -> None:
    # all eight: mean 3.5, sum of squares 18; the means differ by 2
    assert effect_size([3, 4, 5, 6], [1, 2, 3, 4]) == pytest.approx(2 / sqrt(18 / 7))
    assert effect_size([1, 2, 3, 4], [3, 4, 5, 6]) == pytest.approx(-2 / sqrt(18 / 7))
    assert effect_size([1] * 8, [0] * 8) == pytest.approx(2 * sqrt(15 / 16))  # the most that two sets of 8 reach
    assert np.isnan(effect_size([0.3] * 4, [0.3] * 4))


def test_cosines() -> None:
    found = cosines(np.array([[1.0, 0], [3, 4], [0, 0], [np.nan, 1]]), np.array([[2.0, 0], [0, -1]]))
    assert found[:2].tolist() == [[1.0, 0.0], [pytest.approx(0.6), pytest.approx(-0.8)]]
    assert np.isnan(found[2:]).all()


@pytest.mark.parametrize(("nx", "ny"), [(4, 4), (5, 5), (4, 7), (7, 4)])
def test_the_p_value_is_that_of_brute_force(nx: int, ny: int) -> None:
    generator = np.random.default_rng(nx * 100 + ny)
    for _ in range(6):  # few distinct numbers, so that partitions tie with the observed one
        first, second = generator.integers(0, 6, nx).tolist(), (generator.integers(0, 6, ny) + 1).tolist()
        p, method = repartition_p([v / 7 for v in first], [v / 7 for v in second], seed=0)
        assert p == pytest.approx(float(brute_force(first, second)), abs=1e-12)
        assert method == f"exact, over {comb(nx + ny, nx)} partitions"


def test_the_strongest_effect_has_the_smallest_p_in_both_directions() -> None:
    low, high = np.linspace(0, 1, 8), np.linspace(2, 3, 8)
    for first, second in ((low, high), (high, low)):
        p, _ = repartition_p(first, second, seed=0)
        assert p == pytest.approx(2 / comb(16, 8))  # itself and its mirror image
    assert association(low, high, seed=0).value == pytest.approx(-association(high, low, seed=0).value)


def test_drawn_partitions_agree_with_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(5)
    first, second = generator.normal(0.5, 1, 9), generator.normal(size=9)
    exact, _ = repartition_p(first, second, seed=0)
    monkeypatch.setattr(weat, "MOST_PARTITIONS", 0)
    drawn, method = repartition_p(first, second, seed=3)
    assert drawn == pytest.approx(exact, abs=4 * sqrt(exact * (1 - exact) / weat.DRAWS))
    assert method == "20,000 of 48,620 partitions drawn, seed 3"
    assert (drawn, method) == repartition_p(first, second, seed=3)
    assert repartition_p(first, first + 100, seed=3)[0] >= 1 / (1 + weat.DRAWS)  # never 0
    with monkeypatch.context() as few:
        few.setattr(weat, "DRAWS", 99)
        assert repartition_p(np.arange(30.0), np.arange(100.0, 130.0), seed=0)[0] == 0.01


@pytest.mark.parametrize(("nx", "ny", "most"), [(6, 6, 200_000), (4, 9, 200_000), (8, 8, 0)])
def test_p_values_are_uniform_where_nothing_differs(
    nx: int, ny: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weat, "MOST_PARTITIONS", most)
    monkeypatch.setattr(weat, "DRAWS", 999)
    generator = np.random.default_rng(7)
    found = [
        repartition_p(generator.normal(0.4, 1, nx), generator.normal(0.4, 1, ny), seed=seed)[0]
        for seed in range(600)
    ]
    assert kstest(found, "uniform").pvalue > 0.01
    assert binomtest(sum(p <= 0.05 for p in found), 600, 0.05).pvalue > 0.01


def test_an_estimate_carries_all_that_a_gate_needs() -> None:
    generator = np.random.default_rng(2)
    found = association(generator.normal(1, 1, 8), generator.normal(0, 1, 10), seed=0)
    assert found.interval is not None
    assert found.interval.low < found.value < found.interval.high  # type: ignore[operator]
    assert [i.level for i in found.stricter] == [0.975, 0.99, 0.995, 0.9975, 0.999, 0.9995, 0.9999]
    assert all(i.low < found.interval.low and i.high > found.interval.high for i in found.stricter)
    assert (found.n, found.n_clusters, found.effect_size) == (18, 18, found.value)
    assert "exact, over 43,758 partitions" in found.note
    # Cohen's d that two groups of 8 and 10 detect, as statsmodels finds it, in units of the spread of all
    within = TTestIndPower().solve_power(nobs1=8, ratio=10 / 8, alpha=0.05, power=AIMED)
    assert found.smallest_detectable == pytest.approx(within / sqrt(1 + 80 / 18**2 * within**2), abs=1e-4)


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ([], [], "has 0 words; it needs 4"),
        ([1.0] * 3, [2.0] * 9, "has 3 words; it needs 4"),
        ([0.1] * 5, [0.1] * 5, "associated alike"),
        ([0.1] * 5, [float("nan")] * 5, "5 of 10 associations are not finite"),
    ],
)
def test_what_cannot_be_measured_is_no_number(first: list[float], second: list[float], reason: str) -> None:
    found = association(first, second, seed=0)
    assert (found.value, found.interval) == (None, None)
    assert reason in found.reason


def test_sets_without_spread_have_a_value_and_no_interval() -> None:
    found = association([0.5] * 6, [0.1] * 6, seed=0)
    assert found.value == pytest.approx(2 * sqrt(11 / 12))
    assert found.p_value == pytest.approx(2 / comb(12, 6))
    assert found.interval is None
    assert "an interval cannot be estimated" in found.reason


@pytest.mark.parametrize("apart", [0.0, 1e-3, 0.3, 5.0, 40.0, 1e4])
def test_the_interval_holds_the_estimate_however_far_apart(apart: float) -> None:
    generator = np.random.default_rng(1)
    for sign in (1, -1):
        found = association(generator.normal(sign * apart, 1, 8), generator.normal(0, 1, 8), seed=0)
        for interval in (found.interval, *found.stricter):
            assert interval is not None
            assert -2 <= interval.low <= found.value <= interval.high <= 2  # type: ignore[operator]


def normal(generator: np.random.Generator, n: int) -> Sample:
    return generator.normal(size=n)


def uniform(generator: np.random.Generator, n: int) -> Sample:
    return generator.uniform(-sqrt(3), sqrt(3), n)


def exponential(generator: np.random.Generator, n: int) -> Sample:
    return generator.exponential(size=n) - 1


def covers(draw: Callable[[np.random.Generator, int], Sample], nx: int, ny: int, apart: float) -> float:
    generator = np.random.default_rng(11)
    share = nx * ny / (nx + ny) ** 2
    true = apart / sqrt(1 + share * apart**2)
    weats = (association(draw(generator, nx) + apart, draw(generator, ny), seed=0) for _ in range(500))
    return sum(w.interval is not None and w.interval.low <= true <= w.interval.high for w in weats) / 500


@pytest.mark.slow
@pytest.mark.parametrize("draw", [normal, uniform, exponential])
@pytest.mark.parametrize(("nx", "ny", "apart"), [(6, 6, 0.0), (8, 8, 1.0), (8, 8, 2.5), (8, 15, 1.0)])
def test_coverage(
    draw: Callable[[np.random.Generator, int], Sample],
    nx: int,
    ny: int,
    apart: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At 0, 93 to 97 %; away from it 93 % or more, whatever the shape; 500 runs, so two points of noise."""
    monkeypatch.setattr(weat, "MOST_PARTITIONS", 0)
    monkeypatch.setattr(weat, "DRAWS", 1)
    assert 0.93 <= covers(draw, nx, ny, apart) <= (0.985 if apart == 0 else 1.0)


# Standardised means


def test_standardised_mean_in_closed_form() -> None:
    """Symmetric scores: noncentral t at a distance that is wider by the spread of d at the bound itself."""
    x = np.array([0.2, -0.1, 0.5, 0.4, 0.3, -0.0]) - 0.05
    x = np.concatenate([x, 2 * x.mean() - x])
    found, d = standardised_mean(x), x.mean() / x.std(ddof=1)
    assert found.value == pytest.approx(d)
    assert found.interval is not None
    excess = kurtosis(x, bias=False) + sqrt(24 / 12)
    for bound, tail in ((found.interval.low, 0.975), (found.interval.high, 0.025)):
        own = 1 + sqrt(6 / 12) * abs(bound) + (2 + excess) / 4 * bound**2
        wider = max(1.0, sqrt(own / (1 + bound**2 / 2)))
        normal = d + (bound - d) / wider
        assert nct.cdf(d * sqrt(12), 11, normal * sqrt(12)) == pytest.approx(tail, abs=1e-4)
    assert found.smallest_detectable == pytest.approx(
        TTestPower().solve_power(nobs=12, alpha=0.05, power=AIMED), rel=1e-4
    )


@pytest.mark.parametrize("freedom", [3, 14, 107])
@pytest.mark.parametrize("statistic", [0.0, 0.3, 2.2, 9.0])
def test_noncentrality_bounds_invert_the_noncentral_t(statistic: float, freedom: int) -> None:
    for level in LEVELS:
        low, high = noncentrality_bounds(statistic, freedom)(level)
        tail = (1 - level) / 2
        assert nct.sf(statistic, freedom, low) == pytest.approx(tail, rel=0.005)
        assert nct.cdf(statistic, freedom, high) == pytest.approx(tail, rel=0.005)
        mirrored = noncentrality_bounds(-statistic, freedom)(level)
        assert mirrored == (pytest.approx(-high, abs=1e-3), pytest.approx(-low, abs=1e-3))


def test_bounds_of_a_huge_t_are_those_of_the_spread_alone() -> None:
    low, high = noncentrality_bounds(1e6, 6)(0.95)
    assert low == pytest.approx(1e6 * sqrt(chi2.ppf(0.025, 6) / 6), rel=0.01)
    assert high == pytest.approx(1e6 * sqrt(chi2.ppf(0.975, 6) / 6), rel=0.01)


def test_the_noncentrality_that_is_detected() -> None:
    assert detectable_noncentrality(10_000) == pytest.approx(1.95996 + 1.28155, abs=1e-3)


@pytest.mark.parametrize(
    ("values", "reason"),
    [([], "no score"), ([1.0], "one score"), ([0.5] * 4, "all 4 scores are equal"), ([1.0, np.inf], "1 of 2")],
)
def test_no_standardised_mean_without_spread(values: list[float], reason: str) -> None:
    found = standardised_mean(values)
    assert found.value is None
    assert reason in found.reason


@pytest.mark.parametrize(("n", "shift"), [(8, 0.0), (20, 0.5), (60, 0.3)])
def test_coverage_of_standardised_means(n: int, shift: float) -> None:
    generator = np.random.default_rng(4)
    found = [standardised_mean(generator.normal(shift, 1, n)).interval for _ in range(300)]
    inside = sum(i is not None and i.low <= shift <= i.high for i in found)
    assert 0.92 <= inside / 300 <= 0.99
