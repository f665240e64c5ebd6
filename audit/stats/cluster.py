"""Means of scores that come in clusters: frames, prompts, persons."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from audit.stats.estimate import Estimate, at_levels, nothing
from audit.stats.power import detectable


def cluster_standard_error(values: NDArray[np.float64], clusters: Sequence[str]) -> float:
    """Standard error of the mean when values within a cluster depend on each other; the unit of the values.

    sqrt(G / (G - 1) * sum over clusters of (sum of residuals) ** 2) / n, Miller 2024, arXiv 2411.00640, with the
    small-sample factor of Liang and Zeger 1986.
    """
    _, codes = np.unique(np.asarray(clusters), return_inverse=True)
    totals = np.bincount(codes, weights=values - values.mean())
    groups = len(totals)
    return float(np.sqrt(groups / (groups - 1) * np.sum(totals**2)) / len(values))


def cluster_mean(
    values: Sequence[float], clusters: Sequence[str], *, largest_change: float | None = None
) -> Estimate:
    """The mean of scores in clusters, with a t interval on clusters - 1 degrees of freedom.

    ``largest_change`` is the greatest magnitude that one value can have (1 for a difference of probabilities).
    When no value differs from another, a spread cannot be estimated: with ``largest_change`` the interval then
    allows for the share of clusters that may differ unseen (the no-events bound); without, there is no interval.
    The effect size is mean / standard deviation (Cohen's d of paired differences).
    """
    n = len(values)
    if n == 0:
        return nothing("there was no score to average")
    x = np.asarray(values, dtype=np.float64)
    mean, groups = float(x.mean()), len(set(clusters))
    if groups < 2:
        return Estimate(mean, n=n, n_clusters=groups, reason="one cluster of scores carries no interval")
    if float(np.ptp(x)) == 0.0:
        return _mean_without_spread(mean, n, groups, largest_change)
    error = cluster_standard_error(x, clusters)

    def bounds(level: float) -> tuple[float, float]:
        reach = float(t.ppf((1 + level) / 2, groups - 1)) * error
        return mean - reach, mean + reach

    method = "t interval" if groups == n else "cluster-robust t interval"
    interval, stricter = at_levels(bounds, method)
    return Estimate(
        mean,
        interval,
        stricter,
        n=n,
        n_clusters=groups,
        effect_size=mean / float(x.std(ddof=1)),
        p_value=float(2 * t.sf(abs(mean) / error, groups - 1)) if error > 0 else None,
        smallest_detectable=detectable(error),
        note="" if groups == n else f"Intraclass correlation {intraclass_correlation(x, clusters):.2f}.",
    )


def _mean_without_spread(mean: float, n: int, groups: int, largest_change: float | None) -> Estimate:
    if largest_change is None:
        reason = "all scores are equal, so their spread and an interval cannot be estimated"
        return Estimate(mean, n=n, n_clusters=groups, reason=reason)

    def bounds(level: float) -> tuple[float, float]:
        unseen = (1 - (1 - level) ** (1 / groups)) * largest_change
        return mean - unseen, mean + unseen

    interval, stricter = at_levels(bounds, "no-events bound on the share of clusters that differ")
    return Estimate(mean, interval, stricter, n=n, n_clusters=groups, effect_size=0.0 if mean == 0 else None)


def intraclass_correlation(values: NDArray[np.float64], clusters: Sequence[str]) -> float:
    """One-way analysis-of-variance estimate of the share of variance that lies between clusters; at least 0.

    Source: Donner 1986, doi:10.2307/1403259.
    """
    _, codes = np.unique(np.asarray(clusters), return_inverse=True)
    sizes = np.bincount(codes)
    n, groups = len(values), len(sizes)
    if n == groups:
        return 0.0
    means = np.bincount(codes, weights=values) / sizes
    between = float(np.sum(sizes * (means - values.mean()) ** 2)) / (groups - 1)
    within = float(np.sum((values - means[codes]) ** 2)) / (n - groups)
    size = (n - float(np.sum(sizes**2)) / n) / (groups - 1)
    total = between + (size - 1) * within
    return max(0.0, (between - within) / total) if total > 0 else 0.0


def cluster_bootstrap(
    statistic: Callable[[NDArray[np.int64]], float],
    clusters: Sequence[str],
    *,
    seed: int,
    draws: int = 4000,
) -> NDArray[np.float64]:
    """``statistic`` of ``draws`` samples of whole clusters drawn with replacement; shape (draws,).

    ``statistic`` gets an index array into the observations. Draws without a value (NaN) are left out.
    """
    _, codes = np.unique(np.asarray(clusters), return_inverse=True)
    order = np.argsort(codes, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    generator = np.random.default_rng(seed)
    picks = generator.integers(0, len(members), size=(draws, len(members)))
    draw = (statistic(np.concatenate([members[i] for i in pick])) for pick in picks)
    return np.array([value for value in draw if np.isfinite(value)], dtype=np.float64)
