"""Rates of many groups: how far they lie apart, each drawn towards the others, and their distances summed."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from audit.record import Interval
from audit.selftest.coverage import Case, Generator
from audit.selftest.noise import events
from audit.stats.equality import equality_difference
from audit.stats.rates import Rate
from audit.stats.shrinkage import shrunk_rates
from audit.stats.spread import spread_of_rates

LEAST_CERTAIN = "the group whose rate is least certain is taken for the one that deviates, which makes it wider"
TRIANGLE = "the lower bound is one by the triangle inequality, the upper adds what noise may hide"
ALIKE = "equal rates: more, for how little they differ is not known"
UNLIKE = "holds on average over groups; the group unlike all others is drawn to them, its own holds in 63 %"
ONE_APART = np.array([0.2] * 11 + [0.5])


def _rates(g: Generator, sizes: Sequence[int], shares: Sequence[float] | NDArray[np.float64]) -> list[Rate]:
    hits = g.binomial(sizes, shares)
    return [Rate(x / n, n, n, float(n)) for x, n in zip(hits.tolist(), sizes, strict=True)]


def _spread() -> Iterator[Case]:
    def of(sizes: Sequence[int], shares: Sequence[float]) -> Callable[[Generator], Interval | None]:
        return lambda g: spread_of_rates(_rates(g, sizes, shares), seed=int(g.integers(2**31))).interval

    settings: tuple[tuple[str, Sequence[int], Sequence[float]], ...] = (
        ("6 groups of 2000 to 15, all rates 0.1", [2000, 300, 60, 30, 20, 15], [0.1] * 6),
        ("3 groups of 1000, 100 and 30, rates 0.3, 0.35 and 0.5", [1000, 100, 30], [0.3, 0.35, 0.5]),
        ("14 groups of 40, rates 0.05 to 0.4", [40] * 14, np.linspace(0.05, 0.4, 14).tolist()),
    )
    for situation, sizes, shares in settings:
        truth = round(float(np.std(shares, ddof=1)), 12)  # equal rates differ by nothing, not by rounding
        yield Case("spread.spread_of_rates", situation, truth, of(sizes, shares), LEAST_CERTAIN, samples=600)


def _shrunk() -> Iterator[Case]:
    """The event is that the interval of a group holds that group's own rate, which is drawn with it.

    The interval is moved by the rate, so that the truth is 0.
    """

    def of(
        sizes: Sequence[int], shares: Callable[[Generator], NDArray[np.float64]], which: Callable[[Generator], int]
    ) -> Callable[[Generator], Interval | None]:
        def draw(g: Generator) -> Interval | None:
            own, group = shares(g), which(g)
            found, rate = shrunk_rates(_rates(g, sizes, own))[group].interval, float(own[group])
            return found and Interval(found.low - rate, found.high - rate, found.level, found.method)

        return draw

    families: tuple[tuple[str, Sequence[int], Callable[[Generator], NDArray[np.float64]], str], ...] = (
        ("3 groups of 30, rates beta(6, 14)", [30] * 3, lambda g: g.beta(6, 14, 3), ""),
        ("12 groups of 20, rates beta(6, 14)", [20] * 12, lambda g: g.beta(6, 14, 12), ""),
        (
            "7 groups of 200 and one of 8, rates beta(2, 38)",
            [200] * 7 + [8],
            lambda g: g.beta(2, 38, 8),
            "",
        ),
        ("6 groups of 30, all rates 0.3", [30] * 6, lambda _: np.full(6, 0.3), ALIKE),
    )
    for what, sizes, shares, stated in families:
        last = of(sizes, shares, lambda _: -1)
        yield Case("shrinkage.shrunk_rates", f"{what}: the last group's own rate", 0.0, last, stated, samples=1000)
    some = of([30] * 12, lambda _: ONE_APART, lambda g: int(g.integers(12)))
    what = "12 groups of 30, 11 rates 0.2, one 0.5: the own rate of any of them"
    yield Case("shrinkage.shrunk_rates", what, 0.0, some, UNLIKE, samples=1000)


def _equality() -> Iterator[Case]:
    def of(templates: int, shares: NDArray[np.float64], alike: float) -> Callable[[Generator], Interval | None]:
        groups = len(shares)
        members, each = np.tile(np.eye(groups, dtype=bool), (templates, 1)), np.tile(shares, templates)
        codes = np.repeat(np.arange(templates), groups)

        def draw(g: Generator) -> Interval | None:
            hits = events(g, codes, each, alike)
            return equality_difference(hits, members, codes, seed=int(g.integers(2**31))).interval

        return draw

    settings: tuple[tuple[str, int, NDArray[np.float64], float], ...] = (
        ("20 groups in 100 templates, all rates 0.05", 100, np.full(20, 0.05), 0.3),
        ("20 groups in 100 templates, one rate 0.45, the others 0.2", 100, np.array([0.45] + [0.2] * 19), 0.3),
        ("8 groups in 12 templates, rates 0.1 to 0.8", 12, np.linspace(0.1, 0.8, 8), 0.3),
        ("8 groups in 30 templates, one rate 0.3, the others 0.02", 30, np.array([0.3] + [0.02] * 7), 0.3),
    )
    for what, templates, shares, alike in settings:
        truth = round(float(np.abs(shares - shares.mean()).sum()), 12)
        situation = f"{what}, alike {alike:g}: the sum without noise"
        draw = of(templates, shares, alike)
        yield Case("equality.equality_difference", situation, truth, draw, TRIANGLE, samples=600)


CASES: tuple[Case, ...] = (*_spread(), *_shrunk(), *_equality())
