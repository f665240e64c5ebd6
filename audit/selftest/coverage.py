"""How often the intervals of each estimator hold the truth, simulated where that is hardest.

The populations are in audit/selftest/populations. This file does not know them, so that a change of one leaves the
rows of the others fresh.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from audit.record import Interval
from audit.selftest.digest import code_digest
from audit.trials import Coverage

ENGINE = "audit.selftest.coverage"
SAMPLES = 4000
LEAST, MOST = 0.93, 0.97
Generator = np.random.Generator


@dataclass(frozen=True, slots=True)
class Case:
    """A population, and the interval that an estimator gives for a sample of it.

    ``estimator`` is "module.function" in audit/stats. ``draw`` is a function of the module that describes the
    population. ``stated`` says why the interval may cover more than 97 % ("" where it must not). ``samples`` are
    fewer where each takes long.
    """

    estimator: str
    situation: str
    truth: float
    draw: Callable[[Generator], Interval | None]
    stated: str = ""
    samples: int = SAMPLES

    @property
    def key(self) -> tuple[str, str]:
        """What is simulated, as in the published table."""
        return (self.estimator, self.situation)

    @property
    def digest(self) -> str:
        """That of the estimator, of the file with its population, of this one, and of all that they rest on."""
        return code_digest(f"audit.stats.{self.estimator.split('.')[0]}", self.draw.__module__, ENGINE)


def cover(case: Case, samples: int | None = None) -> Coverage:
    """The case over so many samples; the seed hangs on what is estimated."""
    key = f"{case.estimator}/{case.situation}".encode()
    generator = np.random.default_rng(int.from_bytes(blake2b(key, digest_size=7).digest()))
    count = samples or case.samples
    found = [case.draw(generator) for _ in range(count)]
    told = [interval for interval in found if interval is not None]
    below = sum(case.truth < interval.low for interval in told)
    above = sum(case.truth > interval.high for interval in told)
    none = count - len(told)
    facts = (case.estimator, case.situation, case.truth, count, below, above, none)
    return Coverage(*facts, case.stated, case.digest)


def holds(row: Coverage, margin: float = 0.0) -> bool:
    """Whether 93 to 97 % are covered, or more where that is stated; ``margin`` allows for few samples."""
    return row.rate >= LEAST - margin and (bool(row.stated) or row.rate <= MOST + margin)


def stale(cases: Sequence[Case], published: Sequence[Coverage]) -> tuple[Case, ...]:
    """Those of ``cases`` that are not published, or were run with other code than there is."""
    known = {(row.estimator, row.situation): row.digest for row in published}
    return tuple(case for case in cases if known.get(case.key) != case.digest)
