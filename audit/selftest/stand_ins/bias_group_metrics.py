"""Stand-ins for bias.group-metrics: tables of decisions with a planted disparity, between two groups or five."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.capability import Layout, Table
from audit.check import Check
from audit.selftest.stand_in import StandIn

ROWS = 600
BASE_RATE, SELECTED, HIT, ALARM = 0.5, 0.3, 0.7, 0.2
"""Of a fair model: the share of truly positive cases, of positive decisions, and of them by what is true."""

Cells = tuple[NDArray[np.bool_] | None, NDArray[np.bool_], NDArray[np.float64] | None]
"""Truth, decision and score of each case; None for a column that the metric does not need."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """HasDecisions with rows that were drawn."""

    rows: Sequence[Sequence[str]] = field(repr=False)

    def decisions(self, layout: Layout) -> Table:
        """See HasDecisions."""
        del layout
        return Table(("group", "truth", "prediction", "score"), self.rows)


def _selected(generator: np.random.Generator, in_b: NDArray[np.bool_], rate: float) -> Cells:
    """Decisions alone; ``rate`` is group b's selection rate."""
    return None, generator.random(len(in_b)) < np.where(in_b, rate, SELECTED), None


def _erring(generator: np.random.Generator, in_b: NDArray[np.bool_], hit: float, alarm: float) -> Cells:
    """Decisions of a model that errs; ``hit`` and ``alarm`` are group b's true- and false-positive rate."""
    uniform = generator.random((2, len(in_b)))
    truth = uniform[0] < BASE_RATE
    rate = np.where(truth, np.where(in_b, hit, HIT), np.where(in_b, alarm, ALARM))
    return truth, uniform[1] < rate, None


def _right(generator: np.random.Generator, rows: int, accuracy: float) -> Cells:
    """Decisions of which so many are right, in each group."""
    uniform = generator.random((2, rows))
    truth = uniform[0] < BASE_RATE
    return truth, truth == (uniform[1] < accuracy), None


def _found(generator: np.random.Generator, rows: int, f1: float) -> Cells:
    """Decisions with so high an F1: of the cases that are positive or called so, f1 / (2 - f1) are both."""
    kinds, either = generator.random((2, rows)), f1 / (2 - f1)
    both, relevant = kinds[0] < either, kinds[1] < 0.5
    missed = generator.random(rows) < 0.5
    return relevant & (both | missed), relevant & (both | ~missed), None


def _scored(generator: np.random.Generator, rows: int, error: float) -> Cells:
    """Scores that are too high by ``error``, whatever they are."""
    score = generator.uniform(0.0, 1.0 - error, rows) + error
    truth = generator.random(rows) < score - error
    return truth, score > 0.5, score


def _two(
    cells: Callable[[np.random.Generator, NDArray[np.bool_], float], Cells],
) -> Callable[..., Decisions]:
    def model(check: Check, effect: float, seed: int) -> Decisions:
        del check
        generator = np.random.default_rng(seed)
        in_b = generator.random(ROWS) < 0.4
        return _table(np.where(in_b, "b", "a"), cells(generator, in_b, effect))

    return model


def _five(check: Check, effect: float, seed: int) -> Decisions:
    """Five groups whose selection rates are evenly spaced, with a standard deviation of ``effect``."""
    del check
    generator = np.random.default_rng(seed)
    places = np.linspace(-1.0, 1.0, 5)
    rates = np.clip(SELECTED + effect * places / places.std(ddof=1), 0.0, 1.0)
    group = generator.integers(0, 5, ROWS)
    return _table(np.array(list("abcde"))[group], (None, generator.random(ROWS) < rates[group], None))


def _table(groups: NDArray[np.str_], cells: Cells) -> Decisions:
    columns = [groups, *(np.full(len(groups), "") if cell is None else _text(cell) for cell in cells)]
    return Decisions(list(zip(*(column.tolist() for column in columns), strict=True)))


def _text(cell: NDArray[Any]) -> NDArray[np.str_]:
    return np.where(cell, "1", "0") if cell.dtype == np.bool_ else np.char.mod("%.4f", cell)


def _options(folder: Path) -> Mapping[str, Any]:
    del folder
    return {"sensitive": ("group",), "reference": ("group=a",)}


def _stand_in(metric: str, model: Callable[..., Decisions], null: float, largest: float, group: str) -> StandIn:
    return StandIn("bias.group-metrics", metric, model, null, largest, group, _options)


_B, _ALL = "group: b", ""
STAND_INS = (
    _stand_in("selection-rate", _two(lambda g, b, e: _selected(g, b, SELECTED + e)), SELECTED, SELECTED, _B),
    _stand_in("true-positive-rate", _two(lambda g, b, e: _erring(g, b, HIT + e, ALARM)), HIT, HIT, _B),
    _stand_in("false-positive-rate", _two(lambda g, b, e: _erring(g, b, HIT, ALARM + e)), ALARM, 1 - ALARM, _B),
    _stand_in("impact-ratio", _two(lambda g, b, e: _selected(g, b, SELECTED * (1 + e))), 1.0, 2.0, _B),
    _stand_in("demographic-parity-difference", _two(lambda g, b, e: _selected(g, b, SELECTED + e)), 0.0, 0.6, _B),
    _stand_in("equalised-odds-difference", _two(lambda g, b, e: _erring(g, b, HIT, ALARM + e)), 0.0, 0.7, _B),
    _stand_in("accuracy", _two(lambda g, b, e: _right(g, len(b), 0.7 + e)), 0.7, 0.25, _ALL),
    _stand_in("f1", _two(lambda g, b, e: _found(g, len(b), 0.6 + e)), 0.6, 0.35, _ALL),
    _stand_in("calibration-error", _two(lambda g, b, e: _scored(g, len(b), e)), 0.0, 0.5, _ALL),
    _stand_in("selection-rate-spread", _five, 0.0, 0.2, "group"),
)
