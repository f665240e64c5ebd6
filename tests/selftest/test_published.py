"""The published table: it is whole and fresh, every check holds, and a judge reads it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from audit.catalogue import find_checks
from audit.judge import judge
from audit.policy.policy import Control, Policy
from audit.policy.read import read_policy
from audit.record import Outcome, Requirement
from audit.selftest.audits import answered, bench
from audit.selftest.coverage import stale
from audit.selftest.digest import code_digest
from audit.selftest.find import find_stand_ins, jobs_of
from audit.selftest.populations import CASES
from audit.selftest.table import ask
from audit.stats.proportion import share
from audit.trials import FALSE_ALARMS_BELOW, SENSITIVITY, Results, Rung, Trial, as_json, fault, read_results

CHECKS = find_checks()
JOBS = jobs_of(CHECKS)
names = "/".join


def test_the_table_is_fresh() -> None:
    """Every trial was run on the code that there is; after a change, `make selftest` runs what is stale."""
    asked, known = ask(), read_results()
    published = {trial.key for trial in known.trials}
    assert [names(job.key) for job in asked.stale] == [], "run `make selftest`"
    assert published <= {job.key for job in asked.jobs}, "run `make selftest`"
    assert [case.situation for case in stale(CASES, known.coverage)] == [], "run `make selftest`"


@pytest.mark.parametrize("trial", read_results().trials, ids=lambda trial: names(trial.key))
def test_every_check_holds(trial: Trial) -> None:
    assert trial.fault == ""
    if not trial.census:
        assert trial.without is not None
        assert trial.claimed is not None
        assert trial.without.audits >= 400
        assert trial.without.rate < FALSE_ALARMS_BELOW
        assert trial.claimed.rate >= SENSITIVITY


def test_every_check_has_a_stand_in() -> None:
    assert ask().lacking == ()


def test_every_metric_that_the_policy_limits_was_tried() -> None:
    limited = {(r.check, r.metric) for c in read_policy("release-gate").controls for r in c.requires}
    not_sampled = {("explain.attribution", "additivity-error")}
    assert limited - not_sampled <= {(trial.check, trial.metric) for trial in read_results().trials}


def test_no_two_stand_ins_are_for_the_same() -> None:
    assert len({job.key for job in JOBS}) == len(JOBS)
    for _, stand_in in find_stand_ins():
        assert stand_in.metric in {metric.name for metric in CHECKS[stand_in.check].metrics}


FIRST = {(job.stand_in.check, job.stand_in.metric, job.stand_in.group): job for job in reversed(JOBS)}


@pytest.mark.parametrize("job", FIRST.values(), ids=lambda job: names(job.key))
def test_pretended_models_are_answered(job, tmp_path: Path) -> None:
    tried = bench(job.check, job.stand_in, job.language, 0, tmp_path)
    (m,) = tried.audits(0.0, range(1))
    assert m is not None
    assert answered(m)
    assert m.smallest_detectable or m.interval.low == m.interval.high


def test_the_table_survives_json(tmp_path: Path) -> None:
    known = read_results()
    path = tmp_path / "results.json"
    path.write_text(as_json(known))
    again = read_results(path)
    assert (set(again.trials), again.coverage) == (set(known.trials), known.coverage)
    assert read_results(tmp_path / "none.json") == Results()
    assert json.loads(path.read_text())["trials"][0]["check"]


def trial_of(check: str, language: str, why: str) -> Trial:
    return Trial(check, "rate", "", language, 0.0, 0.1, (Rung(0, 0.0, 400, 50),), why, "0")


def test_the_reason_is_found_by_check_metric_and_language() -> None:
    trials = [trial_of("a.b", "en", ""), trial_of("a.b", "sw", "it rang"), trial_of("c.d", "", "it is blind")]
    assert fault("a.b", "rate", "en", trials) == ""
    assert fault("a.b", "rate", "sw", trials) == "it rang"
    assert fault("a.b", "other", "sw", trials) == ""
    assert fault("c.d", "rate", "", trials) == "it is blind"
    assert fault("of.others", "rate", "", trials) == ""


def outcome(hits: int, *trials: Trial) -> tuple[Outcome, str]:
    requirement = Requirement("a.b", "rate", high=0.2)
    control = Control("c", "C", "content", "high", True, (requirement,))
    measured = {"a.b": [share([True] * hits + [False] * (300 - hits)).measurement("rate", language="sw")]}
    (finding,) = judge(
        Policy("p", "1", "P", "0" * 64, (control,)), measured, (), kind="causal-language-model", trials=trials
    )
    return finding.outcome, finding.reason


def test_a_check_that_fails_its_own_controls_cannot_pass_a_model() -> None:
    failing, other = trial_of("a.b", "sw", "it rang in 12.5% of audits"), trial_of("a.b", "en", "it rang")
    assert outcome(15)[0] == Outcome.PASSED
    assert outcome(15, other)[0] == Outcome.PASSED
    assert outcome(15, replace(failing, fault=""))[0] == Outcome.PASSED
    assert outcome(15, failing) == (
        Outcome.INCONCLUSIVE,
        "a.b fails its own controls, so it cannot pass a model: in the self-test it rang in 12.5% of audits",
    )
    assert outcome(150, failing)[0] == Outcome.FAILED
    assert outcome(60, failing)[0] == Outcome.INCONCLUSIVE


def test_a_digest_covers_code_and_data_but_not_what_is_told_about_them(tmp_path: Path, monkeypatch) -> None:
    from audit.selftest import digest

    monkeypatch.setattr(digest, "ROOT", tmp_path)
    (tmp_path / "data").mkdir()
    data = tmp_path / "data" / "words.en.yaml"
    data.write_text("a")
    code = tmp_path / "one.py"

    def of(text: str, **facts: str) -> str:
        code.write_text(text)
        for cached in (digest._imports, digest._path, digest._code):
            cached.cache_clear()
        return code_digest("audit.one", **facts)

    (tmp_path / "two.py").write_text("Y = 1")
    first = of('"""Told."""\nimport audit.two\nX = "words"  \n')
    assert of('"""Told otherwise,\n\nat length."""\n\n# a comment\nimport audit.two\nX = "words"\n') == first
    assert of('"""Told."""\nimport audit.two\nX = "word"\n') != first
    data.write_text("b")
    second = of('"""Told."""\nimport audit.two\nX = "words"\n')
    assert second != first
    (tmp_path / "two.py").write_text("Y = 2")
    assert of('"""Told."""\nimport audit.two\nX = "words"\n') != second
    for cached in (digest._imports, digest._path, digest._code):
        cached.cache_clear()


def test_a_digest_of_one_language_does_not_hang_on_the_others() -> None:
    english, spanish = (code_digest("audit.checks.bias.minimal_pairs", language=code) for code in ("en", "es"))
    assert english != spanish
    assert code_digest("audit.checks.bias.crows_pairs") == code_digest(
        "audit.checks.bias.crows_pairs", language="en"
    )
