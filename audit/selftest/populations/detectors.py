"""What detectors find, corrected for their errors, of which labelled sets tell little."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from audit.record import Interval
from audit.selftest.coverage import Case, Generator
from audit.selftest.noise import events
from audit.selftest.populations.clusters import clusters_of
from audit.stats.detector import ErrorRate, corrected_difference, corrected_share
from audit.stats.f_measure import f1

CHANGES = "the uncertainty of both error rates is added to either side, and no change is above 1"
HITS = "exact bounds of the share of hits: more for few items and clusters"


def _detectors() -> Iterator[Case]:
    def drawn(
        g: Generator, theta: float, sensitivity: float, specificity: float, labelled: int, n: int
    ) -> Interval | None:
        hits, rejections = int(g.binomial(labelled, sensitivity)), int(g.binomial(labelled, specificity))
        error = ErrorRate(hits, labelled - hits, rejections, labelled - rejections, "en", "")
        found = g.random(n) < theta * sensitivity + (1 - theta) * (1 - specificity)
        return corrected_share(found, error).interval

    for theta, sensitivity, specificity, labelled, n in (
        (0.3, 0.9, 0.9, 100, 200),
        (0.05, 0.9, 0.95, 100, 300),
        (0.5, 0.75, 0.85, 60, 100),
        (0.9, 0.95, 0.8, 200, 150),
        (0.02, 0.98, 0.99, 200, 500),
        (0.1, 0.85, 0.95, 75, 60),
    ):
        yield Case(
            "detector.corrected_share",
            f"{n} items, a share of {theta:g}; {sensitivity:g} and {specificity:g} known from {labelled} each",
            theta,
            lambda g, a=(theta, sensitivity, specificity, labelled, n): drawn(g, *a),  # type: ignore[misc]
            "more near the ends, where the bound of no events is used",
        )


def _corrected_differences() -> Iterator[Case]:
    def of(
        sizes: Sequence[int], p: float, q: float, rates: tuple[float, float], labelled: int
    ) -> Callable[[Generator], Interval | None]:
        codes = clusters_of(sizes)

        def found(g: Generator, share: float) -> NDArray[np.float64]:
            true = events(g, codes, share, 0.3)
            return (g.random(len(codes)) < np.where(true, rates[0], 1 - rates[1])).astype(float)

        def draw(g: Generator) -> Interval | None:
            hits, rejections = (int(g.binomial(labelled, rate)) for rate in rates)
            error = ErrorRate(hits, labelled - hits, rejections, labelled - rejections, "en", "")
            return corrected_difference(found(g, p) - found(g, q), codes, error).interval

        return draw

    settings: tuple[tuple[str, Sequence[int], float, float, tuple[float, float], int, str], ...] = (
        ("120 pairs", [1] * 120, 0.5, 0.2, (0.8, 0.9), 100, ""),
        ("40 pairs", [1] * 40, 0.9, 0.1, (0.75, 0.85), 60, CHANGES),
        ("300 pairs", [1] * 300, 0.02, 0.02, (0.9, 0.99), 100, ""),
        ("12 clusters of 2 to 20 pairs", [2, 5, 20] * 4, 0.4, 0.3, (0.85, 0.95), 75, ""),
    )
    for what, sizes, p, q, rates, labelled, stated in settings:
        known = f"{rates[0]:g} and {rates[1]:g} known from {labelled} each"
        situation = f"{what}, shares {p:g} and {q:g}; {known}"
        draw = of(sizes, p, q, rates, labelled)
        yield Case("detector.corrected_difference", situation, p - q, draw, stated, samples=2000)


def _f_measures() -> Iterator[Case]:
    def of(sizes: Sequence[int], base: float, hit: float, alarm: float) -> Callable[[Generator], Interval | None]:
        codes = clusters_of(sizes)

        def draw(g: Generator) -> Interval | None:
            true = events(g, codes, base, 0.3)
            return f1(true, events(g, codes, np.where(true, hit, alarm), 0.3), codes).interval

        return draw

    settings: tuple[tuple[str, Sequence[int], float, float, float], ...] = (
        ("60 items", [1] * 60, 0.3, 0.7, 0.2),
        ("400 items", [1] * 400, 0.05, 0.6, 0.02),
        ("200 items", [1] * 200, 0.5, 0.98, 0.01),
        ("20 clusters of 1 to 20", [1, 4, 8, 20] * 5, 0.3, 0.7, 0.1),
    )
    for what, sizes, base, hit, alarm in settings:
        truth = 2 * base * hit / (base * hit + (1 - base) * alarm + base)
        situation = f"{what}, {base:g} of them positive, {hit:g} of those found, {alarm:g} of the others"
        yield Case("f_measure.f1", situation, truth, of(sizes, base, hit, alarm), HITS, samples=2000)


CASES: tuple[Case, ...] = (*_detectors(), *_corrected_differences(), *_f_measures())
