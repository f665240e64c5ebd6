"""Differences: Newcombe's own examples, exact tests in closed form, coverage."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, t, ttest_rel

from audit.stats.cluster import degrees_of_freedom, reach
from audit.stats.difference import clustered_difference, difference_of_shares, mcnemar_p, sign_test_p

quick = settings(deadline=None, derandomize=True, max_examples=40, database=None)


def hits(successes: int, n: int) -> list[bool]:
    return [True] * successes + [False] * (n - successes)


@pytest.mark.parametrize(
    ("x1", "n1", "x2", "n2", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0),
    ],
)
def test_newcombe_as_published(x1: int, n1: int, x2: int, n2: int, low: float, high: float) -> None:
    """Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, table II, method 10."""
    interval = difference_of_shares(hits(x1, n1), hits(x2, n2)).interval
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


def test_the_estimate_beside_the_interval() -> None:
    estimate = difference_of_shares(hits(50, 100), hits(25, 100))
    assert estimate.value == pytest.approx(0.25)
    assert estimate.effect_size == pytest.approx(np.pi / 6)
    assert estimate.smallest_detectable == pytest.approx((1.95996 + 1.28155) * (2 * 0.25 / 100) ** 0.5, abs=1e-5)
    assert (estimate.n, estimate.n_clusters) == (200, 200)


def test_an_empty_group_is_no_difference_of_zero() -> None:
    for first, second in (([], [True]), ([True], []), ([], [])):
        estimate = difference_of_shares(first, second)
        assert estimate.value is None
        assert "empty" in estimate.reason


@quick
@given(st.integers(1, 80), st.integers(1, 80), st.data())
def test_a_difference_lies_in_its_interval_and_turns_its_sign(n1: int, n2: int, data: st.DataObject) -> None:
    first = hits(data.draw(st.integers(0, n1)), n1)
    second = hits(data.draw(st.integers(0, n2)), n2)
    there, back = difference_of_shares(first, second), difference_of_shares(second, first)
    assert there.value is not None
    assert there.interval is not None
    assert back.interval is not None
    assert there.interval.low - 1e-12 <= there.value <= there.interval.high + 1e-12
    assert there.interval.low == pytest.approx(-back.interval.high, abs=1e-9)
    intervals = [there.interval, *there.stricter]
    assert all(a.low >= b.low - 1e-12 and a.high <= b.high + 1e-12 for a, b in pairwise(intervals))


@pytest.mark.slow
@pytest.mark.parametrize(("p1", "p2"), [(0.5, 0.5), (0.2, 0.5), (0.1, 0.1), (0.9, 0.6)])
def test_exact_coverage_of_newcombe(p1: float, p2: float) -> None:
    """Summed over all outcomes of two groups of 25: 93 % or more."""
    n, covered = 25, 0.0
    for x1 in range(n + 1):
        for x2 in range(n + 1):
            weight = float(binom.pmf(x1, n, p1) * binom.pmf(x2, n, p2))
            if weight < 1e-6:
                continue
            interval = difference_of_shares(hits(x1, n), hits(x2, n)).interval
            assert interval is not None
            covered += weight * (interval.low <= p1 - p2 <= interval.high)
    assert 0.93 <= covered <= 0.99


def test_mcnemar_in_closed_form() -> None:
    """Discordant 1 to 9: 2 (1 + 10) / 2 ** 10; agreement in any number changes nothing."""
    first = [True] * 9 + [False] * 1 + [True] * 20 + [False] * 5
    second = [False] * 9 + [True] * 1 + [True] * 20 + [False] * 5
    assert mcnemar_p(first, second) == pytest.approx(22 / 1024)
    assert mcnemar_p(second, first) == pytest.approx(22 / 1024)
    assert mcnemar_p([True, False], [True, False]) == 1.0
    with pytest.raises(ValueError, match="zip"):
        mcnemar_p([True], [True, False])


def test_mcnemar_keeps_its_level() -> None:
    """When both directions are equally likely, p <= 0.05 in at most 5 % of the tables; exact sum over them."""
    n = 40
    rejected = sum(binom.pmf(x, n, 0.5) for x in range(n + 1) if sign_test_p(x, n - x) <= 0.05)
    assert 0.02 < rejected <= 0.05


@pytest.mark.parametrize(("wins", "losses", "p"), [(0, 0, 1.0), (5, 5, 1.0), (6, 0, 2 / 64), (8, 2, 112 / 1024)])
def test_sign_test_in_closed_form(wins: int, losses: int, p: float) -> None:
    assert sign_test_p(wins, losses) == pytest.approx(p)


def skewness_of_sum(parts) -> float:
    return float(np.sum(parts**3) / np.sum(parts**2) ** 1.5)


def test_clustered_difference_of_balanced_clusters_is_the_paired_t_test():
    """With as many items on each side of every cluster, clusters are pairs; t is corrected for their skewness."""
    generator = np.random.default_rng(8)
    first, second = generator.random((2, 20, 5)) < np.array([0.7, 0.5])[:, None, None]
    hits_ = np.concatenate([first.ravel(), second.ravel()])
    clusters = np.tile(np.repeat(np.arange(20), 5), 2)
    estimate = clustered_difference(hits_, np.repeat([True, False], 100), clusters)
    paired = ttest_rel(first.mean(axis=1), second.mean(axis=1)).confidence_interval(0.95)
    assert estimate.value == pytest.approx(first.mean() - second.mean())
    apart = first.mean(axis=1) - second.mean(axis=1)
    quantile, error = float(t.ppf(0.975, 19)), apart.std(ddof=1) / np.sqrt(20)
    assert paired.high - paired.low == pytest.approx(2 * quantile * error)
    below, above = reach(quantile, skewness_of_sum(apart - apart.mean()))
    assert max(below, above) < 1.1 * quantile
    assert estimate.interval.low == pytest.approx(estimate.value - below * error)
    assert estimate.interval.high == pytest.approx(estimate.value + above * error)
    assert (estimate.n, estimate.n_clusters) == (200, 20)


def test_clustered_difference_is_cr2_in_matrix_form():
    """Bell and McCaffrey 2002, written out with the full projection matrices, for clusters out of balance."""
    generator = np.random.default_rng(9)
    codes = np.repeat(np.arange(6), [3, 8, 5, 4, 9, 2])
    side = generator.random(len(codes)) < 0.5
    x = (generator.random(len(codes)) < 0.6).astype(float)
    design = np.stack([side, ~side], axis=1).astype(float)
    bread = np.linalg.inv(design.T @ design)
    residuals, meat, parts = x - design @ (bread @ design.T @ x), np.zeros((2, 2)), []
    for code in range(6):
        own = design[codes == code]
        values, vectors = np.linalg.eigh(np.eye(len(own)) - own @ bread @ own.T)
        pull = own.T @ (vectors * values**-0.5) @ vectors.T @ residuals[codes == code]
        meat += np.outer(pull, pull)
        parts.append(np.array([1, -1]) @ bread @ pull)
    error = np.sqrt(np.array([1, -1]) @ bread @ meat @ bread @ np.array([1, -1]))
    estimate = clustered_difference(x == 1, side, codes)
    freedom = min(degrees_of_freedom(codes[side]), degrees_of_freedom(codes[~side]))
    below, above = reach(float(t.ppf(0.975, freedom)), skewness_of_sum(np.array(parts)))
    assert estimate.interval.high - estimate.interval.low == pytest.approx((below + above) * error)


def test_clustered_difference_covers():
    """Templates differ in accuracy and in how much a side gains; 12 clusters of unequal size."""
    generator, inside = np.random.default_rng(10), 0
    for _ in range(400):
        sizes = generator.choice([4, 8, 24], size=12)
        codes = np.repeat(np.arange(12), sizes)
        side = generator.random(len(codes)) < 0.5
        level, gain = generator.uniform(0.4, 0.7, 12)[codes], generator.uniform(0.0, 0.2, 12)[codes]
        estimate = clustered_difference(generator.random(len(codes)) < level + gain * side, side, codes)
        inside += estimate.interval.low <= 0.1 <= estimate.interval.high
    assert 0.925 <= inside / 400 <= 0.985


def test_clustered_difference_without_spread_allows_for_unseen_clusters():
    hits_, side, codes = np.ones(40, bool), np.tile([True, False], 20), np.repeat(np.arange(10), 4)
    estimate = clustered_difference(hits_, side, codes)
    assert estimate.value == 0.0
    assert estimate.interval.high == -estimate.interval.low == pytest.approx(1 - 0.05**0.1)
    assert estimate.smallest_detectable is None


def test_clustered_difference_needs_both_sides_and_clusters():
    codes = np.repeat([0, 1], 4)
    assert (
        clustered_difference(np.ones(8, bool), np.ones(8, bool), codes).reason == "one of the two sides is empty"
    )
    assert clustered_difference(np.ones(8, bool), codes == 0, codes).interval is None
    assert clustered_difference([], [], np.array([], int)).value is None
