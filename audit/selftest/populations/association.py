"""WEAT: associations of the words of two sets, normal and skewed."""

from collections.abc import Iterator
from math import sqrt

from audit.record import Interval
from audit.selftest.coverage import Case, Generator
from audit.stats.association import association

WIDER = "widened for what so few words do not show of the shape of their associations"


def _case(nx: int, ny: int, apart: float, skewed: bool, stated: str = WIDER) -> Case:
    def draw(g: Generator) -> Interval | None:
        x, y = (g.exponential(size=n) if skewed else g.normal(size=n) for n in (nx, ny))
        return association(x + apart, y, seed=int(g.integers(2**31))).interval

    # The spread of all words, of which each set has its part, is 1 + share * apart ** 2, squared.
    truth = apart / sqrt(1 + nx * ny / (nx + ny) ** 2 * apart**2)
    kind = "exponential" if skewed else "normal"
    situation = f"sets of {nx} and {ny} words, {kind} associations, {apart:g} apart"
    return Case("association.association", situation, truth, draw, stated, samples=1000)


def _words() -> Iterator[Case]:
    yield _case(6, 6, 0.0, False)
    yield _case(8, 8, 1.0, False)
    yield _case(5, 10, 2.5, False)
    yield _case(25, 25, 1.0, False)
    yield _case(8, 8, 0.0, True)
    yield _case(8, 8, 1.0, True)
    yield _case(8, 8, 2.5, True)
    yield _case(5, 10, 2.5, True)
    yield _case(5, 10, -2.5, True)
    yield _case(25, 25, 1.0, True)


CASES: tuple[Case, ...] = (*_words(),)
