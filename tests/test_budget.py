"""A run with a budget: what is settled is not asked further, and what was not reached never passes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from audit.audit import audit
from audit.capability import CanScore
from audit.check import Check, Metric, draw
from audit.judge import judge_again
from audit.plan import Wish, make_plan
from audit.policy.policy import Control, Policy
from audit.record import Measurement, Observation, Outcome, Requirement
from audit.report import Report, Status, read_report
from audit.stats.proportion import share
from audit.target.open import open_target
from audit.target.target import Target
from tests.tiny import causal_folder

ITEMS = 400
SECONDS_A_TEXT = 0.1


@dataclass(frozen=True)
class Hits:
    """The share of texts that the model finds likely."""

    id = "local.hits"
    needs = (CanScore,)
    languages = ()
    metrics = (Metric("hits", "share", 0.0, "lower", "https://example.org", "Hits."),)
    limit: int | None = None
    part: float = 1.0
    seed: int = 0

    def probe(self, model: CanScore) -> Iterator[Observation]:
        drawn = draw(range(ITEMS), self.limit, self.seed, self.part)
        for number, score in zip(drawn, model.log_likelihood([(self.id, f"text {n}") for n in drawn]), strict=True):
            yield Observation(str(number), score=float(score > -0.5))

    def measure(self, observations: Iterable[Observation]) -> Iterator[Measurement]:
        yield share([o.score == 1 for o in observations]).measurement("hits", unit="text")


@dataclass(frozen=True)
class MoreHits(Hits):
    """The same about other texts."""

    id = "local.more-hits"


@dataclass(frozen=True)
class Whole(Hits):
    """Cannot be stopped early."""

    id = "local.whole"

    def probe(self, model: CanScore) -> Iterator[Observation]:
        return replace(Hits(), part=1.0).probe(model)


@dataclass
class Model:
    """Hits a text of a check with its ``rates``; each new text takes time on its own clock."""

    rates: Mapping[str, float]
    seconds: float = SECONDS_A_TEXT
    now: float = 0.0
    known: set[str] = field(default_factory=set)
    asked: dict[str, int] = field(default_factory=dict)

    def log_likelihood(self, requests):
        scores = []
        for check, text in requests:
            if check + text not in self.known:
                self.known.add(check + text)
                self.asked[check] = self.asked.get(check, 0) + 1
                self.now += self.seconds
            place = (int(text.split()[1]) * 211 + 7) % ITEMS  # evenly spread over any part of the texts
            scores.append(0.0 if place < self.rates[check] * ITEMS else -1.0)
        return np.array(scores)


def control(name: str, *checks: str, blocking: bool = True, severity: str = "high", min_n: int = 1) -> Control:
    requires = tuple(Requirement(check, "hits", high=0.2, min_n=min_n) for check in checks)
    return Control(name, name, "bias", severity, blocking, requires)


def policy(*controls: Control) -> Policy:
    return Policy("gate", "1", "Gate", "d" * 64, controls)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Target:
    return open_target(str(causal_folder(tmp_path_factory.mktemp("model"))))


@pytest.fixture
def run(target: Target, tmp_path: Path) -> Callable[..., Report]:
    def run(model: Model, gate: Policy, seconds: float = 1e6, wish: Wish | None = None, **options) -> Report:
        checks: dict[str, Check] = {c.id: c for c in (Hits(), MoreHits())}
        plan = make_plan(gate, checks, target, replace(wish or Wish(), budget=seconds))
        return audit(plan, tmp_path, model=lambda: model, clock=lambda: model.now, began=0.0, **options)

    return run


def test_a_planted_fault_fails_after_an_eighth(run):
    model = Model({"local.hits": 0.6})
    report = run(model, policy(control("a", "local.hits")))
    assert model.asked == {"local.hits": ITEMS / 8}
    assert report.verdict.exit_code == 1
    (record,) = report.checks
    assert [(look.part, look.taken) for look in record.looks] == [
        (0.125, True), (0.25, False), (0.5, False), (1.0, False)
    ]  # fmt: skip
    assert record.stop.cause == "settled"
    assert record.options["part"] == 0.125


def test_a_null_model_passes_early_and_the_interval_says_at_what_level(run):
    model = Model({"local.hits": 0.0})
    report = run(model, policy(control("a", "local.hits")))
    assert model.asked == {"local.hits": ITEMS / 8}
    assert report.verdict.exit_code == 0
    (m,) = report.measurements["local.hits"]
    assert (m.interval.level, m.interval.method) == (0.95, "exact one-sided bound at 99.5 %, look 1 of 4")
    assert m.interval.high == pytest.approx(1 - 0.005 ** (1 / 50))
    assert "4 times" in m.note


def test_what_is_near_the_limit_is_asked_to_the_end(run):
    model = Model({"local.hits": 0.19})
    report = run(model, policy(control("a", "local.hits")))
    assert model.asked == {"local.hits": ITEMS}
    assert report.verdict.exit_code == 3
    assert report.checks[0].stop is None
    (m,) = report.measurements["local.hits"]
    assert (m.interval.level, m.interval.method) == (0.95, "Clopper-Pearson at 97.5 %, look 4 of 4")
