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
from audit.render import html, markdown
from audit.render.text import summary
from audit.render.view import View
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
        for number, score in zip(
            drawn, model.log_likelihood([(self.id, f"text {n}") for n in drawn]), strict=True
        ):
            yield Observation(str(number), score=float(score > -0.5))

    def measure(self, observations: Iterable[Observation]) -> Iterator[Measurement]:
        yield share([o.score == 1 for o in observations]).measurement("hits", unit="text")


@dataclass(frozen=True)
class MoreHits(Hits):
    """The same about other texts."""

    id = "local.more-hits"


@dataclass(frozen=True)
class Whole:
    """Has no parts, so that it is asked whole or not at all."""

    id = "local.whole"
    needs = (CanScore,)
    languages = ()
    metrics = Hits.metrics

    def probe(self, model: CanScore) -> Iterator[Observation]:
        return Hits().probe(model)

    def measure(self, observations: Iterable[Observation]) -> Iterator[Measurement]:
        return Hits().measure(observations)


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
        checks: dict[str, Check] = {c.id: c for c in (Hits(), MoreHits(), Whole())}
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


def test_when_the_clock_ends_nothing_is_decided_and_the_reason_says_so(run):
    report = run(Model({"local.hits": 0.19}), policy(control("a", "local.hits")), seconds=25.0)
    (finding,) = report.findings
    assert (finding.outcome, report.verdict.exit_code) == (Outcome.INCONCLUSIVE, 3)
    ended = "the budget of 25 s ended after half of the items, and the rest would take about 20 s"
    assert finding.reason.endswith(ended)
    assert (report.checks[0].stop.cause, report.checks[0].stop.reason) == ("budget", ended)
    assert report.times["budget"] == 25.0
    assert judge_again(report, report.policy).findings == report.findings


def test_a_check_that_was_never_reached_is_untested(run):
    model = Model({"local.hits": 0.0, "local.more-hits": 0.0})
    both = policy(control("a", "local.hits"), control("b", "local.more-hits"))
    report = run(model, both, seconds=7.0)
    assert model.asked == {"local.hits": ITEMS / 8}
    assert [f.outcome for f in report.findings] == [Outcome.PASSED, Outcome.UNTESTED]
    assert report.findings[1].reason.startswith(
        "the budget of 7 s ended before it was asked; its first look would"
    )
    assert report.checks[1].status == Status.UNTESTED
    assert report.verdict.exit_code == 3


def test_loading_counts_and_no_time_left_is_no_verdict(run):
    model = Model({"local.hits": 0.0}, now=100.0)
    report = run(model, policy(control("a", "local.hits")), seconds=60.0)
    assert model.asked == {}
    assert [f.outcome for f in report.findings] == [Outcome.UNTESTED]
    assert report.verdict.exit_code == 3


def test_blocking_controls_come_first_and_then_severity(run):
    rates = {"local.hits": 0.19, "local.more-hits": 0.19}
    model = Model(rates)
    run(model, policy(control("a", "local.hits", blocking=False), control("b", "local.more-hits")), 28.0)
    assert model.asked == {"local.hits": 50, "local.more-hits": 200}
    model = Model(rates)
    gate = policy(control("a", "local.hits", severity="low"), control("b", "local.more-hits"))
    run(model, gate, 28.0, fresh=True)
    assert model.asked == {"local.hits": 50, "local.more-hits": 200}


def test_a_failure_settles_its_control_once_every_comparison_is_there(run):
    model = Model({"local.hits": 0.6, "local.more-hits": 0.19})
    report = run(model, policy(control("a", "local.hits", "local.more-hits")))
    assert model.asked == {"local.hits": 50, "local.more-hits": 50}
    assert [f.outcome for f in report.findings] == [Outcome.FAILED, Outcome.INCONCLUSIVE]
    assert report.findings[1].reason.endswith("what rests on it was settled after 1/8 of the items")


def test_what_passed_is_not_asked_while_the_rest_of_its_control_is_open(run):
    model = Model({"local.hits": 0.0, "local.more-hits": 0.19})
    run(model, policy(control("a", "local.hits", "local.more-hits")))
    assert model.asked == {"local.hits": 50, "local.more-hits": 400}


def test_looks_below_the_smallest_sample_of_the_policy_spend_no_error(run):
    model = Model({"local.hits": 0.0})
    report = run(model, policy(control("a", "local.hits", min_n=150)))
    (record,) = report.checks
    assert [(look.part, look.spends) for look in record.looks] == [(0.5, 0.025), (1.0, 0.025)]
    assert model.asked == {"local.hits": 200}
    assert report.verdict.exit_code == 0


def test_a_users_limit_caps_all_looks(run):
    model = Model({"local.hits": 0.19})
    report = run(model, policy(control("a", "local.hits")), wish=Wish(limit=80))
    assert model.asked == {"local.hits": 80}
    assert [look.part for look in report.checks[0].looks] == [0.125, 0.25, 0.5, 1.0]


def test_a_check_without_parts_is_asked_whole_and_at_plain_levels(run):
    model = Model({"local.hits": 0.0})
    report = run(model, policy(control("a", "local.whole")))
    assert model.asked == {"local.hits": 400}
    (m,) = report.measurements["local.whole"]
    assert m.interval.method == "exact one-sided bound"
    assert [(look.part, look.spends) for look in report.checks[0].looks] == [(1.0, 0.05)]


def test_a_crash_at_a_later_look_leaves_no_number_behind(run):
    class Tires(Model):
        def log_likelihood(self, requests):
            if len(requests) > 50:
                raise RuntimeError("tired")
            return super().log_likelihood(requests)

    report = run(Tires({"local.hits": 0.15}), policy(control("a", "local.hits")))
    assert report.checks[0].status == Status.CRASHED
    assert [f.outcome for f in report.findings] == [Outcome.UNTESTED]
    assert report.verdict.exit_code == 3


def test_a_run_that_was_killed_takes_its_looks_again_and_comes_to_the_same(run):
    class Killed(Model):
        def log_likelihood(self, requests):
            if len(requests) > 100:
                raise KeyboardInterrupt
            return super().log_likelihood(requests)

    gate, rates = policy(control("a", "local.hits")), {"local.hits": 0.19}
    killed = Killed(rates)
    with pytest.raises(KeyboardInterrupt):
        run(killed, gate)
    again = run(Model(rates, known=killed.known), gate)
    undisturbed = run(Model(rates), gate, fresh=True)
    assert (again.measurements, again.findings) == (undisturbed.measurements, undisturbed.findings)


def test_a_longer_budget_goes_on_in_the_same_folder(run):
    gate, model = policy(control("a", "local.hits")), Model({"local.hits": 0.19})
    first = run(model, gate, seconds=12.0)
    model.now = 0.0
    second = run(model, gate, seconds=1000.0)
    assert first.plan_digest == second.plan_digest
    assert (first.checks[0].observations, second.checks[0].observations) == (100, 400)
    assert model.asked == {"local.hits": 400}


def test_the_record_tells_looks_and_stops(run, tmp_path: Path):
    run(Model({"local.hits": 0.0}), policy(control("a", "local.hits")))
    report = read_report(tmp_path)
    assert report.checks[0].stop.reason == "what rests on it was settled after 1/8 of the items"
    (row,) = View(report).ledger
    assert (row.word, row.complete) == ("run, stopped early", True)
    for told in (html.render(report), markdown.render(report), summary(report, None)):
        assert "settled after 1/8 of the items" in " ".join(told.split())
