"""The summary for a terminal."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from audit.render.text import summary
from tests.render.sample import EMPTY, FINDINGS, REPORT


def test_it_ends_with_the_verdict_the_exit_code_and_where_to_read_on() -> None:
    rows = summary(REPORT, Path("assay-runs/x")).splitlines()
    assert rows[-5:] == [
        "FAILED  Two blocking controls of policy assay-baseline 2026.11.0 failed:",
        "        bias.names and licence.lineage.",
        "7 controls: 1 passed, 2 failed, 1 inconclusive, 2 untested, 1 not applicable.",
        "Exit code 1: a blocking control failed.",
        "Report: assay-runs/x/report.html",
    ]


def test_quiet_leaves_the_verdict() -> None:
    text = summary(REPORT, None, quiet=True)
    assert text.startswith("FAILED  ")
    assert "Report" not in text
    assert len(text.splitlines()) == 4


def test_what_was_not_tested_is_listed_with_its_reason() -> None:
    text = " ".join(summary(REPORT, None).split())
    assert "○ content.refusal (sw): untested; the detector's error in Swahili is unknown" in text
    assert "○ explain.attribution: crashed; the check broke off" in text
    assert "○ bias.name-frames (am): run, no number; The model does not tell Amharic" in text
    assert "○ areas not assessed: Explanations, Model card, Performance" in text


def test_nothing_tested_is_not_silence() -> None:
    assert "areas not assessed: Bias, Explanations" in summary(EMPTY, None)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    rows = summary(REPORT, Path("run"), width=width).splitlines()
    assert max(map(len, rows)) <= width


def test_colour_comes_only_when_asked_and_never_alone() -> None:
    plain, coloured = summary(REPORT, None), summary(REPORT, None, colour=True)
    assert "\x1b" not in plain
    assert "\x1b[31m\x1b[1m✗ failed" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


def test_a_control_with_many_findings_is_cut_and_says_so() -> None:
    many = tuple(replace(f, control="bias.names") for f in FINDINGS[2:3] * 40)
    text = summary(replace(REPORT, findings=many), None)
    assert text.count("✗ Muslims · en") == 6
    assert "… and 34 more in the report" in text


def test_a_verdict_is_never_cut() -> None:
    long = replace(REPORT, verdict=replace(REPORT.verdict, sentence="control " * 500 + "end"))
    assert "end\n" in summary(long, None, quiet=True)
