"""Two models that were asked the same: how much worse the second one is."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from audit.record import Interval
from audit.selftest.coverage import Case, Generator
from audit.stats.jackknife import Groups, LeftOut, split
from audit.stats.paired import Direction, exactly, worse_by
from audit.stats.proportion import share

SPLITS = 10
FEW = "exact bounds where the models differ in few items"
KINK = "both distances are at their kink: no sign is taken from the estimates"
UNPAIRED = "not smooth: the intervals of both are set against each other as if they were not paired"
CONSTANT = "nothing is sampled: the interval is the value"
Numbers = NDArray[np.float64]


def _errors(g: Generator, n: int, p: float, q: float) -> tuple[Numbers, Numbers]:
    """Errors of both models, of shares p and q; what is hard for one is hard for the other in 8 of 10 items."""
    hard, other = g.random((2, n))
    same = g.random(n) < 0.8
    return (hard < p).astype(float), (np.where(same, hard, other) < q).astype(float)


def _left_out(
    errors: Numbers, of: Callable[[Numbers], Numbers] = np.asarray, intervals: tuple[Interval, ...] = ()
) -> LeftOut:
    """A function ``of`` the mean of all items, of the mean without each, and of those of halves."""
    n, first = len(errors), split(len(errors), 0, SPLITS)
    without = of((errors.sum() - errors) / (n - 1))
    halves = [of((half @ errors) / half.sum(axis=1)) * half.sum(axis=1) for half in (first, ~first)]
    return LeftOut(float(of(errors.mean(keepdims=True))[0]), without, (halves[0] + halves[1]) / n, intervals)


def _of_shares(n: int, p: float, q: float, direction: Direction) -> Callable[[Generator], Interval | None]:
    groups = Groups(np.full(n, 1 / n), n, n)

    def draw(g: Generator) -> Interval | None:
        first, second = (_left_out(errors) for errors in _errors(g, n, p, q))
        return worse_by(first, second, groups, direction=direction, ideal=0.5, span=1.0).interval

    return draw


def _of_distances(n: int, p: float, q: float) -> Callable[[Generator], Interval | None]:
    """Of a metric that is itself a distance from one half, with the interval that it comes with."""
    groups = Groups(np.full(n, 1 / n), n, n)

    def side(errors: Numbers) -> LeftOut:
        found = share(errors > 0)
        told = (interval for interval in (found.interval, *found.stricter) if interval is not None)
        return _left_out(errors, lambda means: np.abs(means - 0.5), tuple(map(_from_half, told)))

    def draw(g: Generator) -> Interval | None:
        first, second = map(side, _errors(g, n, p, q))
        return worse_by(first, second, groups, direction="lower", ideal=0.0, span=1.0).interval

    return draw


def _from_half(found: Interval) -> Interval:
    low, high = found.low - 0.5, found.high - 0.5
    return Interval(max(0.0, low, -high), max(abs(low), abs(high)), found.level, found.method)


def _worse() -> Iterator[Case]:
    for n, p, q, stated in (
        (60, 0.2, 0.2, FEW),
        (200, 0.2, 0.3, ""),
        (100, 0.02, 0.02, FEW),
        (300, 0.01, 0.04, ""),
    ):
        yield _case(f"{n} items, errors of {p:g} and {q:g}", q - p, _of_shares(n, p, q, "lower"), stated)
    for n, p, q, stated in ((200, 0.6, 0.4, ""), (200, 0.5, 0.5, KINK), (100, 0.5, 0.7, "")):
        what = f"{n} items, distances of shares {p:g} and {q:g} from one half"
        truth = round(abs(q - 0.5) - abs(p - 0.5), 12)  # of equal distances 0, without what rounding leaves
        yield _case(what, truth, _of_shares(n, p, q, "closer"), stated)
    what = "100 items, a metric that is itself a distance from one half, shares 0.5 and 0.5"
    yield _case(what, 0.0, _of_distances(100, 0.5, 0.5), UNPAIRED)


def _case(situation: str, truth: float, draw: Callable[[Generator], Interval | None], stated: str) -> Case:
    return Case("paired.worse_by", situation, truth, draw, stated, samples=2000)


def _unsampled() -> Iterator[Case]:
    def again(g: Generator) -> Interval | None:
        errors = g.random(60) < 0.3
        worse = float(errors.mean() - errors.copy().mean())
        return exactly(worse, 60, 60, "one model gave both runs the same answers").interval

    yield Case("paired.exactly", "60 items, the same answers in both runs", 0.0, again, CONSTANT, samples=600)


CASES: tuple[Case, ...] = (*_worse(), *_unsampled())
