"""Differences between two groups or two conditions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, t
from statsmodels.stats.proportion import confint_proportions_2indep

from audit.stats.cluster import ROUNDING, degrees_of_freedom, numbered, reach, skewness_of
from audit.stats.estimate import Clusters, Estimate, Flags, at_levels, nothing
from audit.stats.power import AIMED, detectable, detectable_difference_of_shares
from audit.stats.proportion import cohens_h


def difference_of_shares(first: Sequence[bool], second: Sequence[bool]) -> Estimate:
    """Share of ``first`` minus share of ``second``, independent groups; Newcombe's interval, Cohen's h.

    Source: Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
    """
    n1, n2 = len(first), len(second)
    if n1 == 0 or n2 == 0:
        return nothing("one of the two groups is empty")
    x1, x2 = sum(map(bool, first)), sum(map(bool, second))

    def bounds(level: float) -> tuple[float, float]:
        low, high = confint_proportions_2indep(x1, n1, x2, n2, method="newcomb", compare="diff", alpha=1 - level)
        return float(low), float(high)

    interval, stricter = at_levels(bounds, "Newcombe")
    p1, p2 = x1 / n1, x2 / n2
    return Estimate(
        p1 - p2,
        interval,
        stricter,
        n=n1 + n2,
        n_clusters=n1 + n2,
        effect_size=cohens_h(p1, p2),
        smallest_detectable=detectable_difference_of_shares(0.5, min(n1, n2), power=AIMED),
    )


def clustered_difference(hits: Flags, first: Flags, clusters: Clusters) -> Estimate:
    """Share of hits where ``first`` holds minus the share elsewhere, both from the same clusters; -1 to 1.

    The difference is a regression on one indicator, so its error is the cluster-robust one with the small-sample
    correction CR2 (Bell and McCaffrey 2002, Survey Methodology 28-2, 169-181), on as many degrees of freedom as
    the side with fewer has (Satterthwaite), widened where the clusters' parts in the difference are skewed.
    Without any spread, the interval allows for clusters that differ unseen.
    """
    x, side, codes = np.asarray(hits, np.float64), np.asarray(first, np.bool_), numbered(clusters)
    sides = [side, ~side]
    if not all(part.any() for part in sides):
        return nothing("one of the two sides is empty")
    value, groups = float(x[side].mean() - x[~side].mean()), int(codes.max()) + 1
    if min(len(np.unique(codes[part])) for part in sides) < 2:
        reason = "one cluster on a side carries no interval"
        return Estimate(value, n=len(x), n_clusters=groups, reason=reason)
    pulls = _pull(x, side, codes) - _pull(x, ~side, codes)
    error = float(np.sqrt(np.sum(pulls**2)))
    freedom = min(degrees_of_freedom(codes[part]) for part in sides)

    def bounds(level: float) -> tuple[float, float]:
        if error <= ROUNDING:
            below = above = 1 - (1 - level) ** (1 / groups)
        else:
            quantile = float(t.ppf((1 + level) / 2, freedom))
            below, above = (errors * error for errors in reach(quantile, skewness_of(pulls)))
        return max(-1.0, value - below), min(1.0, value + above)

    unseen = "no-events bound on the share of clusters that differ"
    method = "cluster-robust skewness-corrected t interval" if error > ROUNDING else unseen
    interval, stricter = at_levels(bounds, method)
    least = detectable(error, freedom=freedom) if error > ROUNDING else None
    return Estimate(value, interval, stricter, n=len(x), n_clusters=groups, smallest_detectable=least)


def _pull(x: NDArray[np.float64], side: NDArray[np.bool_], codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """How far each cluster moves the mean of one side, corrected for its share of it; shape (clusters,)."""
    n, groups = int(side.sum()), int(codes.max()) + 1
    totals = np.bincount(codes[side], weights=x[side] - x[side].mean(), minlength=groups)
    shares = np.bincount(codes[side], minlength=groups) / n
    pull: NDArray[np.float64] = totals / n / np.sqrt(1 - shares)
    return pull


def mcnemar_p(first: Sequence[bool], second: Sequence[bool]) -> float:
    """Exact two-sided p-value that paired answers differ in one direction more often (McNemar 1947)."""
    only_first = sum(bool(a) and not b for a, b in zip(first, second, strict=True))
    only_second = sum(bool(b) and not a for a, b in zip(first, second, strict=True))
    total = only_first + only_second
    return 1.0 if total == 0 else float(binomtest(only_first, total).pvalue)


def sign_test_p(wins: int, losses: int) -> float:
    """Exact two-sided p-value that wins and losses are equally likely; ties are left out by the caller."""
    total = wins + losses
    return 1.0 if total == 0 else float(binomtest(wins, total).pvalue)
