"""JUnit: what a CI server makes of an audit."""

from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest

from audit.record import Outcome
from audit.render import junit
from tests.render.sample import FINDINGS, REPORT

ROOT = Xml.fromstring(junit.render(REPORT))  # noqa: S314  our own
CASES = {case.attrib["name"].split()[0]: case for case in ROOT.iter("testcase")}


def kind(case: Xml.Element) -> str:
    found = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
    assert len(found) <= 1
    return found[0] if found else "passed"


def test_a_suite_for_each_area_and_a_case_for_each_finding() -> None:
    assert [suite.attrib["name"] for suite in ROOT] == [
        "bias",
        "hallucination",
        "content",
        "licence",
        "supply-chain",
        "explain",
        "performance",
    ]
    assert len(CASES) == len(FINDINGS)


def test_the_counts_are_those_of_the_cases() -> None:
    for parent in (ROOT, *ROOT):
        cases = list(parent.iter("testcase"))
        assert int(parent.attrib["tests"]) == len(cases)
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(parent.attrib[name]) == sum(kind(case) == tag for case in cases)
    assert [ROOT.attrib[name] for name in ("failures", "errors", "skipped")] == ["2", "4", "3"]


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        ("F-001", "passed"),
        ("F-003", "failure"),
        ("F-004", "skipped"),  # waived
        ("F-006", "error"),  # inconclusive and blocking
        ("F-007", "error"),  # untested and blocking
        ("F-014", "skipped"),  # untested, not blocking
        ("F-015", "skipped"),  # not applicable
    ],
)
def test_only_what_passed_looks_passed(finding: str, expected: str) -> None:
    assert kind(CASES[finding]) == expected


def test_a_failure_stays_a_failure_when_it_does_not_block() -> None:
    report = replace(REPORT, findings=(replace(FINDINGS[2], blocking=False),))
    root = Xml.fromstring(junit.render(report))  # noqa: S314  our own
    assert root.attrib["failures"] == "1"


def test_a_case_carries_value_interval_n_and_reason() -> None:
    facts = {p.attrib["name"]: p.attrib["value"] for p in CASES["F-003"].iter("property")}
    assert facts == {
        "outcome": "failed",
        "severity": "high",
        "blocking": "yes",
        "reason": "the whole interval is beyond the limit",
        "value": "0.810 nats",
        "interval": "0.670 to 0.950 nats",
        "method": "95 %, cluster-robust t interval",
        "smallest detectable": "0.200 nats",
        "n": "480",
        "sampling units": "40",
        "missing": "2",
    }


def test_a_waived_finding_names_the_waiver() -> None:
    (skipped,) = CASES["F-004"].iter("skipped")
    assert "Waived by W-2026-014 (A. Okafor, head of risk) until 2027-02-20." in skipped.attrib["message"]


def test_a_control_without_a_finding_is_an_error() -> None:
    report = replace(REPORT, findings=tuple(f for f in FINDINGS if f.outcome is not Outcome.PASSED))
    root = Xml.fromstring(junit.render(report))  # noqa: S314  our own
    (case,) = (case for case in root.iter("testcase") if case.attrib["name"] == "no finding")
    assert case.attrib["classname"] == "supply-chain.files"
    assert kind(case) == "error"
