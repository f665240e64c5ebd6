"""A plan before it is run: what, at what cost, and what not."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from audit.counting import counted
from audit.detection import Detection
from audit.duration import duration
from audit.estimate import Timing, Timings
from audit.options import options_of
from audit.plan import Plan, PlannedCheck

MOST_NAMED = 3
"""More languages than these are counted and not named."""


def plan_as_json(plan: Plan, found: Sequence[Detection] = (), timings: Timings | None = None) -> str:
    """The plan as one JSON object."""
    return json.dumps(
        {
            "target": {"name": plan.target.name, "kind": plan.target.kind, "digest": plan.target.digest},
            "policy": {"id": plan.policy.id, "version": plan.policy.version, "digest": plan.policy.digest},
            "plan": plan.digest,
            "checks": [
                {
                    "check": planned.check.id,
                    "options": options_of(planned.check),
                    "languages": planned.languages,
                    "requests": planned.cost.requests,
                    "work": round(planned.cost.work),
                    "note": planned.cost.note,
                }
                for planned in plan.checks
            ],
            "timings": None if timings is None else asdict(timings) | {"seconds": timings.seconds},
            "detects": [asdict(detection) for detection in found],
            "untested": [asdict(untested) for untested in plan.untested],
        },
        indent=1,
        sort_keys=True,
    )


def plan_as_text(plan: Plan, found: Sequence[Detection] = (), timings: Timings | None = None) -> str:
    """The plan for a terminal."""
    lines = [
        f"Target  {plan.target.name} ({plan.target.kind}, {plan.target.format})",
        f"Policy  {plan.policy.id} {plan.policy.version}",
        f"Plan    {plan.digest[:16]}",
        "",
        *(_rough(plan) if timings is None else _timed(plan, timings)),
    ]
    if found:
        lines += ["", *_detections(found)]
    if plan.untested:
        lines += ["", "Will stay untested:"]
        lines += [f"  {u.check}{f' in {u.language}' if u.language else ''}: {u.reason}" for u in plan.untested]
    return "\n".join(lines)


def _rough(plan: Plan) -> Iterator[str]:
    yield f"{'check':<32}{'languages':<13}{'requests':>9}{'tokens':>10}"
    for planned in plan.checks:
        cost = planned.cost
        yield f"{_name(planned)}{cost.requests:>9,}{cost.work:>10,.0f}  {cost.note}".rstrip()
    requests = sum(planned.cost.requests for planned in plan.checks)
    yield f"{'all':<45}{requests:>9,}{plan.work:>10,.0f}"
    yield "Tokens are estimated from the length of the texts; a generated one counts as four."


def _timed(plan: Plan, timings: Timings) -> Iterator[str]:
    yield f"{'check':<32}{'languages':<13}{'requests':>9}{'new':>9}{'tokens':>11}{'shared':>11}{'time':>9}"
    for planned, timing in zip(plan.checks, timings.checks, strict=True):
        note = timing.note or planned.cost.note
        yield f"{_name(planned)}{planned.cost.requests:>9,}{_row(timing)}  {note}".rstrip()
    requests = sum(planned.cost.requests for planned in plan.checks)
    every = timings.checks
    whole = Timing(
        "all",
        sum(timing.new for timing in every),
        sum(timing.tokens_alone for timing in every),
        sum(timing.tokens for timing in every),
        timings.seconds,
    )
    yield f"{'all':<45}{requests:>9,}{_row(whole)}"
    loading = f"; the sum holds {duration(timings.loading)} of loading" if timings.loading else ""
    yield f"Times are measured here, on samples of the new requests, with answers at full length{loading}."
    yield "Tokens are those of requests asked alone; shared are those left when what texts share is read once."


def _row(timing: Timing) -> str:
    took = duration(timing.seconds) if timing.new else "-"
    return f"{timing.new:>9,}{timing.tokens_alone:>11,}{timing.tokens:>11,}{took:>9}"


def _name(planned: PlannedCheck) -> str:
    codes = planned.languages
    spoken = ",".join(codes) if len(codes) <= MOST_NAMED else f"{len(codes)} languages"
    return f"{planned.check.id:<32}{spoken or '-':<13}"


def _detections(found: Sequence[Detection]) -> Iterator[str]:
    yield "What can be detected (two-sided 5 %, power 80 %, where units are fewest; a share where it varies most):"
    for check, own in groupby(found, key=lambda detection: detection.check):
        yield f"  {check}"
        for detection in own:
            where = ", ".join(part for part in (detection.group, detection.language) if part)
            units = counted(detection.n, detection.unit or "sampling unit") + (f" ({where})" if where else "")
            limits = f"; the policy asks for {' and '.join(detection.limits)}" if detection.limits else ""
            what = "of a share" if detection.of == "share" else "standard deviations of a mean"
            yield f"    {detection.metric}: {units}: detects {detection.smallest:.2f} {what}{limits}"
