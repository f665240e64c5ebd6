"""What several formats print, worked out once from a Report. It decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from audit.check import Metric
from audit.duration import duration
from audit.judge import EXIT_MEANING
from audit.policy.policy import Control
from audit.record import Finding, Measurement, Waiver
from audit.render.areas import AreaRow, area_rows
from audit.render.evidence import Piece, as_text
from audit.render.ledger import LedgerRow, ledger
from audit.render.rows import ControlView, FindingView, Row, counts
from audit.report import CheckRecord, Report, Status

UNRECORDED = "The record holds numbers or evidence of this check but no entry for it."


@dataclass(frozen=True)
class CheckView:
    """One check of the record with everything that it measured and the evidence kept for it."""

    anchor: str
    record: CheckRecord
    rows: tuple[Row, ...]
    pieces: tuple[Piece, ...]

    @property
    def title(self) -> str:
        return self.record.title or self.record.check

    @property
    def options(self) -> str:
        return ", ".join(f"{name} = {as_text(value, ', ')}" for name, value in sorted(self.record.options.items()))


@dataclass(frozen=True)
class View:
    """A report, ready to be printed in any format."""

    report: Report

    @cached_property
    def checks(self) -> tuple[CheckView, ...]:
        records = {record.check: record for record in reversed(self.report.checks)}
        order = dict.fromkeys(record.check for record in self.report.checks)
        held = dict.fromkeys((*order, *sorted(self.report.measurements), *sorted(self.report.evidence)))
        found = (records.get(name) or CheckRecord(name, "", Status.UNTESTED, UNRECORDED) for name in held)
        return tuple(self._check(f"check-{i}", record) for i, record in enumerate(found, 1))

    @cached_property
    def controls(self) -> tuple[ControlView, ...]:
        views = [self._finding(i, finding) for i, finding in enumerate(self.report.findings, 1)]
        controls = {control.id: control for control in self.report.policy.controls}
        for finding in self.report.findings:
            controls.setdefault(finding.control, _unknown_control(finding))
        return tuple(
            ControlView(control, tuple(view for view in views if view.finding.control == name))
            for name, control in controls.items()
        )

    @cached_property
    def findings(self) -> tuple[FindingView, ...]:
        return tuple(view for control in self.controls for view in control.findings)

    @cached_property
    def ledger(self) -> tuple[LedgerRow, ...]:
        return ledger(self.report, self.controls)

    @property
    def ledger_by_check(self) -> tuple[tuple[LedgerRow, ...], ...]:
        return tuple(tuple(rows) for _, rows in groupby(self.ledger, key=lambda row: row.record.check))

    @cached_property
    def areas(self) -> tuple[AreaRow, ...]:
        return area_rows(
            self.controls, [record.check for record in self.report.checks if record.status is Status.RUN]
        )

    @property
    def counts(self) -> str:
        """All controls in one line: "8 controls: 5 passed, 2 failed (1 waived), 1 untested"."""
        return counts(self.controls)

    @property
    def waivers(self) -> tuple[tuple[Waiver, tuple[FindingView, ...]], ...]:
        """Each waiver with the findings that it covers."""
        held = dict.fromkeys(view.finding.waiver for view in self.findings if view.finding.waiver)
        return tuple((w, tuple(view for view in self.findings if view.finding.waiver == w)) for w in held)

    @property
    def times(self) -> Mapping[str, str]:
        """When the audit ran and how long it took, where the record says so."""
        times = self.report.times
        said = {name.capitalize(): as_text(times[name]) for name in ("started", "finished") if name in times}
        took = times.get("seconds")
        return said | ({"Took": duration(took)} if isinstance(took, int | float) else {})

    @property
    def exit_meaning(self) -> str:
        return EXIT_MEANING.get(self.report.verdict.exit_code, "not one of Assay's exit codes")

    @property
    def looks(self) -> bool:
        """Whether some check was looked at more than once."""
        return any(len(record.looks) > 1 for record in self.report.checks)

    @property
    def methods(self) -> tuple[str, ...]:
        """Every way an interval was computed, each once."""
        return tuple(sorted({row.method for check in self.checks for row in check.rows if row.method}))

    @cached_property
    def anchors(self) -> Mapping[tuple[str, str], str]:
        """The anchor of every observation kept as evidence, by check and item."""
        return {
            (check, observation.item): f"item-{i}-{j}"
            for i, check in enumerate(sorted(self.report.evidence), 1)
            for j, observation in enumerate(self.report.evidence[check], 1)
        }

    def _row(self, check: str, measurement: Measurement) -> Row:
        links = tuple((item, self.anchors.get((check, item), "")) for item in measurement.evidence)
        return Row(check, measurement, self._metrics.get((check, measurement.metric)), links)

    @cached_property
    def _metrics(self) -> Mapping[tuple[str, str], Metric]:
        return {(record.check, metric.name): metric for record in self.report.checks for metric in record.metrics}

    def _finding(self, number: int, finding: Finding) -> FindingView:
        requirement, measurement = finding.requirement, finding.measurement
        check = requirement.check if requirement else ""
        name = requirement.metric if requirement else measurement.metric if measurement else ""
        metric = self._metrics.get((check, name))
        row = self._row(check, measurement) if measurement else None
        return FindingView(number, finding, metric.unit if metric else "", row)

    def _check(self, anchor: str, record: CheckRecord) -> CheckView:
        rows = tuple(self._row(record.check, m) for m in self.report.measurements.get(record.check, ()))
        held = self.report.evidence.get(record.check, ())
        place = sorted(self.report.evidence).index(record.check) + 1 if held else 0
        pieces = tuple(Piece(f"item-{place}-{j}", observation) for j, observation in enumerate(held, 1))
        return CheckView(anchor, record, rows, pieces)


def _unknown_control(finding: Finding) -> Control:
    """Stands in for a control that a finding names and the policy does not hold."""
    return Control(finding.control, finding.control, "", finding.severity, finding.blocking, ())
