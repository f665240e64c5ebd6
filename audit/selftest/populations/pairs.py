"""Pairs of things that are themselves a sample: each is in many pairs."""

from collections.abc import Callable, Iterator

import numpy as np
from scipy.special import ndtri

from audit.record import Interval
from audit.selftest.coverage import Case, Generator
from audit.stats import pairs, pairwise

FEW_DIFFER = "exact bounds at the effective number of pairs: more where few things differ"
LOG_ODDS = "a t interval of the log odds: more for few items and shares near the ends"
TESTED = 1.96


def _tests(things: int, strata: int, share: float) -> Callable[[Generator], Interval | None]:
    """Normal shifts, seen with an error of 1; two things are found to differ if a test at 5 % says so."""
    spread = (TESTED / ndtri(share / 2)) ** 2  # of shifts as seen, so that a test rings in ``share`` of all pairs

    def draw(g: Generator) -> Interval | None:
        seen = np.sqrt(spread) * g.normal(size=(strata, things))
        differ = np.abs(seen[:, :, None] - seen[:, None, :]) > TESTED * np.sqrt(2)
        return pairs.share_of_pairs(list(differ.astype(float)), chance=0.05).interval

    return draw


def _sums(items: int, share: float) -> Callable[[Generator], Interval | None]:
    """A pair hits where the sum of two normal scores is above 0: Phi(sqrt(2) * mean) of all pairs."""
    mean = ndtri(share) / np.sqrt(2)

    def draw(g: Generator) -> Interval | None:
        scores = g.normal(mean, 1, items)
        hit = scores[:, None] + scores > 0
        return pairwise.share_of_pairs((hit.sum(axis=1) - hit.diagonal()) / (items - 1)).interval

    return draw


def _matches(items: int) -> Callable[[Generator], Interval | None]:
    """Items of two parts that have nothing in common: two match better than crossed over in half of all pairs."""

    def draw(g: Generator) -> Interval | None:
        first, second = g.normal(size=(2, items, 16))
        alike = first @ second.T
        own = alike.diagonal()
        hit = own[:, None] + own > alike + alike.T
        return pairwise.share_of_pairs(hit.sum(axis=1) / (items - 1)).interval

    return draw


def _found_to_differ() -> Iterator[Case]:
    for things, strata, share in ((12, 3, 0.05), (12, 3, 0.2), (12, 3, 0.8), (6, 1, 0.5), (30, 2, 0.3)):
        what = f"{things} things in {strata} {'strata' if strata > 1 else 'stratum'}"
        situation = f"{what}, a share of {share:g} differs"
        yield Case(
            "pairs.share_of_pairs", situation, share, _tests(things, strata, share), FEW_DIFFER, samples=2000
        )


def _hitting() -> Iterator[Case]:
    for items, share in ((12, 0.5), (28, 0.8), (28, 0.98)):
        situation = f"{items} items, a share of {share:g} of pairs"
        yield Case("pairwise.share_of_pairs", situation, share, _sums(items, share), LOG_ODDS, samples=2000)
    situation = "30 items of two parts that have nothing in common, half of pairs"
    yield Case("pairwise.share_of_pairs", situation, 0.5, _matches(30), LOG_ODDS, samples=2000)


CASES: tuple[Case, ...] = (*_found_to_differ(), *_hitting())
