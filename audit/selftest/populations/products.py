"""The smaller of two numbers of which one falls as the other rises, where they are equal and where not."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from audit.record import Interval
from audit.selftest.coverage import Case, Generator
from audit.stats.cluster import cluster_mean
from audit.stats.estimate import Estimate
from audit.stats.product import product_values, smaller

NEARLY = "beside the kink it is below the truth if either number is, and above it only if both are"
KNOWN = 0.9


def _balance(targets: int, lean: float) -> Callable[[Generator], Interval | None]:
    """An icat: twice the share of known answers times the smaller of two shares that make up a whole.

    The lean of each target is drawn around that of all (beta, of spread 0.1 at a lean of one half).
    """
    codes = np.arange(targets)

    def side(known: NDArray[np.float64], share: NDArray[np.float64]) -> Estimate:
        return cluster_mean(2 * product_values(known, share), codes)

    def draw(g: Generator) -> Interval | None:
        known = g.binomial(40, KNOWN, targets) / 40
        leaning = g.binomial(20, g.beta(24 * lean, 24 * (1 - lean), targets)) / 20
        return smaller(side(known, leaning), side(known, 1 - leaning)).interval

    return draw


def _smaller() -> Iterator[Case]:
    for targets, lean, stated in (
        (6, 0.5, ""),
        (6, 0.6, NEARLY),
        (36, 0.5, ""),
        (36, 0.52, NEARLY),
        (36, 0.75, ""),
    ):
        truth = 2 * KNOWN * min(lean, 1 - lean)
        situation = f"{targets} targets that lean by {lean:g} to one side"
        yield Case("product.smaller", situation, truth, _balance(targets, lean), stated, samples=2000)


CASES: tuple[Case, ...] = (*_smaller(),)
