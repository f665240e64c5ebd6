"""Whole audits of an endpoint through the command line's entry, in this process."""

import json
from pathlib import Path
from typing import Any

import pytest

from audit.__main__ import main
from audit.endpoint.client import Pace
from tests.cli.test_light import MODELS, imported
from tests.models.endpoint.scripted import CHAT, Scripted

CHECKS = '''
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from audit.capability import CanGenerate, CanScore
from audit.check import Metric
from audit.record import Measurement, Observation
from audit.stats.proportion import share


@dataclass(frozen=True)
class Answers:
    """The share of prompts that got no answer."""

    id = "local.answers"
    needs = (CanGenerate,)
    languages = ()
    metrics = (Metric("silent", "share", 0.0, "lower", "https://example.org"),)

    def probe(self, model) -> Iterator[Observation]:
        prompts = [f"Number {number}" for number in range(200)]
        for prompt, (answer,) in zip(prompts, model.generate(prompts, max_new_tokens=8), strict=True):
            yield Observation(prompt, score=float(not answer), cluster=prompt)

    def measure(self, observations: Iterable[Observation]) -> Iterator[Measurement]:
        yield share([o.score == 1 for o in observations]).measurement("silent", unit="prompt")


@dataclass(frozen=True)
class Scores(Answers):
    """The share of texts that got no score."""

    id = "local.scores"
    needs = (CanScore,)

    def probe(self, model) -> Iterator[Observation]:
        requests = [("The number", f" is {number}") for number in range(200)]
        for (_, text), score in zip(requests, model.log_likelihood(requests), strict=True):
            yield Observation(text, score=float(score > 0), cluster=text)


CHECKS = (Answers(), Scores())
'''
POLICY = """
policy: tiny-gate
version: "1"
title: A gate on one local check
controls:
  - id: gate
    title: Answers come
    area: performance
    applies_to: [causal-language-model]
    rationale: To try the gate.
    requires:
      - {{check: {check}, metric: silent, at_most: 0.1, rationale: To try the gate.}}
"""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of a test, not of the world."""
    monkeypatch.setattr("audit.cli.wish.pace_of", lambda concurrency, rate: Pace(concurrency, rate, 3, 5.0, 0.001))


def run(server: Scripted, folder: Path, *more: str, check: str = "local.answers") -> int:
    folder.mkdir(exist_ok=True)
    (folder / "checks.py").write_text(CHECKS)
    (folder / "policy.yaml").write_text(POLICY.format(check=check))
    gate = ["--policy", str(folder / "policy.yaml"), "--checks", str(folder / "checks.py")]
    return main(["run", f"{server.url}#toy", *gate, "--out", str(folder / "run"), "--quiet", *more])


def audited(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "run" / "audit.json").read_text())


@pytest.mark.parametrize("check", ["local.answers", "local.scores"])
def test_an_endpoint_can_pass(server: Scripted, tmp_path: Path, check: str):
    assert run(server, tmp_path, check=check) == 0
    report = audited(tmp_path)
    assert report["target"]["endpoint"]["model"] == "toy"
    assert report["target"]["path"] is None
    assert report["environment"]["dtype"] == "not known: the server's"
    page = (tmp_path / "run" / "report.html").read_text()
    assert "cannot be pinned to weights" in page
    assert "Digest of all files" not in page


def test_no_model_library_is_imported(server: Scripted, tmp_path: Path):
    (tmp_path / "checks.py").write_text(CHECKS)
    (tmp_path / "policy.yaml").write_text(POLICY.format(check="local.scores"))
    gate = ("--policy", tmp_path / "policy.yaml", "--checks", tmp_path / "checks.py")
    assert not MODELS & imported("plan", server.url, *gate)
    assert not MODELS & imported("run", server.url, *gate, "--out", tmp_path / "run")


def test_the_pace_is_no_part_of_the_plan(server: Scripted, tmp_path: Path):
    assert run(server, tmp_path) == 0
    asked = len(server.seen)
    assert run(server, tmp_path, "--concurrency", "2", "--requests-per-minute", "6000") == 0
    assert len(server.seen) <= asked + 30  # the canary and what is offered, and no prompt again


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_a_model_swapped_midway_settles_nothing(server: Scripted, tmp_path: Path, share: float):
    server.swap_after = 10 + int(200 * share)
    assert run(server, tmp_path) == 3
    (finding,) = audited(tmp_path)["findings"]
    assert finding["outcome"] == "inconclusive"
    assert "the served model changed during the run" in finding["reason"]
    assert finding["measurement"]["value"] == 0.0


def test_a_change_is_not_forgotten_when_the_first_model_is_back(server: Scripted, tmp_path: Path):
    server.swap_after = 100
    assert run(server, tmp_path) == 3
    server.swap_after, server.model = None, "first"
    assert run(server, tmp_path) == 3
    asked = server.asked(CHAT)
    assert run(server, tmp_path, "--fresh") == 0
    assert server.asked(CHAT) > asked + 200  # no answer of the other model was kept


def test_another_model_is_another_audit(server: Scripted, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert run(server, tmp_path) == 0
    server.model = "second"
    assert run(server, tmp_path) == 2
    assert "holds another audit" in capsys.readouterr().err


def test_a_server_that_dies_ends_the_run_and_the_same_command_goes_on(
    server: Scripted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(server, tmp_path, "--only", "local.scores") in (0, 3)  # so that the canary is known
    server.misdeeds[CHAT] = []
    before = server.asked(CHAT)
    server.dies_after = len(server.seen) + 120
    assert run(server, tmp_path / "second") == 2
    error = capsys.readouterr().err
    assert "the same command goes on where it was" in error
    assert len(error.strip().splitlines()) == 1
    assert not (tmp_path / "second" / "run" / "audit.json").exists()
    server.dies_after = None
    assert run(server, tmp_path / "second") == 0
    assert server.asked(CHAT) - before < 200 + 120


def test_without_log_probabilities_a_check_that_scores_is_untested(server: Scripted, tmp_path: Path):
    server.echoes = False
    assert run(server, tmp_path, check="local.scores") == 3
    (finding,) = audited(tmp_path)["findings"]
    assert finding["outcome"] == "untested"
    assert "the server gives no log-probabilities of a prompt" in finding["reason"]


def test_log_probabilities_that_stop_coming_are_no_scores(
    server: Scripted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    server.echoes_until = 60
    assert run(server, tmp_path, check="local.scores") == 2
    assert "without its log-probabilities" in capsys.readouterr().err


def test_files_licence_and_card_stay_untested(server: Scripted, tmp_path: Path):
    only = ("licence.compatibility", "supply-chain.unsafe-files", "card.completeness")
    assert run(server, tmp_path, *(part for name in only for part in ("--only", name))) == 3
    reasons = {u["check"]: u["reason"] for u in audited(tmp_path)["untested"]}
    assert all("an endpoint shows none" in reasons[name] for name in only)
