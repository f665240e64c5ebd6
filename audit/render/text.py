"""The summary for a terminal: the verdict, a line a control, what was not tested, and where to read on."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import TextWrapper

import click

from audit.record import Outcome
from audit.render import wording
from audit.render.cleaning import LIMIT, terminal_line
from audit.render.rows import ControlView
from audit.render.templating import WHOLE
from audit.render.view import View
from audit.report import Report

COLOUR = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "red",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.UNTESTED: "magenta",
    Outcome.INAPPLICABLE: "bright_black",
}
LABEL = max(len(word) for word in wording.WORD.values())
NARROWEST = 40
MOST_FINDINGS = 6
"""Findings of one control that a terminal shows; the report has all of them."""


def summary(
    report: Report, folder: Path | None, *, colour: bool = False, quiet: bool = False, width: int = 80
) -> str:
    """The summary, no line wider than ``width``; ``folder`` holds the reports, ``quiet`` leaves the verdict."""
    view, width = View(report), max(width, NARROWEST)
    parts = () if quiet else _findings_and_gaps(view, colour, width)
    return "\n".join(row for part in (*parts, *_verdict(view, colour, width, folder)) for row in part)


def _findings_and_gaps(view: View, colour: bool, width: int) -> Iterator[Iterator[str]]:
    report = view.report
    policy = f"Audit of {report.target.name} by policy {report.policy.id}, version {report.policy.version}"
    yield wrapped(policy, width)
    yield iter([""])
    for control in view.controls:
        first = f"{control.symbol} {wording.WORD[control.outcome]:<{LABEL}}  "
        note = "" if control.control.blocking else " (not blocking)"
        text = f"{control.control.title}{' (waived)' if control.waived else ''}{note}"
        yield wrapped(text, width, first, COLOUR[control.outcome] if colour else "")
        yield from _findings(control, width)
    yield from _untested(view, width)
    yield iter([""])


def _verdict(view: View, colour: bool, width: int, folder: Path | None) -> Iterator[Iterator[str]]:
    verdict = view.report.verdict
    word = wording.WORD[verdict.outcome].upper()
    yield wrapped(verdict.sentence, width, f"{word}  ", COLOUR[verdict.outcome] if colour else "", WHOLE)
    yield wrapped(view.counts + ".", width)
    yield wrapped(f"Exit code {verdict.exit_code}: {view.exit_meaning}.", width)
    if folder is not None:
        yield wrapped(f"Report: {folder / 'report.html'}", width)


def _findings(control: ControlView, width: int) -> Iterator[Iterator[str]]:
    """What stands in the way of a control, the worst first."""
    indent = " " * (LABEL + 4)
    for finding in control.open_findings[:MOST_FINDINGS]:
        waived = " (waived)" if finding.finding.waiver else ""
        told = f"{finding.slice}: {finding.beside_its_limit}{waived}; {finding.reason}"
        yield wrapped(told, width, f"{indent}{finding.symbol} ")
    more = len(control.open_findings) - MOST_FINDINGS
    if more > 0:
        yield iter([f"{indent}… and {more} more in the report"])


def _untested(view: View, width: int) -> Iterator[Iterator[str]]:
    early = dict.fromkeys((row.record.check, row.reason) for row in view.ledger if row.stopped_early)
    if early:
        yield iter(["", "Stopped early:"])
    for check, reason in early:
        yield wrapped(f"{check}: {reason}", width, "  ○ ")
    rows = [row for row in view.ledger if not row.complete]
    areas = [area.title for area in view.areas if not area.assessed]
    if rows or areas:
        yield iter([""])
        yield iter(["Not tested, or not in full:"])
    for row in rows:
        language = f" ({row.language})" if row.language else ""
        reason = row.reason or "no reason was recorded"
        yield wrapped(f"{row.record.check}{language}: {row.word}; {reason}", width, "  ○ ")
    if areas:
        yield wrapped(f"areas not assessed: {', '.join(areas)}", width, "  ○ ")


def wrapped(text: str, width: int, first: str = "", colour: str = "", limit: int = LIMIT) -> Iterator[str]:
    """``text`` cleaned and folded behind ``first``, which alone is coloured."""
    folder = TextWrapper(width, initial_indent=first, subsequent_indent=" " * len(first), break_on_hyphens=False)
    rows = folder.wrap(terminal_line(text, limit)) or [first.rstrip()]
    if colour:
        rows[0] = click.style(first, fg=colour, bold=True) + rows[0][len(first) :]
    return iter(rows)
