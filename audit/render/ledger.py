"""The coverage ledger: one row for every check and language that was asked for, and what became of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audit.counting import counted
from audit.record import Measurement, Outcome, Untested
from audit.render import wording
from audit.render.rows import ControlView
from audit.report import CheckRecord, Report, Status

ABSENT = "The policy rests on this check and the record says nothing about it."


@dataclass(frozen=True)
class LedgerRow:
    """What became of one check in one language ("" when language plays no part)."""

    record: CheckRecord
    language: str
    status: Status
    reason: str
    measured: int
    measurements: int
    controls: tuple[str, ...]

    @property
    def word(self) -> str:
        """The status in words; a check that ran and did not come to all its numbers is not simply called run."""
        if self.stopped_early:
            return "run, stopped early"
        if self.status is not Status.RUN or self.complete:
            return self.status.value
        return "run in part" if self.measured else "run, no number"

    @property
    def complete(self) -> bool:
        """Whether it came to all its numbers, on all items or on as many as settled the controls."""
        cut = self.record.stop is not None and self.record.stop.cause == "budget"
        return self.status is Status.RUN and 0 < self.measured == self.measurements and not cut

    @property
    def stopped_early(self) -> bool:
        """Whether what rests on it was settled before all items were asked."""
        return self.complete and self.record.stop is not None

    @property
    def numbers(self) -> str:
        """How many of its measurements have a value."""
        if not self.measurements:
            return "no number"
        return f"{self.measured} of {counted(self.measurements, 'number')}"


def ledger(report: Report, controls: Sequence[ControlView]) -> tuple[LedgerRow, ...]:
    """All rows, checks in the order of the record; a check that only the policy knows comes last, as untested."""
    records = {record.check: record for record in reversed(report.checks)}
    order = (*(record.check for record in report.checks), *_asked(controls), *(u.check for u in report.untested))
    found = (
        records.get(c) or CheckRecord(c, "", Status.UNTESTED, _absence(report, c)) for c in dict.fromkeys(order)
    )
    return tuple(row for record in found for row in _rows(report, record))


def _asked(controls: Sequence[ControlView]) -> Iterator[str]:
    """Checks that a control rests on, unless the policy says that the control does not apply."""
    for view in controls:
        if view.outcome is not Outcome.INAPPLICABLE:
            yield from (requirement.check for requirement in view.control.requires)


def _absence(report: Report, check: str) -> str:
    return "" if any(gap.check == check for gap in report.untested) else ABSENT


def _rows(report: Report, record: CheckRecord) -> list[LedgerRow]:
    gaps = [gap for gap in report.untested if gap.check == record.check]
    measurements = report.measurements.get(record.check, ())
    spoken = (*record.languages, *(g.language for g in gaps), *(m.language for m in measurements))
    languages = [language for language in dict.fromkeys(spoken) if language] or [""]
    return [_row(report, record, language, gaps, measurements) for language in languages]


def _row(
    report: Report,
    record: CheckRecord,
    language: str,
    gaps: Sequence[Untested],
    measurements: Sequence[Measurement],
) -> LedgerRow:
    concerning = [gap for gap in gaps if gap.language in ("", language)]
    mine = [m for m in measurements if not language or m.language == language]
    without = [m for m in mine if wording.finite(m.value) is None]
    stop = record.stop.reason if record.stop else ""
    reasons = dict.fromkeys(
        (record.reason, stop, *(gap.reason for gap in concerning), *(m.reason for m in without))
    )
    return LedgerRow(
        record=record,
        language=language,
        status=_status(record, concerning),
        reason="; ".join(reason for reason in reasons if reason),
        measured=len(mine) - len(without),
        measurements=len(mine),
        controls=tuple(c.id for c in report.policy.controls if any(r.check == record.check for r in c.requires)),
    )


def _status(record: CheckRecord, concerning: Sequence[Untested]) -> Status:
    if record.status is not Status.RUN or not concerning:
        return record.status
    return Status.CRASHED if any(gap.crashed for gap in concerning) else Status.UNTESTED
