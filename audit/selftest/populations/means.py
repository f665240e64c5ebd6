"""Means of scores, alone and in clusters, and means in units of the spread."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from audit.record import Interval
from audit.selftest.coverage import Case, Generator
from audit.selftest.noise import scores
from audit.selftest.populations.clusters import ONE_LARGE, UNEQUAL, clusters_of
from audit.stats.cluster import cluster_mean
from audit.stats.standardised import standardised_mean

SKEW = "widened on the side of the tail, never narrowed on the other"
SHAPE = "widened for what the scores do not show of their shape"
ALONG = "mean and spread of skewed scores rise together, so that their ratio varies less"


def _means() -> Iterator[Case]:
    alone = np.arange(300)

    def of(
        n: int, values: Callable[[Generator, int], NDArray[np.float64]]
    ) -> Callable[[Generator], Interval | None]:
        return lambda g: cluster_mean(values(g, n), alone[:n]).interval

    def rare(g: Generator, n: int) -> NDArray[np.float64]:
        return np.where(g.random(n) < 0.1, g.uniform(size=n), 0.0)

    def mean(
        n: int,
        what: str,
        truth: float,
        values: Callable[[Generator, int], NDArray[np.float64]],
        stated: str = "",
    ) -> Case:
        return Case("cluster.cluster_mean", f"{n} {what}", truth, of(n, values), stated)

    for n in (5, 30, 300):
        yield mean(n, "normal scores", 0.0, lambda g, n: g.normal(size=n))
    yield mean(30, "scores with heavy tails (t with 3)", 0.0, lambda g, n: g.standard_t(3, size=n))
    for n in (5, 10, 30, 100):
        yield mean(n, "skewed scores (gamma, shape 1.5)", 1.5, lambda g, n: g.gamma(1.5, size=n))
    for n in (30, 100):
        yield mean(n, "very skewed scores (lognormal)", float(np.exp(0.5)), lambda g, n: g.lognormal(size=n))
    for n in (100, 300):
        yield mean(n, "changes, 9 of 10 of them none", 0.05, rare, SKEW)
    for sizes, what, stated in (
        ([5] * 3, "3 clusters of 5", SKEW),
        ([5] * 10, "10 clusters of 5", ""),
        ([5] * 108, "108 clusters of 5", ""),
        (UNEQUAL, "5 clusters of 1 to 9", SKEW),
        (ONE_LARGE, "one cluster of 30, 9 of 2", SKEW),
    ):
        codes = clusters_of(sizes)
        yield Case(
            "cluster.cluster_mean",
            f"{what}, heavy tails",
            0.0,
            lambda g, codes=codes: cluster_mean(scores(g, codes, 0.7), codes).interval,  # type: ignore[misc]
            stated,
        )


def _standardised() -> Iterator[Case]:
    def case(n: int, truth: float, skewed: bool, stated: str = "") -> Case:
        def draw(g: Generator) -> Interval | None:
            drawn = g.exponential(size=n) - 1 if skewed else g.normal(size=n)
            return standardised_mean(drawn + truth).interval

        kind = "exponential" if skewed else "normal"
        situation = f"{n} {kind} scores, a true d of {truth:g}"
        return Case("standardised.standardised_mean", situation, truth, draw, stated, samples=2000)

    for n, truth in ((5, 0.0), (8, 1.0), (60, 0.3), (60, 1.0)):
        yield case(n, truth, False, SHAPE)
    yield case(60, 0.0, True)
    yield case(20, 0.0, True)
    yield case(30, 1.0, True, ALONG)
    for n, truth in ((10, -1.0), (30, -1.0), (100, -0.5), (100, -1.0)):
        yield case(n, truth, True, SHAPE)


CASES: tuple[Case, ...] = (*_means(), *_standardised())
