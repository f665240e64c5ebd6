"""Means in clusters: closed forms, published values, coverage."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import t, ttest_1samp

from audit.stats.cluster import (
    bootstrap_sums,
    cluster_bootstrap,
    cluster_mean,
    cluster_skewness,
    cluster_standard_error,
    degrees_of_freedom,
    intraclass_correlation,
    reach,
    without_skewness,
)

quick = settings(deadline=None, derandomize=True, max_examples=40, database=None)


def names(sizes: list[int]) -> list[str]:
    return [f"c{i}" for i, size in enumerate(sizes) for _ in range(size)]


def symmetric(halves: NDArray[np.float64], around: float) -> NDArray[np.float64]:
    """The rows, their mirror images and one between them; a mean of such scores has no skewness."""
    return around + np.concatenate([halves, -halves, 0 * halves[:1]])


def test_independent_symmetric_scores_get_the_t_interval() -> None:
    x = symmetric(np.random.default_rng(3).normal(size=12), 0.4)
    estimate = cluster_mean(x.tolist(), names([1] * 25))
    published = ttest_1samp(x, 0.0)
    low, high = published.confidence_interval(0.95)
    assert estimate.interval is not None
    assert (estimate.interval.low, estimate.interval.high) == pytest.approx((low, high))
    assert estimate.interval.method == "skewness-corrected t interval"
    assert estimate.p_value == pytest.approx(published.pvalue)
    assert estimate.effect_size == pytest.approx(x.mean() / x.std(ddof=1))
    # (2.0639 + 1.3178) * sqrt(24 / 23.337): quantiles of t and the median of chi-squared, 24 degrees of freedom
    assert estimate.smallest_detectable == pytest.approx(3.4294 * x.std(ddof=1) / 5, rel=1e-3)


def test_equal_clusters_are_averaged_first() -> None:
    """With clusters of one size the result is the t interval of the cluster means (here symmetric ones)."""
    x = symmetric(np.random.default_rng(5).normal(size=(6, 5)), 0.2)
    estimate = cluster_mean(x.ravel().tolist(), names([5] * 13))
    low, high = ttest_1samp(x.mean(axis=1), 0.0).confidence_interval(0.95)
    assert estimate.interval is not None
    assert (estimate.interval.low, estimate.interval.high) == pytest.approx((low, high))
    assert (estimate.n, estimate.n_clusters) == (65, 13)
    assert cluster_standard_error(x.ravel(), names([5] * 13)) == pytest.approx(
        x.mean(axis=1).std(ddof=1) / np.sqrt(13)
    )


def test_standard_error_and_freedom_are_those_of_cr2_in_matrix_form() -> None:
    """Bell and McCaffrey 2002, written out with the full projection matrices."""
    sizes = [7, 1, 3, 5, 2]
    codes, n = np.repeat(np.arange(5), sizes), 18
    x = np.random.default_rng(5).normal(size=n)
    projection = np.eye(n) - np.ones((n, n)) / n
    variance, columns = 0.0, []
    for cluster in range(5):
        rows = codes == cluster
        block = projection[np.ix_(rows, rows)]
        values, vectors = np.linalg.eigh(block)
        root = vectors @ np.diag(values**-0.5) @ vectors.T
        variance += float((np.ones(rows.sum()) @ root @ (projection @ x)[rows]) ** 2)
        columns.append(projection[:, rows] @ root @ np.ones(rows.sum()))
    gram = np.array(columns) @ np.array(columns).T
    assert cluster_standard_error(x, names(sizes)) == pytest.approx(np.sqrt(variance) / n)
    assert degrees_of_freedom(names(sizes)) == pytest.approx(np.trace(gram) ** 2 / np.sum(gram**2))


@pytest.mark.parametrize(("sizes", "freedom"), [([4] * 9, 8.0), ([1] * 30, 29.0), ([1, 50], 1.0)])
def test_degrees_of_freedom_in_closed_form(sizes: list[int], freedom: float) -> None:
    assert degrees_of_freedom(names(sizes)) == pytest.approx(freedom)


def coverage_of_mean(sizes: list[int], correlation: float, draws: int = 300) -> float:
    generator, labels, covered = np.random.default_rng(11), names(sizes), 0
    codes = np.repeat(np.arange(len(sizes)), sizes)
    for _ in range(draws):
        shared = generator.normal(size=len(sizes))[codes]
        own = generator.normal(size=len(codes))
        x = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own
        interval = cluster_mean(x.tolist(), labels).interval
        assert interval is not None
        covered += interval.low <= 0 <= interval.high
    return covered / draws


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sizes", "correlation"),
    [([5] * 3, 0.3), ([5] * 10, 0.3), ([5] * 40, 0.3), ([1, 8, 5, 2, 9], 0.3), ([30] + [2] * 9, 0.3)],
    ids=["3 clusters", "10 clusters", "40 clusters", "5 unequal clusters", "one large cluster"],
)
def test_coverage_of_a_clustered_mean(sizes: list[int], correlation: float) -> None:
    """93 to 97 %, and more of few clusters; with G / (G - 1) and G - 1 degrees of freedom the last covers 71 %."""
    few = len(sizes) <= 10
    assert 0.93 <= coverage_of_mean(sizes, correlation, 1500) <= (0.985 if few else 0.975)


def test_coverage_with_five_clusters() -> None:
    assert 0.92 <= coverage_of_mean([6] * 5, 0.4) <= 0.98


@quick
@given(st.lists(st.tuples(st.floats(-5, 5), st.integers(0, 6)), min_size=2, max_size=40))
def test_a_mean_lies_in_its_interval_and_stricter_levels_nest(items: list[tuple[float, int]]) -> None:
    estimate = cluster_mean([x for x, _ in items], [str(c) for _, c in items], largest_change=10.0)
    if estimate.interval is None:
        assert estimate.reason
        return
    assert estimate.value is not None
    intervals = [estimate.interval, *estimate.stricter]
    assert all(i.low <= estimate.value <= i.high for i in intervals)
    assert all(a.low >= b.low and a.high <= b.high for a, b in pairwise(intervals))


@quick
@given(st.lists(st.floats(-1, 1), min_size=3, max_size=20), st.floats(0.1, 10), st.floats(-3, 3))
def test_the_interval_moves_and_stretches_with_the_scores(x: list[float], scale: float, shift: float) -> None:
    before = cluster_mean(x, names([1] * len(x))).interval
    after = cluster_mean([scale * v + shift for v in x], names([1] * len(x))).interval
    if before is None or after is None or np.ptp(x) < 1e-6:
        return
    assert after.low == pytest.approx(scale * before.low + shift, abs=1e-6)
    assert after.high == pytest.approx(scale * before.high + shift, abs=1e-6)


def test_a_bounded_score_has_a_bounded_interval() -> None:
    estimate = cluster_mean([1.0, 1.0, 1.0, 0.7], names([1] * 4), within=(0.0, 1.0))
    assert estimate.interval is not None
    assert estimate.interval.high == 1.0
    # skewness -1 / sqrt 3; t at 3 degrees of freedom is 3.18245, Hall's inverse of it 10.1998
    assert estimate.interval.low == pytest.approx(0.925 - 10.1998 * 0.075, abs=1e-4)


@pytest.mark.parametrize("scores", [[0.2] * 10, [0.0, 1.0] * 5], ids=["all equal", "all clusters equal"])
def test_no_spread_between_clusters_is_not_certainty(scores: list[float]) -> None:
    """A zero standard error would make an interval without width, which decides everything."""
    labels = names([2] * 5)
    without = cluster_mean(scores, labels)
    assert without.value == pytest.approx(np.mean(scores))
    assert without.interval is None
    assert "equal" in without.reason
    bounded = cluster_mean(scores, labels, largest_change=1.0).interval
    assert bounded is not None
    assert bounded.high - bounded.low == pytest.approx(2 * (1 - 0.05 ** (1 / 5)))


def test_what_rounding_leaves_is_no_spread() -> None:
    estimate = cluster_mean([0.1 + 0.2, 0.3, 0.3], names([1] * 3))
    assert estimate.interval is None


def test_nothing_to_average_has_a_reason() -> None:
    assert cluster_mean([], []).reason == "there was no score to average"
    assert "one cluster" in cluster_mean([0.1, 0.2], ["a", "a"]).reason
    unknown = cluster_mean([0.1, float("nan"), float("inf")], ["a", "b", "c"])
    assert unknown.value is None
    assert unknown.reason == "2 of 3 scores are not finite numbers"


def test_intraclass_correlation_as_published() -> None:
    """Shrout and Fleiss 1979, doi:10.1037/0033-2909.86.2.420: six persons, four judges, ICC(1,1) = .17."""
    ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    x = np.array(ratings, dtype=np.float64).ravel()
    assert intraclass_correlation(x, names([4] * 6)) == pytest.approx(0.166, abs=5e-4)


def test_intraclass_correlation_at_its_ends() -> None:
    assert intraclass_correlation(np.array([1.0, 1, 2, 2, 3, 3]), names([2] * 3)) == pytest.approx(1.0)
    assert intraclass_correlation(np.array([1.0, 3, 1, 3]), names([2] * 2)) == 0.0
    assert intraclass_correlation(np.array([1.0, 2.0]), names([1, 1])) == 0.0


def test_the_bootstrap_draws_whole_clusters() -> None:
    labels = names([3, 1, 2])

    def has_whole_clusters(index: NDArray[np.int64]) -> float:
        counts = np.bincount(index, minlength=6)
        return float(
            counts[0] == counts[1] == counts[2] and counts[4] == counts[5] and counts[[0, 3, 4]].sum() == 3
        )

    assert cluster_bootstrap(has_whole_clusters, labels, seed=1, draws=200).all()


def test_the_bootstrap_spreads_like_the_standard_error_and_repeats() -> None:
    x = np.random.default_rng(9).normal(size=(40, 4)) + np.random.default_rng(10).normal(size=(40, 1))
    labels, values = names([4] * 40), x.ravel()
    draws = cluster_bootstrap(lambda i: float(values[i].mean()), labels, seed=5, draws=3000)
    assert draws.shape == (3000,)
    assert draws.std() == pytest.approx(cluster_standard_error(values, labels), rel=0.06)
    again = cluster_bootstrap(lambda i: float(values[i].mean()), labels, seed=5, draws=3000)
    assert np.array_equal(draws, again)


def test_bootstrap_draws_without_a_value_are_left_out() -> None:
    draws = cluster_bootstrap(lambda i: float("nan") if 0 in i else 1.0, names([1] * 4), seed=2, draws=400)
    assert len(draws) == pytest.approx(400 * (3 / 4) ** 4, abs=30)
    assert set(draws.tolist()) == {1.0}


@pytest.mark.parametrize("skewness", [-0.8, -0.2, 1e-3, 0.3, 0.9])
@pytest.mark.parametrize("quantile", [-3.0, -1.5, 0.0, 2.0, 3.5])
def test_without_skewness_inverts_halls_transformation(skewness: float, quantile: float) -> None:
    mean = without_skewness(quantile, skewness)
    forth = mean + skewness * (mean**2 / 3 + 1 / 6) + skewness**2 * mean**3 / 27
    assert forth == pytest.approx(quantile, abs=1e-6)


def test_symmetric_scores_are_not_widened() -> None:
    values, clusters = [-2.0, -1.0, 0.0, 1.0, 2.0], list("abcde")
    assert cluster_skewness(np.array(values), clusters) == 0.0
    assert without_skewness(2.5, 0.0) == 2.5


def test_skewed_scores_are_widened_on_the_side_of_their_tail() -> None:
    values = np.random.default_rng(0).lognormal(size=33)
    estimate = cluster_mean(list(values), names([1] * 33))
    error = values.std(ddof=1) / 33**0.5
    assert estimate.interval is not None
    for interval, quantile in ((estimate.interval, t.ppf(0.975, 32)), (estimate.stricter[0], t.ppf(0.9875, 32))):
        assert interval.method == "skewness-corrected t interval"
        assert interval.low == pytest.approx(values.mean() - quantile * error)
        assert interval.high > values.mean() + 1.15 * quantile * error


@quick
@given(st.floats(-1, 1), st.floats(0.5, 6))
def test_an_interval_reaches_farther_on_the_side_of_the_tail_and_never_less_than_t(
    skewness: float, quantile: float
) -> None:
    below, above = reach(quantile, skewness)
    assert min(below, above) == quantile
    assert (above >= below) if skewness > 0 else (below >= above)
    assert reach(quantile, -skewness) == pytest.approx((above, below))


def test_scores_that_start_at_zero_detect_less_because_they_spread_with_their_mean() -> None:
    values = np.random.default_rng(4).gamma(1.5, size=300)
    free, from_zero = (
        cluster_mean(values, names([1] * 300)),
        cluster_mean(values, names([1] * 300), within=(0, np.inf)),
    )
    assert free.smallest_detectable is not None
    assert from_zero.smallest_detectable == pytest.approx(
        free.smallest_detectable / (1 - free.smallest_detectable / values.mean())
    )


def test_the_skewness_of_tiny_scores_is_that_of_large_ones() -> None:
    values, clusters = np.array([0.0, 0.0, 1.0]), list("abc")
    assert cluster_skewness(values * 1e-110, clusters) == pytest.approx(cluster_skewness(values, clusters))


def test_sums_of_clusters_are_drawn_as_the_values_are() -> None:
    values, labels = np.random.default_rng(8).normal(size=60), names([1, 9, 20, 30])
    totals = np.array([[values[np.array(labels) == f"c{i}"].sum(), labels.count(f"c{i}")] for i in range(4)])
    sums = bootstrap_sums(totals, seed=4, draws=300)
    drawn = cluster_bootstrap(lambda i: float(values[i].mean()), labels, seed=4, draws=300)
    assert sums[:, 0] / sums[:, 1] == pytest.approx(drawn)


def test_clusters_may_be_numbers() -> None:
    values, labels = np.random.default_rng(9).normal(size=60), names([1, 9, 20, 30])
    numbers = np.array([int(name[1:]) * 7 for name in labels], dtype=np.int32)
    assert cluster_mean(values, numbers) == cluster_mean(values.tolist(), labels)


def test_rare_one_sided_scores_are_covered() -> None:
    """Scores of 1, -1 and 0, one in forty not 0, most of those 1, in 40 clusters: t's upper bound is too low."""
    covered = 0
    for seed in range(500):
        generator = np.random.default_rng(seed)
        codes = np.repeat(np.arange(40), generator.choice([8, 16], size=40))
        rare = generator.random(len(codes)) < np.clip(generator.gamma(1.0, 0.025, 40), 0, 1)[codes]
        x = np.where(rare, np.where(generator.random(len(codes)) < 0.95, 1.0, -1.0), 0.0)
        interval = cluster_mean(x, codes, largest_change=1.0, within=(-1.0, 1.0)).interval
        assert interval is not None
        covered += interval.low <= 0.9 * 0.025 <= interval.high
    assert 0.93 <= covered / 500 <= 0.98
