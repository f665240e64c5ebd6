"""Means in units of the spread of the scores: their exact intervals, and what a sample can detect of them."""

from collections.abc import Callable
from functools import cache
from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import gammainccinv, gammaincinv, ndtr, ndtri, stdtrit
from scipy.stats import kurtosis, nct, skew, t

from audit.stats.cluster import ROUNDING, reach, skewness_of
from audit.stats.estimate import Estimate, Numbers, at_levels, nothing
from audit.stats.power import AIMED, ALPHA
from audit.stats.widening import Widening


def noncentrality_bounds(statistic: float, freedom: float) -> Callable[[float], tuple[float, float]]:
    """By level, the non-centralities for which a t this large (this small) has probability (1 - level) / 2.

    Exact for normal scores: Steiger and Fouladi 1997, in What if there were no significance tests?, chapter 9. The
    distribution function is integrated over the spread, P(T < t) = E Phi(t * spread - shift), on a grid of shifts:
    right to 0.001 at all levels, and for any t, where the noncentral t of libraries fails.
    """
    steps = min(20_000, 200 + round(40 * abs(statistic) / sqrt(2 * freedom)))
    scores = np.linspace(-8, 8, steps)
    lower = gammaincinv(freedom / 2, ndtr(np.minimum(scores, 0)))
    upper = gammainccinv(freedom / 2, ndtr(-np.maximum(scores, 0)))
    means = statistic * np.sqrt(2 / freedom * np.where(scores < 0, lower, upper))
    weights = np.exp(-(scores**2) / 2)
    shifts = np.linspace(float(means.min()) - 6, float(means.max()) + 6, 400)
    below = weights @ ndtr(means[:, None] - shifts) / weights.sum()
    inside = (below > 1e-9) & (below < 1 - 1e-9)
    probits, shifts = ndtri(below[inside])[::-1], shifts[inside][::-1]

    def bounds(level: float) -> tuple[float, float]:
        tail = float(ndtri((1 - level) / 2))
        low, high = np.interp([-tail, tail], probits, shifts)
        return float(low), float(high)

    return bounds


def bounds_of(
    d: float, error: float, freedom: float, skewness: float, widening: Widening
) -> Callable[[float], tuple[float, float]]:
    """By level, the bounds of a standardised mean (or difference) d that is ``error`` times its t statistic.

    Those of the noncentral t, widened for the ``skewness`` of the mean as t intervals are, and for what the shape
    of the scores adds to the spread of d.
    """
    shifts = noncentrality_bounds(d / error, freedom)

    def bounds(level: float) -> tuple[float, float]:
        quantile = float(stdtrit(freedom, (1 + level) / 2))
        ends = zip(shifts(level), reach(quantile, skewness), strict=True)
        low, high = (widening.moved(d, d + far / quantile * (shift * error - d)) for shift, far in ends)
        return low, high

    return bounds


@cache
def detectable_noncentrality(freedom: float) -> float:
    """The non-centrality that a two-sided t test at ALPHA finds with probability AIMED."""
    critical = float(t.ppf(1 - ALPHA / 2, freedom))

    def lack(shift: float) -> float:
        return AIMED - float(nct.sf(critical, freedom, shift) + nct.cdf(-critical, freedom, shift))

    high = critical
    while lack(high) > 0:
        high *= 2
    return float(brentq(lack, 0.0, high))


def standardised_mean(values: Numbers, *, within: tuple[float, float] = (-inf, inf)) -> Estimate:
    """Mean / standard deviation of independent scores (Cohen's d of paired differences); in standard deviations.

    The interval inverts the noncentral t distribution, and is widened by what the skewness and kurtosis of the
    scores add to the spread of d. It has no unit, so that models whose scores lie on scales of their own can be
    held to one limit.
    """
    n = len(values)
    if n == 0:
        return nothing("there was no score to average")
    x = np.asarray(values, dtype=np.float64)
    if not np.isfinite(x).all():
        return nothing(f"{int(np.sum(~np.isfinite(x)))} of {n} scores are not finite numbers")
    if n < 2:
        return nothing("one score has no spread to measure its size by")
    spread = float(x.std(ddof=1))
    if spread <= ROUNDING * float(np.abs(x).max()):
        return nothing(f"all {n} scores are equal, so there is no spread to measure their size by")
    d = float(x.mean()) / spread

    centred = (x - x.mean()) / np.abs(x - x.mean()).max()
    found = bounds_of(d, 1 / sqrt(n), n - 1, skewness_of(centred), _widening(centred))

    def bounds(level: float) -> tuple[float, float]:
        low, high = found(level)
        return max(within[0], low), min(within[1], high)

    interval, stricter = at_levels(bounds, "skewness-corrected noncentral t interval")
    return Estimate(
        d,
        interval,
        stricter,
        n=n,
        n_clusters=n,
        effect_size=d,
        p_value=float(2 * t.sf(abs(d) * sqrt(n), n - 1)),
        smallest_detectable=detectable_noncentrality(n - 1) / sqrt(n),
    )


def _widening(x: NDArray[np.float64]) -> Widening:
    """Of the mean of scores x in units of their spread, times the number of scores.

    Its variance is 1 - d * skewness + d ** 2 * (kurtosis - 1) / 4 in large samples, by the delta method (Cramer
    1946, Mathematical Methods of Statistics, chapter 27). Few skewed scores look less skewed than they are, so one
    standard error (of normal scores) is added to either.
    """
    n = len(x)
    excess = float(kurtosis(x, bias=False)) + sqrt(24 / n)
    return Widening(1.0, -float(skew(x, bias=False)), sqrt(6 / n), (2 + excess) / 4, 0.5)
