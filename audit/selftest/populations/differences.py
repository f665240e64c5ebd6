"""Differences of two shares: apart, and in clusters that both sides share."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from audit.record import Interval
from audit.selftest.coverage import Case, Generator
from audit.selftest.noise import events
from audit.selftest.populations.clusters import UNEQUAL, clusters_of
from audit.stats.difference import clustered_difference, difference_of_shares
from audit.stats.estimate import Estimate
from audit.stats.gap import rate_gap

FREEDOM = "as many degrees of freedom as the side with fewer has: more for few and unequal clusters"
TAIL = "widened on the side of the tail, never narrowed on the other"
SQUARES = "from exact bounds of both rates at their effective sizes: more for few clusters and rare events"
Compare = Callable[[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64]], Estimate]


def _differences() -> Iterator[Case]:
    for n1, n2, p1, p2 in ((10, 10, 0.5, 0.5), (25, 25, 0.1, 0.1), (100, 20, 0.9, 0.8), (50, 200, 0.02, 0.02)):
        yield Case(
            "difference.difference_of_shares",
            f"{n1} and {n2} items, shares {p1:g} and {p2:g}",
            p1 - p2,
            lambda g, n1=n1, n2=n2, p1=p1, p2=p2: (  # type: ignore[misc]
                difference_of_shares(g.random(n1) < p1, g.random(n2) < p2).interval
            ),
            "score bounds of two counts: more for few items and rare events",
        )


def _sides(
    compare: Compare, sizes: Sequence[int], part: float, p: float, q: float, alike: float
) -> Callable[[Generator], Interval | None]:
    """Shares p and q of two sides; ``part`` of the items of each cluster, at least one, are of the first."""
    codes = clusters_of(sizes)
    side = np.concatenate([np.arange(size) < max(1, round(part * size)) for size in sizes])
    shares = np.where(side, p, q)
    return lambda g: compare(events(g, codes, shares, alike), side, codes).interval


def _clustered() -> Iterator[Case]:
    settings: tuple[tuple[str, Sequence[int], float, float, float, float, str], ...] = (
        ("12 clusters of 4 to 24", [4, 8, 24] * 4, 0.5, 0.6, 0.5, 0.2, ""),
        ("5 clusters of 1 to 9", UNEQUAL, 0.5, 0.5, 0.5, 0.3, FREEDOM),
        ("30 clusters of 10", [10] * 30, 0.5, 0.05, 0.02, 0.4, TAIL),
        ("60 clusters of 7, one item the first side's", [7] * 60, 1 / 7, 0.3, 0.2, 0.4, ""),
    )
    for what, sizes, part, p, q, alike, stated in settings:
        situation = f"{what}, shares {p:g} and {q:g}, alike {alike:g}"
        draw = _sides(clustered_difference, sizes, part, p, q, alike)
        yield Case("difference.clustered_difference", situation, p - q, draw, stated)


def _gaps() -> Iterator[Case]:
    settings: tuple[tuple[str, Sequence[int], float, float, float, float], ...] = (
        ("60 clusters of 7, one item a member", [7] * 60, 1 / 7, 0.2, 0.2, 0.4),
        ("28 clusters of 2, one item a member", [2] * 28, 0.5, 0.3, 0.3, 0.8),
        ("30 clusters of 5, one item a member", [5] * 30, 0.2, 0.4, 0.1, 0.4),
        ("40 clusters of 10, 2 items of each members", [10] * 40, 0.2, 0.02, 0.02, 0.4),
        ("12 clusters of 4 to 24, half members", [4, 8, 24] * 4, 0.5, 0.8, 0.6, 0.3),
    )
    for what, sizes, part, p, q, alike in settings:
        situation = f"{what}, rates {p:g} and {q:g}, alike {alike:g}"
        yield Case(
            "gap.rate_gap", situation, p - q, _sides(rate_gap, sizes, part, p, q, alike), SQUARES, samples=2000
        )


CASES: tuple[Case, ...] = (*_differences(), *_clustered(), *_gaps())
