"""Products of means and the smaller of two: closed forms, and coverage by simulation where it is hardest."""

import numpy as np
import pytest

from audit.stats.cluster import cluster_mean
from audit.stats.estimate import Estimate, nothing
from audit.stats.product import product_values, smaller


def balance(language: np.ndarray, stereotype: np.ndarray) -> Estimate:
    """The icat of StereoSet, as its check estimates it; shares per target."""
    targets = np.arange(len(language))
    return smaller(
        *(cluster_mean(2 * product_values(language, side), targets) for side in (stereotype, 1 - stereotype))
    )


def test_product_values_have_the_mean_and_the_linear_spread_of_the_product() -> None:
    draws = np.random.default_rng(0)
    x, y = draws.normal(3, 1, 50), draws.normal(-2, 2, 50)
    z = product_values(x, y)
    assert z.mean() == pytest.approx(x.mean() * y.mean())
    covariance = np.cov(x, y)
    gradient = np.array([y.mean(), x.mean()])
    assert z.var(ddof=1) == pytest.approx(gradient @ covariance @ gradient)


def test_far_from_balance_it_is_the_interval_of_the_smaller_number() -> None:
    draws = np.random.default_rng(1)
    language, stereotype = draws.normal(0.9, 0.05, 30), draws.normal(0.8, 0.05, 30)
    estimate = balance(language, stereotype)
    alone = cluster_mean(2 * product_values(language, 1 - stereotype), np.arange(30))
    assert (estimate.value, estimate.interval, estimate.stricter) == (alone.value, alone.interval, alone.stricter)
    assert estimate.value == pytest.approx(2 * language.mean() * (1 - stereotype.mean()))


@pytest.mark.parametrize("targets", [6, 36])
@pytest.mark.parametrize("lean", [0.5, 0.52, 0.6, 0.75])
def test_coverage(targets: int, lean: float) -> None:
    """At the kink (0.5), beside it and away from it, the interval holds the truth in 93 to 98.5 % of samples."""
    draws = np.random.default_rng(2)
    truth, held, runs = 2 * 0.9 * min(lean, 1 - lean), 0, 1200
    for _ in range(runs):
        means = np.clip(draws.normal(lean, 0.1, targets), 0, 1)
        estimate = balance(draws.binomial(40, 0.9, targets) / 40, draws.binomial(20, means) / 20)
        assert estimate.interval is not None
        held += estimate.interval.low <= truth <= estimate.interval.high
    assert 0.93 <= held / runs <= 0.985


def test_without_a_value_or_an_interval_there_is_a_reason() -> None:
    whole = cluster_mean([1.0, 2.0, 4.0], [0, 1, 2])
    alone = cluster_mean([1.0], [0])
    assert smaller(whole, nothing("no score")).reason == "no score"
    assert smaller(whole, alone).interval is None
    assert smaller(whole, alone).reason == "one cluster of scores carries no interval"
    assert smaller(whole, alone).value == 1.0
