"""The share of all pairs of things that differ, when the things are a sample and each is in many pairs."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from audit.stats.estimate import Estimate, at_levels, nothing
from audit.stats.power import AIMED
from audit.stats.proportion import clopper_pearson, interval_of_share


def share_of_pairs(strata: Sequence[NDArray[np.float64]], *, chance: float) -> Estimate:
    """The mean over strata of the share of pairs that differ; 0 to 1.

    Each stratum is a symmetric array of shape (things, things): how often (0 to 1) two things were found to
    differ; the diagonal is not looked at. The sampling unit is the thing: the variance is the jackknife's over
    things, for a mean over pairs is a U-statistic of degree two (Arvesen 1969, doi:10.1214/aoms/1177697287), and
    the interval is the exact one at the effective number of pairs, which is at least half the number of things
    (Hoeffding 1948, doi:10.1214/aoms/1177730196) and at most that of pairs. It is conservative where no or few
    things differ. ``chance`` is the share that tests find where there is no difference; the smallest detectable
    share is one above it.
    """
    sizes = [len(stratum) for stratum in strata]
    if not strata or min(sizes) < 2:
        return nothing("there are no two things to compare")
    shares, variances = zip(*map(_share, strata), strict=True)
    value, things = float(np.mean(shares)), sum(sizes)
    pairs = sum(size * (size - 1) / 2 for size in sizes)
    if things - len(sizes) < 2:
        return Estimate(value, n=int(pairs), n_clusters=things, reason="two things carry no interval")
    freedom, least = things - len(sizes), things / 2
    variance = sum(variances) / len(strata) ** 2
    effective = min(pairs, max(least, value * (1 - value) / variance)) if variance > 0 else least

    def bounds(level: float) -> tuple[float, float]:
        if value in (0.0, 1.0):
            return interval_of_share(value * effective, effective, level)
        tail = (1 + level) / 2
        size = effective * float(ndtri(tail) / stdtrit(freedom, tail)) ** 2
        return clopper_pearson(value * size, size, level)

    interval, stricter = at_levels(bounds, "exact at the effective number of pairs (jackknife over things)")
    return Estimate(
        value,
        interval,
        stricter,
        n=int(pairs),
        n_clusters=things,
        smallest_detectable=_detectable(chance, least, freedom),
        note=f"Effective number of pairs {effective:.0f}.",
    )


def _share(stratum: NDArray[np.float64]) -> tuple[float, float]:
    """The share of pairs that differ in one stratum, and its jackknife variance (of one pair: a coin's)."""
    size = len(stratum)
    own = (stratum.sum(axis=1) - stratum.diagonal()) / (size - 1)
    share = float(own.mean())
    if size < 3:
        return share, share * (1 - share)
    return share, float(4 * (size - 1) / size / (size - 2) ** 2 * np.sum((own - share) ** 2))


def _detectable(chance: float, effective: float, freedom: int) -> float:
    """The share above ``chance`` whose interval leaves it out with probability AIMED, if pairs tell least."""
    size = effective * float(ndtri(0.975) / stdtrit(freedom, 0.975)) ** 2
    more = 0.0
    for _ in range(30):
        share = min(0.999, chance + more)
        below = share - clopper_pearson(share * size, size, 0.95)[0]
        more = (more + below + float(ndtri(AIMED)) * sqrt(share * (1 - share) / effective)) / 2
    return more
