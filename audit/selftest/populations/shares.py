"""Shares of items, of choices, and of items in clusters."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from audit.record import Interval
from audit.selftest.coverage import Case, Generator
from audit.selftest.noise import events
from audit.selftest.populations.clusters import ONE_LARGE, clusters_of
from audit.stats.proportion import choice, clustered_share, share

EXACT = "exact bounds of a count: more for few items and rare events"
FEW = "exact bounds at the effective size: more for few clusters and rare events"


def _shares() -> Iterator[Case]:
    for n, p in ((10, 0.01), (10, 0.5), (30, 0.1), (60, 0.05), (100, 0.03), (100, 0.5), (300, 0.01), (1000, 0.9)):
        situation = f"{n} items, a share of {p:g}"
        yield Case("proportion.share", situation, p, lambda g, n=n, p=p: share(g.random(n) < p).interval, EXACT)  # type: ignore[misc]
    for n, p in ((6, 0.5), (50, 0.5), (104, 0.5), (300, 0.7), (1508, 0.5)):
        situation = f"{n} choices, a share of {p:g}"
        yield Case("proportion.choice", situation, p, lambda g, n=n, p=p: choice(g.random(n) < p).interval, EXACT)  # type: ignore[misc]


def _clustered_shares() -> Iterator[Case]:
    settings: tuple[tuple[Sequence[int], str, float, float], ...] = (
        ([5] * 8, "8 clusters of 5", 0.5, 0.3),
        ([10] * 10, "10 clusters of 10", 0.1, 0.4),
        ([10] * 30, "30 clusters of 10", 0.02, 0.4),
        ([10] * 30, "30 clusters of 10", 0.3, 0.1),
        ([20] * 60, "60 clusters of 20", 0.01, 0.4),
        ([35] * 65, "65 clusters of 35", 0.05, 0.15),
        ([1, 2, 3, 4, 10] * 8, "40 clusters of 1 to 10", 0.2, 0.4),
        (ONE_LARGE, "one cluster of 30, 9 of 2", 0.3, 0.3),
    )
    for sizes, what, p, alike in settings:
        codes = clusters_of(sizes)

        def draw(
            g: Generator, codes: NDArray[np.int64] = codes, p: float = p, alike: float = alike
        ) -> Interval | None:
            return clustered_share(events(g, codes, p, alike), codes).interval

        situation = f"{what}, a share of {p:g}, alike {alike:g}"
        yield Case("proportion.clustered_share", situation, p, draw, FEW)


CASES: tuple[Case, ...] = (*_shares(), *_clustered_shares())
