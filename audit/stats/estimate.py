"""An estimate with its interval at several levels, ready to become a measurement."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.record import Interval, Measurement

Numbers = Sequence[float] | NDArray[np.float64]
Flags = Sequence[bool] | NDArray[np.bool_]
Clusters = Sequence[str] | NDArray[np.int32] | NDArray[np.int64]
"""The sampling unit of each value: its name, or a number that stands for it."""

LEVELS = (0.95, 0.975, 0.99, 0.995, 0.9975, 0.999, 0.9995, 0.9999)
"""The first level is reported; the others let a judge correct for several comparisons, and for several looks."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value, its interval and what they rest on. ``reason`` says why value or interval is missing."""

    value: float | None
    interval: Interval | None = None
    stricter: tuple[Interval, ...] = ()
    n: int = 0
    n_clusters: int = 0
    effect_size: float | None = None
    p_value: float | None = None
    smallest_detectable: float | None = None
    note: str = ""
    reason: str = ""

    def measurement(self, metric: str, **facts: Any) -> Measurement:
        """This estimate as a measurement of ``metric``; ``facts`` are further fields of Measurement."""
        note = " ".join(part for part in (self.note, facts.pop("note", "")) if part)
        reason = facts.pop("reason", "") or self.reason
        return Measurement(
            metric=metric,
            value=self.value,
            interval=self.interval,
            stricter=self.stricter,
            n=self.n,
            n_clusters=self.n_clusters,
            effect_size=facts.pop("effect_size", self.effect_size),
            p_value=facts.pop("p_value", self.p_value),
            smallest_detectable=facts.pop("smallest_detectable", self.smallest_detectable),
            note=note,
            reason=reason,
            **facts,
        )


def at_levels(
    bounds: Callable[[float], tuple[float, float]],
    method: str | Callable[[float], str],
    levels: Sequence[float] = LEVELS,
) -> tuple[Interval, tuple[Interval, ...]]:
    """The intervals that ``bounds(level) -> (low, high)`` gives at ``levels``: the first, and the stricter ones.

    ``method`` is the method's name, or gives it for a level.
    """
    first, *rest = (
        Interval(float(low), float(high), level, method if isinstance(method, str) else method(level))
        for level, (low, high) in ((level, bounds(level)) for level in levels)
    )
    return first, tuple(rest)


def nothing(reason: str) -> Estimate:
    """The estimate of an empty sample."""
    return Estimate(value=None, reason=reason)


def census(value: float, n: int, what: str) -> Estimate:
    """A number counted over everything there is, so that sampling adds no uncertainty.

    ``what`` names the things counted ("files", say). The interval has no width because nothing was sampled.
    """
    interval, stricter = at_levels(lambda _: (value, value), f"census of {n} {what}")
    return Estimate(value=value, interval=interval, stricter=stricter, n=n, n_clusters=n)
