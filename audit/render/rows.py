"""Measurements, findings and controls as they are printed, the same in every format."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from audit.check import Metric
from audit.counting import counted
from audit.judge import worst
from audit.policy.policy import Control
from audit.record import Finding, Measurement, Outcome, Requirement
from audit.render import wording

WORST_FIRST = (Outcome.FAILED, Outcome.UNTESTED, Outcome.INCONCLUSIVE)


@dataclass(frozen=True)
class Row:
    """A measurement as it is printed. ``links`` pairs each item of its evidence with the anchor of the item."""

    check: str
    measurement: Measurement
    metric: Metric | None = None
    links: tuple[tuple[str, str], ...] = ()

    @property
    def unit(self) -> str:
        return self.metric.unit if self.metric else ""

    @property
    def slice(self) -> str:
        parts = (self.measurement.group or "overall", self.measurement.language)
        return " · ".join(part for part in parts if part)

    @property
    def value(self) -> str:
        return wording.value_and_interval(self.measurement, self.unit)[0]

    @property
    def interval(self) -> str:
        return wording.value_and_interval(self.measurement, self.unit)[1]

    @property
    def bounded(self) -> bool:
        """Whether it carries an interval."""
        return wording.known_interval(self.measurement.interval) is not None

    @property
    def method(self) -> str:
        interval = wording.known_interval(self.measurement.interval)
        if interval is None:
            return ""
        sampled = interval.low < interval.high
        return f"{wording.level(interval)}, {interval.method}" if sampled else interval.method

    @property
    def units(self) -> str:
        """How many independent sampling units stand behind the number: "40 frames"."""
        return counted(self.measurement.n_clusters, self.measurement.unit or "sampling unit")

    @property
    def smallest(self) -> str:
        known = wording.finite(self.measurement.smallest_detectable)
        return (
            "not stated"
            if known is None
            else wording.quantity(known, self.unit, wording.decimals_for(known, self.unit))
        )

    @property
    def effect(self) -> str:
        known = wording.finite(self.measurement.effect_size)
        return "–" if known is None else wording.plain_number(known, 2)

    @property
    def p_value(self) -> str:
        return wording.probability(self.measurement.p_value)

    @property
    def why(self) -> str:
        """The reason beside the number; a missing number is never left without one."""
        if self.measurement.reason:
            return self.measurement.reason
        return "" if wording.finite(self.measurement.value) is not None else "No reason was recorded."


@dataclass(frozen=True)
class FindingView:
    """A finding as it is printed, with a number to cite it by."""

    number: int
    finding: Finding
    unit: str
    row: Row | None

    @property
    def id(self) -> str:
        return f"F-{self.number:03}"

    @property
    def slice(self) -> str:
        return self.row.slice if self.row else "whole requirement" if self.finding.requirement else "whole control"

    @property
    def requirement(self) -> str:
        requirement = self.finding.requirement
        return wording.requirement_in_words(requirement, self.unit) if requirement else "the whole control"

    @property
    def value(self) -> str:
        return self.row.value if self.row else wording.NOT_MEASURED

    @property
    def beside_its_limit(self) -> str:
        """Number, interval and limit in one unit: "rate 13 % (10 to 17 %), asked: at most 33 %"."""
        requirement = self.finding.requirement
        if requirement is None:
            return self.value
        interval = f" ({self.row.interval})" if self.row and self.row.bounded else ""
        limit = wording.bounds(requirement.low, requirement.high, self.unit)
        return f"{requirement.metric} {self.value}{interval}, asked: {limit}"

    @property
    def stricter(self) -> bool:
        """Whether the interval is known at stricter levels too."""
        return bool(self.row and self.row.measurement.stricter)

    @property
    def reason(self) -> str:
        return self.finding.reason or (self.row.why if self.row else "") or "No reason was recorded."

    @property
    def outcome(self) -> str:
        return wording.WORD[self.finding.outcome] + (" (waived)" if self.finding.waiver else "")

    @property
    def symbol(self) -> str:
        return wording.SYMBOL[self.finding.outcome]


@dataclass(frozen=True)
class ControlView:
    """A control with its findings and the worst of their outcomes; without a finding it is untested."""

    control: Control
    findings: tuple[FindingView, ...]

    @property
    def outcome(self) -> Outcome:
        return worst([view.finding.outcome for view in self.findings])

    @property
    def waived(self) -> bool:
        """Whether every finding that stands in the way is waived."""
        return bool(self.open_findings) and all(view.finding.waiver for view in self.open_findings)

    @property
    def open_findings(self) -> tuple[FindingView, ...]:
        """Findings that are no pass, the worst first."""
        rest = [view for view in self.findings if view.finding.outcome in WORST_FIRST]
        return tuple(sorted(rest, key=lambda view: WORST_FIRST.index(view.finding.outcome)))

    @property
    def word(self) -> str:
        return wording.WORD[self.outcome] + (" (waived)" if self.waived else "")

    @property
    def symbol(self) -> str:
        return wording.SYMBOL[self.outcome]

    @property
    def by_requirement(self) -> tuple[tuple[Requirement | None, tuple[FindingView, ...]], ...]:
        """Findings that answer the same requirement, together, in order of first appearance."""
        groups: list[tuple[Requirement | None, list[FindingView]]] = []
        for view in self.findings:
            mates = next((mates for requirement, mates in groups if requirement == view.finding.requirement), None)
            if mates is None:
                groups.append((view.finding.requirement, mates := []))
            mates.append(view)
        return tuple((requirement, tuple(mates)) for requirement, mates in groups)


def counts(controls: Sequence[ControlView]) -> str:
    """All controls in one line: "8 controls: 5 passed, 2 failed (1 waived), 1 untested"."""
    found = Counter(control.outcome for control in controls)
    waived = Counter(control.outcome for control in controls if control.waived)
    parts = [
        f"{found[outcome]} {wording.WORD[outcome]}" + (f" ({waived[outcome]} waived)" if waived[outcome] else "")
        for outcome in Outcome
        if found[outcome]
    ]
    return f"{counted(len(controls), 'control')}: {', '.join(parts) or 'none'}"
