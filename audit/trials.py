"""What the self-test found of the checks that ship: the published table, and what a judge must know of it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from audit.disk import write_whole

PUBLISHED = Path(__file__).parent / "selftest" / "results.json"
FALSE_ALARMS, FALSE_ALARMS_BELOW, SENSITIVITY = 0.05, 0.08, 0.80
"""A check holds when false alarms are not shown to be more frequent than the first, are shown to be rarer than the
second, and when it finds an effect of the size that it claims to detect at least as often as the third."""


@dataclass(frozen=True, slots=True)
class Rung:
    """Audits of pretended models of one strength: how many alarms rang, and how many came to no answer.

    ``times`` is the strength in multiples of the claimed effect, ``effect`` in the unit of the metric, with its
    sign; both are 0 for null models. An audit without an answer (no number, or one that may not be decided on)
    rang no alarm.
    """

    times: float
    effect: float
    audits: int
    alarms: int
    unanswered: int = 0

    @property
    def rate(self) -> float:
        """The share of audits in which the alarm rang; 0 to 1."""
        return self.alarms / self.audits


@dataclass(frozen=True, slots=True)
class Trial:
    """A check tried on pretended models, for one metric, group and language.

    ``claim`` is the smallest effect that the check says it detects: the median over the null models. ``fault``
    says why it does not hold, and is "" when it does. ``digest`` is that of the code and data that were tried.
    ``side`` is where alarms ring: 1 above the null value, -1 below, 0 on either side.
    A ``census`` counts without sampling, so that one model without a fault and one with it tell everything.
    """

    check: str
    metric: str
    group: str
    language: str
    null: float
    claim: float | None
    rungs: tuple[Rung, ...]
    fault: str
    digest: str
    side: int = 0
    seed: int = 0
    census: bool = False

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What was tried."""
        return (self.check, self.metric, self.group, self.language)

    @property
    def without(self) -> Rung | None:
        """The null models; None when the check broke off before."""
        return next((rung for rung in self.rungs if rung.times == 0), None)

    @property
    def claimed(self) -> Rung | None:
        """The models with an effect of the claimed size."""
        return next((rung for rung in self.rungs if rung.times == 1), None)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often the intervals of an estimator held the truth: ``below`` and ``above`` count those that missed it,
    on the side on which the truth lay; ``none`` counts samples without an interval. ``stated`` says why an
    interval may cover more than it should."""

    estimator: str
    situation: str
    truth: float
    samples: int
    below: int
    above: int
    none: int
    stated: str
    digest: str

    @property
    def rate(self) -> float:
        """The share of intervals that held the truth; 0 to 1."""
        told = self.samples - self.none
        return (told - self.below - self.above) / told if told else 0.0


@dataclass(frozen=True, slots=True)
class Results:
    """The published table."""

    trials: tuple[Trial, ...] = ()
    coverage: tuple[Coverage, ...] = ()


def read_results(path: Path = PUBLISHED) -> Results:
    """The published table; empty where there is none yet."""
    if not path.is_file():
        return Results()
    data = json.loads(path.read_text(encoding="utf-8"))
    return Results(
        tuple(_trial(row) for row in data["trials"]), tuple(Coverage(**row) for row in data["coverage"])
    )


def write_results(results: Results, path: Path = PUBLISHED) -> None:
    """Write the table, a row a line, so that a change is easy to see."""
    write_whole(path, as_json(results))


def as_json(results: Results) -> str:
    """The table as JSON, a row a line, ordered by what was tried."""
    parts = {
        "trials": [asdict(trial) for trial in sorted(results.trials, key=lambda trial: trial.key)],
        "coverage": [asdict(row) for row in results.coverage],
    }
    lists = (f'"{name}": [\n' + ",\n".join(map(json.dumps, rows)) + "\n]" for name, rows in parts.items())
    return "{" + ",\n".join(lists) + "}\n"


def fault(check: str, metric: str, language: str, trials: Sequence[Trial] | None = None) -> str:
    """Why the metric of a check fails its own controls in a language, or "" (also where it was never tried)."""
    for trial in _published() if trials is None else trials:
        if (trial.check, trial.metric) == (check, metric) and trial.language in ("", language) and trial.fault:
            return trial.fault
    return ""


@cache
def _published() -> tuple[Trial, ...]:
    return read_results().trials


def _trial(row: dict[str, Any]) -> Trial:
    return Trial(**{**row, "rungs": tuple(Rung(**rung) for rung in row["rungs"])})
