"""Scores of two kinds of items: normal ones in clusters, nearly perfect orders, skewed ones."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from audit.record import Interval
from audit.selftest.coverage import Case, Generator
from audit.stats.auc import clustered_auc

WIDE = "few degrees of freedom of either kind: wider for few items"
PERFECT = "from a share of as many pairs where few clusters are misordered: more"
Draw = Callable[[Generator], Interval | None]


def _normal(g: Generator, clusters: int, size: int) -> NDArray[np.float64]:
    """Scores of which half of the variance is their cluster's."""
    shared = np.repeat(g.normal(size=clusters), size)
    drawn: NDArray[np.float64] = np.sqrt(0.5) * (shared + g.normal(size=clusters * size))
    return drawn


def _apart(area: float, positives: int, negatives: int, size: int) -> Draw:
    codes, first = np.repeat(np.arange(positives + negatives), size), positives * size
    shift = np.sqrt(2) * ndtri(area)

    def draw(g: Generator) -> Interval | None:
        up, down = _normal(g, positives, size) + shift, _normal(g, negatives, size)
        return clustered_auc(up, down, codes[:first], codes[first:]).interval

    return draw


def _together(area: float, clusters: int, size: int) -> Draw:
    """Each cluster has as many of either kind, and all of its scores are alike."""
    codes, kinds = np.repeat(np.arange(clusters), 2 * size), np.tile(np.repeat([True, False], size), clusters)
    shift = np.sqrt(2) * ndtri(area)

    def draw(g: Generator) -> Interval | None:
        every = _normal(g, clusters, 2 * size) + shift * kinds
        return clustered_auc(every[kinds], every[~kinds], codes[kinds], codes[~kinds]).interval

    return draw


def _skewed(area: float, positives: int, negatives: int) -> Draw:
    """Exponential scores with means m and 1: the area is m / (m + 1)."""
    codes = np.arange(positives + negatives)

    def draw(g: Generator) -> Interval | None:
        up, down = g.exponential(area / (1 - area), positives), g.exponential(size=negatives)
        return clustered_auc(up, down, codes[:positives], codes[positives:]).interval

    return draw


def _areas() -> Iterator[Case]:
    for area, positives, negatives, size, stated in (
        (0.5, 10, 10, 1, WIDE),
        (0.7, 20, 20, 5, ""),
        (0.9, 20, 200, 1, ""),
        (0.97, 20, 20, 5, PERFECT),
        (0.995, 100, 100, 5, PERFECT),
        (0.99, 50, 50, 5, PERFECT),
        (0.995, 40, 200, 5, PERFECT),
    ):
        what = f"{positives} and {negatives} {f'clusters of {size}' if size > 1 else 'items'}, normal scores"
        yield _case(f"{what}, an area of {area:g}", area, _apart(area, positives, negatives, size), stated)
    what = "30 clusters with 3 items of either kind, normal scores, an area of 0.8"
    yield _case(what, 0.8, _together(0.8, 30, 3))
    yield _case("15 and 60 items, exponential scores, an area of 0.8", 0.8, _skewed(0.8, 15, 60), WIDE)


def _case(situation: str, area: float, draw: Draw, stated: str = "") -> Case:
    return Case("auc.clustered_auc", situation, area, draw, stated)


CASES: tuple[Case, ...] = (*_areas(),)
