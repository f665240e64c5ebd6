"""The findings as JUnit XML, which every CI system can show: one suite an area, one case a finding.

FAILED is a ``failure``. What is undetermined is an ``error`` when it blocks, so that no CI shows it as passed, and
``skipped`` when it does not. A waived finding is ``skipped`` with its waiver, for it does not stop the release.
"""

import re
from collections.abc import Iterable
from xml.etree import ElementTree as Xml

from audit.record import Outcome
from audit.render.cleaning import line
from audit.render.rows import ControlView, FindingView
from audit.render.view import View
from audit.report import Report

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """The document as text; the same report gives the same bytes."""
    view = View(report)
    name = f"{report.policy.id} {report.policy.version}: {report.target.name}"
    root = Xml.Element("testsuites", name=_text(name))
    areas = dict.fromkeys(control.control.area or "other" for control in view.controls)
    for area in areas:
        _suite(root, area, [c for c in view.controls if (c.control.area or "other") == area])
    _count(root, root.iter("testcase"))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _suite(root: Xml.Element, area: str, controls: Iterable[ControlView]) -> None:
    suite = Xml.SubElement(root, "testsuite", name=_text(area))
    for control in controls:
        for finding in control.findings:
            _case(suite, control, finding)
        if not control.findings:
            case = Xml.SubElement(
                suite, "testcase", classname=_text(control.control.id), name="no finding", time="0"
            )
            _unsettled(case, control.control.blocking, "untested", "The record holds no finding for this control.")
    _count(suite, suite.iter("testcase"))


def _case(suite: Xml.Element, control: ControlView, finding: FindingView) -> None:
    name = f"{finding.id} {finding.slice}: {finding.requirement}"
    case = Xml.SubElement(suite, "testcase", classname=_text(control.control.id), name=_text(name), time="0")
    properties = Xml.SubElement(case, "properties")
    for key, value in _facts(finding).items():
        Xml.SubElement(properties, "property", name=key, value=_text(value))
    outcome, reason = finding.finding.outcome, finding.reason
    if outcome is Outcome.PASSED:
        return
    waiver = finding.finding.waiver
    if waiver or outcome is Outcome.INAPPLICABLE:
        waived = f" Waived by {waiver.id} ({waiver.owner}) until {waiver.expires}." if waiver else ""
        Xml.SubElement(case, "skipped", message=_text(f"{finding.outcome}: {reason}{waived}"))
    elif outcome is Outcome.FAILED:
        Xml.SubElement(case, "failure", type="failed", message=_text(reason))
    else:
        _unsettled(case, finding.finding.blocking, outcome.value, reason)


def _unsettled(case: Xml.Element, blocking: bool, kind: str, reason: str) -> None:
    if blocking:
        Xml.SubElement(case, "error", type=kind, message=_text(reason))
    else:
        Xml.SubElement(case, "skipped", message=_text(f"{kind}, not blocking: {reason}"))


def _facts(finding: FindingView) -> dict[str, str]:
    row = finding.row
    facts = {
        "outcome": finding.outcome,
        "severity": finding.finding.severity,
        "blocking": "yes" if finding.finding.blocking else "no",
        "reason": finding.reason,
        "value": finding.value,
    }
    if row is None:
        return facts
    measured = {"interval": row.interval, "method": row.method, "smallest detectable": row.smallest}
    counted = {
        "n": row.measurement.n,
        "sampling units": row.measurement.n_clusters,
        "missing": row.measurement.missing,
    }
    return {**facts, **measured, **{key: str(value) for key, value in counted.items()}}


def _count(parent: Xml.Element, cases: Iterable[Xml.Element]) -> None:
    held = list(cases)
    parent.set("tests", str(len(held)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        parent.set(name, str(sum(case.find(tag) is not None for case in held)))


def _text(text: str) -> str:
    """``text`` on one line, with nothing in it that XML 1.0 does not know."""
    return _NOT_XML.sub("\ufffd", line(text))
