"""Answers that are less often right than they are sure."""

from collections.abc import Iterator

import numpy as np

from audit.record import Interval
from audit.selftest.coverage import Case, Generator
from audit.selftest.noise import events
from audit.stats.calibration import calibration_error


def _calibration() -> Iterator[Case]:
    def drawn(g: Generator, n: int, over: float, size: int) -> Interval | None:
        codes = np.arange(n) // size
        confidence = g.uniform(0.5, 1.0, n)
        right = events(g, codes, confidence - over, 0.1 if size > 1 else 0.0)
        return calibration_error(confidence, right, codes, seed=int(g.integers(2**31))).interval

    for n, over, size in ((60, 0.1, 1), (100, 0.06, 1), (300, 0.1, 1), (270, 0.1, 4), (1000, 0.2, 1)):
        yield Case(
            "calibration.calibration_error",
            f"{n} answers{f' in clusters of {size}' if size > 1 else ''}, {over:g} too sure",
            over,
            lambda g, a=(n, over, size): drawn(g, *a),  # type: ignore[misc]
            "the lower bound allows for the estimate's bias",
            samples=600,
        )


CASES: tuple[Case, ...] = (*_calibration(),)
