"""Shares of pairs: a U-statistic worked by hand, and its coverage where items depend on each other by design."""

from math import exp, log, sqrt

import numpy as np
import pytest
from scipy.stats import t

from audit.stats.pairwise import share_of_pairs
from audit.stats.power import detectable


def test_the_jackknife_worked_by_hand() -> None:
    # Of the six pairs of four items, 12, 13, 14 and 23 hit: shares 3/3, 2/3, 2/3, 1/3.
    found = share_of_pairs([1.0, 2 / 3, 2 / 3, 1 / 3])
    assert found.value == pytest.approx(4 / 6)
    # Without an item: 1/3, 2/3, 2/3, 3/3 of three pairs, so the jackknife's variance is 3/4 * 2/9.
    error = sqrt(1 / 6)
    reach = t.ppf(0.975, 3) * error / (2 / 9)
    assert found.interval is not None
    assert found.interval.low == pytest.approx(1 / (1 + exp(-(log(2) - reach))))
    assert found.interval.high == pytest.approx(1 / (1 + exp(-(log(2) + reach))))
    assert found.smallest_detectable == pytest.approx(detectable(error))
    assert (found.n, found.n_clusters) == (4, 4)


def test_perfect_and_few() -> None:
    perfect = share_of_pairs([1.0] * 30)
    assert perfect.value == 1.0
    assert perfect.interval is not None
    assert perfect.interval.low == pytest.approx(0.05 ** (1 / 30))
    assert perfect.smallest_detectable is not None
    worst = share_of_pairs([0.0] * 30)
    assert worst.interval is not None
    assert (worst.value, worst.interval.high) == (0.0, pytest.approx(1 - 0.05 ** (1 / 30)))
    assert share_of_pairs([1.0, 1.0]).reason == "there were 2 items to pair; it needs 3 or more"


@pytest.mark.parametrize("common", [0.0, 0.15, 0.35, 0.6])
def test_coverage(common: float) -> None:
    """30 items of two parts in 16 dimensions that correlate by ``common``: is the share of the many inside?"""
    generator = np.random.default_rng(3)

    def shares(n: int) -> np.ndarray:
        first, noise = generator.normal(size=(2, n, 16))
        scores = first @ (common * first + np.sqrt(1 - common**2) * noise).T
        own = np.diag(scores)
        return np.asarray((own[:, None] + own[None, :] > scores + scores.T).sum(axis=1) / (n - 1))

    true = float(np.mean([shares(200).mean() for _ in range(40)]))
    found = [share_of_pairs(shares(30)).interval for _ in range(400)]
    inside = sum(i is not None and i.low <= true <= i.high for i in found)
    assert 0.935 <= inside / 400 <= 1
