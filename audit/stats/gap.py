"""The rate of something among some items against its rate among the others, in clusters that both may share."""

from math import atanh, sqrt, tanh

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from audit.stats.cluster import numbered
from audit.stats.estimate import Clusters, Estimate, Flags, at_levels, nothing
from audit.stats.power import AIMED
from audit.stats.proportion import clustered_share, cohens_h, interval_of_share


def rate_gap(hits: Flags, member: Flags, clusters: Clusters) -> Estimate:
    """The share of hits among members minus that among the others; -1 to 1, 0 when membership plays no part.

    Items of one cluster (the same template with another group filled in) belong together: the two clustered exact
    intervals are joined by the square-and-add rule with their correlation over clusters (Newcombe 1998,
    doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C; Zou 2007,
    doi:10.1037/1082-989X.12.4.399).
    Effect size: Cohen's h.
    """
    y, inside = np.asarray(hits, np.bool_), np.asarray(member, np.bool_)
    if len(y) == 0 or inside.all() or not inside.any():
        return nothing("there is no item of the group, or none of the others, to compare")
    codes = numbered(clusters)
    one, rest = (clustered_share(y[chosen], codes[chosen]) for chosen in (inside, ~inside))
    pair = _Pair(y, inside, codes)
    n, groups, difference = len(y), int(codes.max()) + 1, pair.rates[0] - pair.rates[1]
    if one.interval is None or rest.interval is None:
        return Estimate(difference, n=n, n_clusters=groups, reason=one.reason or rest.reason)
    limits = {
        i.level: ((i.low, i.high), (j.low, j.high))
        for i, j in zip((one.interval, *one.stricter), (rest.interval, *rest.stricter), strict=True)
    }
    interval, stricter = at_levels(
        lambda level: square_and_add(pair.rates, *limits[level], pair.correlation), "square-and-add, clustered"
    )
    return Estimate(
        difference,
        interval,
        stricter,
        n=n,
        n_clusters=groups,
        effect_size=cohens_h(*pair.rates),
        smallest_detectable=pair.detectable(),
    )


class _Pair:
    """Two rates and how they move together over clusters."""

    def __init__(self, hits: NDArray[np.bool_], inside: NDArray[np.bool_], codes: NDArray[np.int64]) -> None:
        sides = [(hits[chosen].astype(np.float64), codes[chosen]) for chosen in (inside, ~inside)]
        self.rates = float(sides[0][0].mean()), float(sides[1][0].mean())
        size = int(codes.max()) + 1
        first, second = (np.bincount(of, weights=(y - y.mean()) / len(y), minlength=size) for y, of in sides)
        self.errors = sqrt(float(np.sum(first**2))), sqrt(float(np.sum(second**2)))
        product = self.errors[0] * self.errors[1]
        correlation = float(np.sum(first * second)) / product if product > 0 else 0.0
        self.correlation = _less_by_one_error(correlation, size)

        self.members = _effective(*sides[0], self.errors[0])

    def detectable(self) -> float:
        """The gap, away from the nearer end, whose interval leaves out 0 with probability AIMED.

        Found by repetition, since the interval of the members' rate widens as the rate moves from the end.
        """
        common = min(self.rates[1], 1 - self.rates[1])
        others, gap = self.errors[1], 0.0
        for _ in range(20):
            rate = min(0.999, common + gap)
            own = sqrt(max(rate * (1 - rate), 1 / (4 * self.members)) / self.members)
            low = rate - interval_of_share(rate * self.members, self.members, 0.95)[0]
            wide = float(ndtri(0.975)) * others
            reach = sqrt(max(0.0, low**2 - 2 * self.correlation * low * wide + wide**2))
            error = sqrt(max(0.0, own**2 - 2 * self.correlation * own * others + others**2))
            gap = (gap + reach + float(ndtri(AIMED)) * error) / 2
        return gap


def _less_by_one_error(correlation: float, clusters: int) -> float:
    """A correlation less one standard error of its Fisher transform, for it is estimated: at least -1."""
    if clusters <= 3:
        return min(0.0, correlation)
    return tanh(atanh(min(0.999, max(-0.999, correlation))) - 1 / sqrt(clusters - 3))


def _effective(values: NDArray[np.float64], codes: NDArray[np.int64], error: float) -> float:
    """How many independent items tell as much about a rate; the clusters where it cannot be estimated."""
    rate, clusters = float(values.mean()), len(np.unique(codes))
    return min(float(len(values)), rate * (1 - rate) / error**2) if error > 0 else float(clusters)


def square_and_add(
    rates: tuple[float, float], first: tuple[float, float], second: tuple[float, float], correlation: float
) -> tuple[float, float]:
    """Bounds of rates[0] - rates[1] from the bounds of both and the correlation of their estimates."""
    difference = rates[0] - rates[1]

    def reach(a: float, b: float) -> float:
        return sqrt(max(0.0, a**2 - 2 * correlation * a * b + b**2))

    low = difference - reach(rates[0] - first[0], second[1] - rates[1])
    high = difference + reach(first[1] - rates[0], rates[1] - second[0])
    return max(-1.0, low), min(1.0, high)
