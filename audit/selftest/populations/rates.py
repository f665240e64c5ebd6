"""Rates of groups beside each other, of cases that stand alone and of persons with several rows."""

from collections.abc import Callable, Iterator, Sequence

from audit.selftest.coverage import Case, Generator
from audit.selftest.noise import events
from audit.selftest.populations.clusters import clusters_of
from audit.stats.estimate import Estimate
from audit.stats.rates import Rate, difference_of_rates, largest_difference, rate, ratio_of_rates

EXACT = "from exact bounds of both rates: more for few items and rare events"
TOGETHER = "all differences are bounded together (Bonferroni), from exact bounds"
ALIKE = 0.4
Drawn = Callable[[Generator], Rate | None]


def _rate(sizes: Sequence[int], share: float) -> Drawn:
    """Rates of persons with so many rows each, in clusters where that is more than one."""
    codes = clusters_of(sizes)
    return lambda g: rate(events(g, codes, share, ALIKE), codes)


def _two_rates() -> Iterator[Case]:
    settings: tuple[tuple[str, Sequence[int], float, Sequence[int], float], ...] = (
        ("20 and 30 cases", [1] * 20, 0.3, [1] * 30, 0.3),
        ("15 and 60 cases", [1] * 15, 0.05, [1] * 60, 0.2),
        ("20 and 20 cases", [1] * 20, 0.9, [1] * 20, 0.95),
        ("30 and 15 persons of 5 rows, alike 0.4", [5] * 30, 0.4, [5] * 15, 0.3),
        ("20 and 20 persons of 1 to 10 rows, alike 0.4", [1, 2, 3, 10] * 5, 0.1, [1, 2, 3, 10] * 5, 0.3),
    )
    for what, sizes, p, others, q in settings:
        situation = f"{what}, rates {p:g} and {q:g}"
        yield _compared(difference_of_rates, situation, _rate(sizes, p), _rate(others, q), p - q, samples=2000)
        yield _compared(ratio_of_rates, situation, _rate(sizes, p), _rate(others, q), p / q, samples=1000)


def _compared(
    statistic: Callable[[Rate | None, Rate | None], Estimate],
    situation: str,
    group: Drawn,
    reference: Drawn,
    truth: float,
    *,
    samples: int,
) -> Case:
    estimator = f"rates.{statistic.__name__}"
    return Case(
        estimator, situation, truth, lambda g: statistic(group(g), reference(g)).interval, EXACT, samples=samples
    )


def _largest() -> Iterator[Case]:
    settings: tuple[tuple[str, Sequence[tuple[int, float, int, float]], float], ...] = (
        ("5 pairs of 40 cases each, all rates 0.3", [(40, 0.3, 40, 0.3)] * 5, 0.0),
        ("40 and 60 cases each, rates 0.1 and 0.15 apart", [(40, 0.8, 40, 0.9), (60, 0.35, 60, 0.2)], 0.15),
        (
            "3 groups of 15 beside 200, one rate 0.25, the others 0.05",
            [(15, 0.05, 200, 0.05), (15, 0.05, 200, 0.05), (15, 0.25, 200, 0.05)],
            0.2,
        ),
        ("2 equal differences of 0.3, of 30 cases each", [(30, 0.5, 30, 0.2), (30, 0.2, 30, 0.5)], 0.3),
    )
    for situation, rates, truth in settings:
        drawn = [(_rate([1] * n, p), _rate([1] * m, q)) for n, p, m, q in rates]
        yield _largest_of(situation, drawn, truth)


def _largest_of(situation: str, pairs: Sequence[tuple[Drawn, Drawn]], truth: float) -> Case:
    return Case(
        "rates.largest_difference",
        situation,
        truth,
        lambda g: largest_difference([(group(g), reference(g)) for group, reference in pairs]).interval,
        TOGETHER,
        samples=2000,
    )


CASES: tuple[Case, ...] = tuple(sorted((*_two_rates(), *_largest()), key=lambda case: case.estimator))
