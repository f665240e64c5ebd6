"""Two rates beside each other: published intervals, exact coverage, clusters, and what can be detected."""

from itertools import pairwise
from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest
from statsmodels.stats.proportion import confint_proportions_2indep

from audit.record import Interval
from audit.stats.estimate import Estimate
from audit.stats.rates import (
    Rate,
    detectable_difference,
    difference,
    difference_of_rates,
    koopman,
    largest_difference,
    rate,
    ratio_of_rates,
)

quick = settings(deadline=None, derandomize=True, max_examples=40, database=None)


def of(hits: int, n: int) -> Rate:
    """A rate of independent items."""
    found = rate([True] * hits + [False] * (n - hits), np.arange(n))
    assert found is not None
    return found


def interval(estimate: Estimate) -> Interval:
    assert estimate.interval is not None
    return estimate.interval


@pytest.mark.parametrize(
    ("x", "n", "y", "m", "low", "high"),
    [(56, 70, 48, 80, 0.0524, 0.3339), (9, 10, 3, 10, 0.1705, 0.8090), (0, 10, 0, 20, -0.1611, 0.2775)],
)
def test_newcombe_as_published(x: int, n: int, y: int, m: int, low: float, high: float) -> None:
    """Newcombe 1998, table II, method 10, which starts from Wilson's limits."""
    wilson = [binomtest(hits, size).proportion_ci(method="wilson") for hits, size in ((x, n), (y, m))]
    found = difference(x / n, tuple(wilson[0]), y / m, tuple(wilson[1]))
    assert found == pytest.approx((low, high), abs=5e-5)


def test_the_difference_starts_from_exact_limits() -> None:
    """9/10 against 3/10. Clopper and Pearson: 0.5550 to 0.9975, and 0.0667 to 0.6525."""
    found = interval(difference_of_rates(of(9, 10), of(3, 10)))
    low = 0.6 - sqrt((0.9 - 0.554984) ** 2 + (0.652453 - 0.3) ** 2)
    high = 0.6 + sqrt((0.997471 - 0.9) ** 2 + (0.3 - 0.066739) ** 2)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)
    assert found.method == "Newcombe, exact limits"


def test_koopman_as_published() -> None:
    """Koopman 1984, doi:10.2307/2531405: 36/40 against 16/80, 2.94 to 7.15."""
    assert koopman(36, 40, 16, 80, 0.95) == pytest.approx((2.94, 7.15), abs=5e-3)
    found = ratio_of_rates(of(36, 40), of(16, 80))
    assert found.value == pytest.approx(4.5)
    assert interval(found).low <= 2.94
    assert interval(found).high >= 7.15


@pytest.mark.parametrize(
    ("x", "n", "y", "m"), [(5, 50, 10, 50), (30, 200, 90, 300), (3, 40, 1, 30), (0, 50, 10, 50)]
)
def test_koopman_beside_statsmodels_and_katz(x: int, n: int, y: int, m: int) -> None:
    found = koopman(x, n, y, m, 0.95)
    peer = confint_proportions_2indep(x, n, y, m, compare="ratio", method="score", correction=False)
    assert found == pytest.approx(peer, abs=1e-5)
    if x >= 30:  # in large samples the interval of Katz and others 1978 is near
        error = 1.96 * sqrt(1 / x - 1 / n + 1 / y - 1 / m)
        katz = [exp(log((x / n) / (y / m)) + sign * error) for sign in (-1, 1)]
        assert found == pytest.approx(katz, rel=0.02)


def test_where_every_case_is_selected_the_ratio_has_an_interval_still() -> None:
    """50/50 against 50/50, where Katz's interval has no width: by the score, 50 / (50 + z^2) and its inverse."""
    low, high = koopman(50, 50, 50, 50, 0.95)
    assert low == pytest.approx(1 / high)
    assert high == pytest.approx(1 + 1.959964**2 / 50, abs=1e-4)


def test_nobody_selected_is_no_ratio() -> None:
    nobody = ratio_of_rates(of(3, 50), of(0, 50))
    assert nobody.value is None
    assert "reference group is 0" in nobody.reason
    assert ratio_of_rates(of(0, 50), of(5, 50)).value == 0.0


def test_an_empty_group_is_no_difference_of_zero() -> None:
    assert rate([], []) is None
    for compare in (difference_of_rates, ratio_of_rates):
        for pair in ((None, of(1, 2)), (of(1, 2), None)):
            estimate = compare(*pair)
            assert estimate.value is None
            assert "empty" in estimate.reason
    assert largest_difference([(of(1, 2), of(1, 2)), (None, of(1, 2))]).value is None
    assert largest_difference([]).value is None


def test_the_largest_difference_is_bounded_by_both() -> None:
    """Differences 0.1 and -0.3 of 100 each: the bounds of the second at 97.5 %."""
    pairs = [(of(50, 100), of(40, 100)), (of(20, 100), of(50, 100))]
    found = largest_difference(pairs)
    at = {i.level: i for i in difference_of_rates(*pairs[1]).stricter}[0.975]
    assert found.value == pytest.approx(0.3)
    assert (interval(found).low, interval(found).high) == pytest.approx((-at.high, -at.low))
    assert "Bonferroni over 2" in interval(found).method
    none = largest_difference([(of(50, 100), of(50, 100)), (of(20, 100), of(20, 100))])
    assert none.value == 0.0
    assert interval(none).low == 0.0


@quick
@given(st.integers(1, 80), st.integers(1, 80), st.data())
def test_estimates_lie_in_their_nested_intervals(n: int, m: int, data: st.DataObject) -> None:
    first, second = of(data.draw(st.integers(0, n)), n), of(data.draw(st.integers(1, m)), m)
    pairs = [(first, second), (second, first)]
    for estimate in (difference_of_rates(first, second), ratio_of_rates(first, second), largest_difference(pairs)):
        assert estimate.value is not None
        intervals = [interval(estimate), *estimate.stricter]
        assert all(i.low - 1e-9 <= estimate.value <= i.high + 1e-9 for i in intervals)
        assert all(b.low <= a.low + 1e-9 and a.high <= b.high + 1e-9 for a, b in pairwise(intervals))
        assert all(np.isfinite([i.low, i.high]).all() for i in intervals)


def missed(n: int, p: float, m: int, q: float, level: float) -> tuple[float, float]:
    """Exact probabilities that the intervals of difference and ratio miss the truth."""
    apart = ratio = defined = 0.0
    for x, first in enumerate(binom.pmf(np.arange(n + 1), n, p)):
        for y, second in enumerate(binom.pmf(np.arange(m + 1), m, q)):
            if first * second < 1e-9:
                continue
            compared = difference_of_rates(of(x, n), of(y, m)), ratio_of_rates(of(x, n), of(y, m))
            for estimate, truth in zip(compared, (p - q, p / q), strict=True):
                found = next((i for i in (estimate.interval, *estimate.stricter) if i and i.level == level), None)
                if found is None:
                    continue
                miss = first * second * (not found.low - 1e-9 <= truth <= found.high + 1e-9)
                if estimate is compared[0]:
                    apart += miss
                else:
                    ratio, defined = ratio + miss, defined + first * second
    return apart, ratio / defined


@pytest.mark.slow
@pytest.mark.parametrize(("n", "p", "m", "q"), [(20, 0.3, 30, 0.3), (15, 0.05, 40, 0.1), (20, 0.9, 20, 0.95)])
@pytest.mark.parametrize("level", [0.95, 0.995])
def test_exact_coverage(n: int, p: float, m: int, q: float, level: float) -> None:
    """Exact, over every outcome: at most 5 % missed at 95 %, at most 0.5 % at 99.5 %."""
    assert max(missed(n, p, m, q, level)) <= 1 - level + 1e-9


def test_persons_with_several_rows_count_once() -> None:
    """100 persons with five equal rows each tell as much as 100 rows, less what the design effect costs."""
    generator = np.random.default_rng(4)
    own, other = generator.random(100) < 0.4, generator.random(100) < 0.5
    persons = np.repeat(np.arange(100), 5)
    copied = rate(np.repeat(own, 5), persons), rate(np.repeat(other, 5), persons)
    alone = rate(own, np.arange(100)), rate(other, np.arange(100))
    for compare in (difference_of_rates, ratio_of_rates):
        whole, single = interval(compare(*copied)), interval(compare(*alone))
        assert "effective sample sizes" in whole.method
        assert whole.high - whole.low == pytest.approx(single.high - single.low, rel=0.1)
    assert copied[0] is not None
    assert (copied[0].n, copied[0].n_clusters) == (500, 100)
    assert rate([True, False], ["same", "same"]) is None


@pytest.mark.slow
def test_coverage_with_clusters() -> None:
    """60 and 40 persons of 1 to 6 rows with rates of their own (beta, mean 0.3): 93 % or more."""
    generator, covered, draws = np.random.default_rng(9), np.zeros(2), 400
    for _ in range(draws):
        rates = []
        for persons in (60, 40):
            own = generator.beta(1.5, 3.5, persons)
            whose = np.repeat(np.arange(persons), generator.integers(1, 7, persons))
            rates.append(rate(generator.random(len(whose)) < own[whose], whose))
        for place, (compare, truth) in enumerate(((difference_of_rates, 0.0), (ratio_of_rates, 1.0))):
            found = interval(compare(*rates))
            covered[place] += found.low <= truth <= found.high
    assert covered.min() / draws >= 0.93


@pytest.mark.slow
def test_coverage_of_the_largest_difference() -> None:
    """Rates that differ by 0.1 and 0.15, in 40 and 60 cases: conservative, 95 % or more."""
    generator, covered, draws = np.random.default_rng(10), 0, 600
    for _ in range(draws):
        hits = [of(int(generator.binomial(n, p)), n) for n, p in ((40, 0.8), (40, 0.9), (60, 0.35), (60, 0.2))]
        found = interval(largest_difference([(hits[0], hits[1]), (hits[2], hits[3])]))
        covered += found.low <= 0.15 <= found.high
    assert covered / draws >= 0.95


def test_the_effect_that_can_be_detected_is_detected() -> None:
    """Exact power of the difference's interval at the effect it claims, for 150 a group: 90 % are aimed at."""
    group, reference = of(45, 150), of(45, 150)
    effect, power = detectable_difference(group, reference), 0.0
    weights = np.outer(binom.pmf(np.arange(151), 150, 0.3 + effect), binom.pmf(np.arange(151), 150, 0.3))
    for x in range(35, 115):
        for y in range(20, 75):
            if weights[x, y] > 1e-6:
                power += weights[x, y] * (interval(difference_of_rates(of(x, 150), of(y, 150))).low > 0)
    assert effect == pytest.approx(0.186, abs=0.005)
    assert power == pytest.approx(0.90, abs=0.02)
