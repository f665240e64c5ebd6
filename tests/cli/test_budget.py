"""A run with a budget by the installed command, on a tiny model."""

import json
from pathlib import Path

import pytest

from tests.command import assay
from tests.tiny import causal_folder

POLICY = """
policy: tiny-gate
version: "1"
title: A gate on what a tiny model cannot do
controls:
  - id: competence
    title: It handles English
    area: bias
    rationale: To try the budget.
    requires:
      - {check: hallucination.closed-book, metric: accuracy, languages: [en], at_least: 0.9, min_n: 10,
         rationale: To try the budget.}
"""


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> list[object]:
    folder = tmp_path_factory.mktemp("budget")
    (folder / "policy.yaml").write_text(POLICY)
    return ["run", causal_folder(folder / "model"), "--policy", folder / "policy.yaml", "--language", "en"]


def test_what_fails_plainly_is_asked_in_part_only(command: list[object], tmp_path: Path):
    done = assay(*command, "--budget", "10m", "--out", tmp_path / "run")
    assert done.code == 1, done.err
    assert "settled after" in " ".join(done.out.split())
    report = json.loads((tmp_path / "run" / "audit.json").read_text())
    (record,) = report["checks"]
    assert record["stop"]["cause"] == "settled"
    assert record["options"]["part"] < 1
    assert report["times"]["budget"] == 600
    whole = assay(*command, "--out", tmp_path / "whole")
    assert whole.code == 1
    (asked,) = json.loads((tmp_path / "whole" / "audit.json").read_text())["checks"]
    assert record["observations"] < asked["observations"] / 2


def test_a_budget_that_is_too_short_never_passes(command: list[object], tmp_path: Path):
    done = assay(*command, "--budget", "0.01s", "--out", tmp_path / "run")
    assert done.code == 3, done.err
    assert "the budget of 0.01 s ended before it was asked" in " ".join(done.out.split())


@pytest.mark.parametrize("text", ["ten minutes", "10", "0s", "-5m", "10 d", "1e3s", ""])
def test_a_budget_that_is_no_length_of_time_is_wrong_usage(command: list[object], text: str):
    done = assay(*command, "--budget", text)
    assert done.code == 2
    assert "write 90s, 10m or 1h" in done.err
    assert "Traceback" not in done.err
