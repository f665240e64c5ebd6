"""The engine of the self-test, tried on checks that are right, too eager, blind, boastful, silent and broken."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audit.check import Check, Metric
from audit.record import Measurement, Observation
from audit.selftest.audits import too_many
from audit.selftest.find import Job
from audit.selftest.stand_in import StandIn
from audit.selftest.table import run
from audit.stats.cluster import cluster_mean
from audit.stats.estimate import census
from audit.trials import Trial


@dataclass(frozen=True)
class Scores:
    """The mean of 40 scores, with an interval that is stretched and a claim that is stretched."""

    id = "test.scores"
    needs = (object,)
    languages = ()
    metrics = (
        Metric("mean", "points", 0.0, "closer", "https://example.org"),
        Metric("badness", "points", 0.0, "lower", "https://example.org"),
        Metric("goodness", "points", 1.0, "higher", "https://example.org"),
    )

    stretch: float = 1.0
    boast: float = 1.0
    silent: int = 0

    def probe(self, model: Any) -> Iterator[Observation]:
        """One observation a score."""
        for number, score in enumerate(model):
            yield Observation(str(number), float(score), cluster=str(number))

    def measure(self, observations: Iterable[Observation]) -> Iterator[Measurement]:
        """The same mean for every metric; no answer where the first score begins with a digit below ``silent``."""
        seen = list(observations)
        estimate = cluster_mean([o.score for o in seen if o.score is not None], [o.cluster for o in seen])
        assert estimate.value is not None
        assert estimate.interval is not None
        low, high = (
            estimate.value + self.stretch * (bound - estimate.value)
            for bound in (estimate.interval.low, estimate.interval.high)
        )
        quiet = int(abs(seen[0].score or 0.0) * 1000) % 10 < self.silent
        for metric in self.metrics:
            yield replace(
                estimate.measurement(metric.name, reason="it would not say" if quiet else ""),
                interval=replace(estimate.interval, low=low, high=high),
                smallest_detectable=(estimate.smallest_detectable or 0.0) / self.boast,
            )


def noise(_: Check, effect: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(effect, 1.0, 40)


def tried(check: Check, metric: str = "mean", audits: int = 400, **facts: Any) -> Trial:
    stand_in = StandIn("test.scores", metric, **{"model": noise, **facts})
    return run(Job(check, stand_in, "audit.selftest.stand_in", ""), audits=audits)


def test_a_check_that_does_what_it_says_holds() -> None:
    trial = tried(Scores())
    assert trial.fault == ""
    # quantiles of t and the median of chi-squared, 39 degrees of freedom
    assert trial.claim == pytest.approx((2.0227 + 1.3036) * 1.0085 / 40**0.5, rel=0.05)
    assert [rung.times for rung in trial.rungs] == [0, 0.5, 1, 1.5]
    assert [rung.audits for rung in trial.rungs[1:]] == [100, 400, 100]
    rates = [rung.rate for rung in trial.rungs]
    assert rates == sorted(rates)
    assert 0.02 < rates[0] < 0.065
    assert rates[2] == pytest.approx(0.90, abs=0.045)  # three standard errors of 400 audits
    assert rates[3] > 0.95


def test_it_is_the_same_each_time_and_another_with_another_seed() -> None:
    job = Job(Scores(), StandIn("test.scores", "mean", noise), "audit.selftest.stand_in", "")
    assert run(job, audits=40) == run(job, audits=40)
    assert run(job, audits=40).rungs != run(job, audits=40, seed=1).rungs


def test_a_check_that_rings_too_often_does_not_hold() -> None:
    trial = tried(Scores(stretch=0.7))
    assert trial.without is not None
    assert trial.without.rate == pytest.approx(0.17, abs=0.05)
    assert trial.fault.startswith(f"it rang in {trial.without.rate:.1%} of 400 audits without an effect (up to ")


def test_a_check_that_rings_a_little_too_often_is_tried_until_it_shows() -> None:
    trial = tried(Scores(stretch=0.86))  # rings in 9 %
    assert trial.without is not None
    assert trial.without.audits >= 400
    assert "it rang in" in trial.fault


def test_a_check_that_boasts_does_not_hold() -> None:
    trial = tried(Scores(boast=2.0), audits=200)
    assert trial.claimed is not None
    assert trial.fault == (
        f"it claims to detect {trial.claim:.3g} and found it in {trial.claimed.rate:.1%} of 200 audits"
    )


def test_audits_without_an_answer_are_counted_and_ring_no_alarm() -> None:
    trial = tried(Scores(silent=3), audits=200)
    assert trial.without is not None
    assert trial.claimed is not None
    assert trial.without.unanswered == pytest.approx(60, abs=25)
    assert trial.claimed.rate < 0.75
    assert "found it in" in trial.fault


def test_a_check_that_says_nothing_does_not_hold() -> None:
    assert tried(Scores(silent=10), audits=20).fault == "it gave no answer; it does not say what it could detect"


def test_a_check_that_breaks_off_does_not_hold() -> None:
    def broken(_: Check, __: float, ___: int) -> object:
        raise ZeroDivisionError("planted")

    trial = tried(Scores(), model=broken)
    assert (trial.fault, trial.rungs, trial.claim) == ("it broke off (ZeroDivisionError: planted)", (), None)


def test_alarms_and_effects_lie_on_the_side_that_is_worse() -> None:
    lower, higher = tried(Scores(), "badness"), tried(Scores(), "goodness")
    for trial, side in ((lower, 1), (higher, -1)):
        assert trial.fault == ""
        assert trial.side == side
        assert [rung.effect * side > 0 for rung in trial.rungs] == [False, True, True, True]
        assert trial.without is not None
        assert trial.without.rate < 0.045


def test_more_than_there_can_be_is_no_claim() -> None:
    trial = tried(Scores(), audits=40, largest=0.3)
    assert "more than there can be (0.3)" in trial.fault
    assert max(rung.effect for rung in trial.rungs) == 0.3


def test_options_may_write_files(tmp_path: Path) -> None:
    folders: list[Path] = []

    def options(folder: Path) -> Mapping[str, Any]:
        folders.append(folder)
        (folder / "file").write_text("x")
        return {"stretch": 2.0}

    assert tried(Scores(), audits=100, options=options).rungs[0].alarms == 0
    assert len(folders) == 1
    assert not folders[0].exists()


@dataclass(frozen=True)
class Counts:
    """Counts faults, all there are."""

    id = "test.counts"
    needs = (object,)
    languages = ()
    metrics = (Metric("faults", "count", 0.0, "lower", "https://example.org"),)
    blind: bool = False

    def probe(self, model: Any) -> Iterator[Observation]:
        """One observation a thing."""
        yield Observation("thing", score=0.0 if self.blind else float(model))

    def measure(self, observations: Iterable[Observation]) -> Iterator[Measurement]:
        """How many."""
        yield census(sum(o.score or 0.0 for o in observations), 1, "things").measurement("faults")


def test_what_counts_everything_is_tried_once_with_a_fault_and_once_without() -> None:
    stand_in = StandIn("test.counts", "faults", lambda _, effect, __: effect, largest=1.0)
    for check, fault in ((Counts(), ""), (Counts(blind=True), "it missed a planted fault")):
        trial = run(Job(check, stand_in, "audit.selftest.stand_in", ""))
        assert trial.census
        assert [rung.audits for rung in trial.rungs] == [1, 1]
        assert trial.fault == fault


def test_how_many_false_alarms_are_no_accident() -> None:
    """One-sided exact binomial tests at 0.1 %: 20 are expected of 400."""
    assert not too_many(34, 400)
    assert too_many(36, 400)
    assert not too_many(80, 1600)
