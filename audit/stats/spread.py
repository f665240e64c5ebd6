"""How far the rates of several groups truly lie apart, beyond what sampling alone spreads them."""

from collections.abc import Callable, Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from audit.stats.estimate import LEVELS, Estimate, at_levels, nothing
from audit.stats.power import AIMED, ALPHA
from audit.stats.rates import Rate

DRAWS = 4000
HALVINGS = 40
FEW = 2
"""Independent items below which the variance of a group's rate cannot be estimated."""


def spread_of_rates(rates: Sequence[Rate], *, seed: int) -> Estimate:
    """Standard deviation of the true rates of groups, each group counting the same; 0 when all rates are equal.

    The double-corrected estimate of Lum et al. 2022 (arXiv 2205.05770): the variance between the observed rates
    (over groups - 1) less the mean of their sampling variances, 0 where that is negative. The interval holds every
    spread whose rates would give a variance like the one observed, by draws of the whole statistic. Which group
    deviates is not known: the one whose rate is least certain is assumed to, which makes the interval wider.
    """
    known = [rate for rate in rates if rate.effective >= FEW]
    if len(known) < 2:
        return nothing("fewer than two groups are large enough to be compared")
    values = np.array([rate.value for rate in known])
    sizes = np.array([rate.size(LEVELS[0]) for rate in known])
    observed = float(values.var(ddof=1))
    excess = observed - float(np.mean(values * (1 - values) / (sizes - 1)))
    redrawn = _redrawn(values, sizes, seed)
    interval, stricter = at_levels(
        lambda level: _bounds(redrawn, observed, level),
        f"test inversion over {len(known)} groups, {DRAWS} draws",
        [level for level in LEVELS if (1 - level) / 2 * DRAWS >= 1],  # beyond, no draw lies outside
    )
    left_out = len(rates) - len(known)
    return Estimate(
        min(max(sqrt(max(0.0, excess)), interval.low), interval.high),
        interval,
        stricter,
        n=sum(rate.n for rate in known),
        n_clusters=sum(rate.n_clusters for rate in known),
        smallest_detectable=_spread_at(redrawn, 1 - AIMED, float(np.quantile(redrawn(0.0), 1 - ALPHA / 2))),
        note=f"{left_out} of {len(rates)} groups are too small to be compared." if left_out else "",
    )


Redrawn = Callable[[float], NDArray[np.float64]]
"""Variances between observed rates, shape (DRAWS,), when the true ones have a spread of so much."""


def _redrawn(values: NDArray[np.float64], sizes: NDArray[np.float64], seed: int) -> Redrawn:
    pooled, k = float(np.sum(values * sizes) / np.sum(sizes)), len(values)
    smooth = (values * sizes + 2 * pooled) / (sizes + 2)  # a rate of 0 among few is not known without error
    scale = np.sqrt(smooth * (1 - smooth) / (sizes - 1))
    errors = np.random.default_rng(seed).standard_t(sizes - 1, size=(DRAWS, k)) * scale
    errors -= errors.mean(axis=1, keepdims=True)
    alone = np.eye(k)[int(np.argmax(scale))] - 1 / k
    direction = alone / alone.std(ddof=1)
    along, own = 2 * (errors @ direction) / (k - 1), np.sum(errors**2, axis=1) / (k - 1)

    def redrawn(spread: float) -> NDArray[np.float64]:
        variances: NDArray[np.float64] = spread**2 + spread * along + own
        return variances

    return redrawn


def _bounds(redrawn: Redrawn, observed: float, level: float) -> tuple[float, float]:
    """The interval; rates that lie closer together than sampling lets them are no proof that they are equal."""
    tail = (1 - level) / 2
    usual = float(np.median(redrawn(0.0)))
    return _spread_at(redrawn, 1 - tail, observed), _spread_at(redrawn, tail, max(observed, usual))


def _spread_at(redrawn: Redrawn, quantile: float, variance: float) -> float:
    """The spread at which ``variance`` is that quantile of the variances seen; 0 where it is less even at 0."""
    low, high = 0.0, 1.0
    if float(np.quantile(redrawn(0.0), quantile)) >= variance:
        return 0.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if float(np.quantile(redrawn(middle), quantile)) < variance else (low, middle)
    return (low + high) / 2
