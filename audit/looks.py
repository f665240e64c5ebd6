"""The looks that a budget plans to take at a check: at which parts of its items, and what each asks."""

from dataclasses import dataclass, replace

from audit.check import Check
from audit.judge import meant
from audit.options import configure, has_option, options_of
from audit.plan import Plan, PlannedCheck
from audit.rehearsal import Rehearsal, rehearsal
from audit.stats.looks import PARTS


@dataclass(frozen=True, slots=True)
class PlannedLook:
    """A part of a check's items, and the work of asking them all from nothing."""

    part: float
    work: float


def planned_looks(planned: PlannedCheck, plan: Plan) -> tuple[PlannedLook, ...]:
    """The looks of a check: one at all of its items, and before it those at which something can be decided.

    A part that asks no more than the one before, or that holds fewer sampling units than every requirement asks
    for, is left out, so that it spends no error.
    """
    if not has_option(planned.check, "part"):
        return (PlannedLook(1.0, planned.cost.work),)
    looks: list[PlannedLook] = [PlannedLook(1.0, planned.cost.work)]
    for part in reversed(PARTS[:-1]):
        tried = rehearsal(with_part(planned, part).check, plan.target)
        if tried.cost.note or tried.cost.requests == 0 or not _decidable(planned.check, tried, plan):
            break
        if tried.cost.work < looks[0].work:
            looks.insert(0, PlannedLook(part, tried.cost.work))
    return tuple(looks)


def _decidable(check: Check, tried: Rehearsal, plan: Plan) -> bool:
    """Whether some requirement has as many sampling units as it asks for; also when none rests on the check."""
    asked = [r for c in plan.policy.controls for r in c.requires if r.check == check.id]
    return not asked or any(meant(r, m) and m.n_clusters >= r.min_n for r in asked for m in tried.measurements)


def with_part(planned: PlannedCheck, part: float) -> PlannedCheck:
    """The check as it asks ``part`` of what it was planned to ask."""
    if not has_option(planned.check, "part"):
        return planned
    whole = options_of(planned.check)["part"]
    return replace(planned, check=configure(planned.check, {"part": whole * part}))
