"""Shares that are looked at again and again while items come in."""

from collections.abc import Iterator

from audit.record import Interval
from audit.selftest.coverage import Case, Generator
from audit.stats.looks import PARTS, anytime
from audit.stats.proportion import share

CAUTIOUS = "the intervals of all looks must hold together: a union bound"


def _looks() -> Iterator[Case]:
    def together(g: Generator, n: int, p: float) -> Interval:
        """What the intervals of all looks have in common: the truth lies in all of them or not."""
        hits = g.random(n) < p
        looked = [
            anytime(share(hits[: int(n * part)]).measurement("share"), look, len(PARTS)).interval
            for look, part in enumerate(PARTS, 1)
        ]
        seen = [interval for interval in looked if interval is not None]
        return Interval(max(i.low for i in seen), min(i.high for i in seen), 0.95, "all looks")

    for n, p in ((96, 0.5), (400, 0.1), (1504, 0.5)):
        yield Case(
            "looks.anytime",
            f"a share of {p:g}, after 1/8, 1/4, half and all of {n} items",
            p,
            lambda g, n=n, p=p: together(g, n, p),  # type: ignore[misc]
            CAUTIOUS,
        )


CASES: tuple[Case, ...] = (*_looks(),)
