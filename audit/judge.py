"""From measurements to findings and a verdict. Knows no model and no check; pure and fast."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import ceil

from audit.counting import counted
from audit.policy.policy import Control, Policy
from audit.record import Finding, Interval, Measurement, Outcome, Requirement, Untested, Waiver
from audit.report import CheckRecord, Report, Verdict
from audit.trials import Trial, fault

ALPHA = 0.05
EXIT_MEANING = {
    0: "every blocking control passed or is waived",
    1: "a blocking control failed",
    2: "wrong usage, policy or input",
    3: "undetermined: a blocking control is inconclusive or untested",
    4: "Assay itself broke",
}


def judge(
    policy: Policy,
    measurements: Mapping[str, Sequence[Measurement]],
    untested: Sequence[Untested],
    *,
    kind: str,
    target_digest: str = "",
    waivers: Sequence[Waiver] = (),
    today: date | None = None,
    stopped: Mapping[str, str] | None = None,
    trials: Sequence[Trial] | None = None,
) -> tuple[Finding, ...]:
    """One finding for each requirement, group and language; absent evidence is UNTESTED, never less.

    ``stopped`` says of checks that were not asked to the end why not. A check that fails its own controls in
    ``trials`` (by default the published self-test) passes nothing.
    """
    findings: list[Finding] = []
    for control in policy.controls:
        findings += judge_control(control, measurements, untested, kind)
    told = (_told(_sound(finding, trials), stopped or {}) for finding in findings)
    return tuple(_waived(finding, waivers, target_digest, today or date.today()) for finding in told)


def judge_control(
    control: Control, measurements: Mapping[str, Sequence[Measurement]], untested: Sequence[Untested], kind: str
) -> list[Finding]:
    """The findings of one control, corrected by Holm's method over its comparisons."""
    if control.applies_to and kind not in control.applies_to:
        reason = f"the policy says that this control is for a {' or a '.join(control.applies_to)}, not a {kind}"
        return [_finding(control, None, Outcome.INAPPLICABLE, reason)]
    findings: list[Finding] = []
    for requirement in control.requires:
        found = [m for m in measurements.get(requirement.check, ()) if meant(requirement, m)]
        for m in found:
            outcome, reason = decide(requirement, m)
            findings.append(_finding(control, requirement, outcome, reason, m))
        gaps = _gaps(requirement, found, untested)
        findings += [_finding(control, requirement, Outcome.UNTESTED, reason) for reason in gaps]
    return holm(findings)


def decide(requirement: Requirement, m: Measurement) -> tuple[Outcome, str]:
    """The outcome on the 95 % interval, and one sentence that says why."""
    if m.value is None:
        return Outcome.UNTESTED, m.reason or "nothing was measured"
    if m.reason:
        return Outcome.INCONCLUSIVE, m.reason
    share = m.missing / (m.n + m.missing) if m.n + m.missing else 1.0
    if share > requirement.max_missing:
        return Outcome.INCONCLUSIVE, (
            f"{m.missing} of {m.n + m.missing} observations have no score; the policy allows "
            f"{requirement.max_missing:.0%}"
        )
    if m.n_clusters < requirement.min_n:
        unit = m.unit or "sampling unit"
        return Outcome.INCONCLUSIVE, (
            f"it rests on {counted(m.n_clusters, unit)}; the policy asks for {requirement.min_n}"
        )
    if m.interval is None:
        return Outcome.INCONCLUSIVE, "it carries no interval, so nothing can be decided on it"
    if _inside(requirement, m.interval):
        return Outcome.PASSED, "the whole interval keeps the limit"
    if _outside(requirement, m.interval):
        return Outcome.FAILED, "the whole interval is beyond the limit"
    return Outcome.INCONCLUSIVE, f"the interval reaches across the limit{_more(requirement, m)}"


def meant(requirement: Requirement, m: Measurement) -> bool:
    """Whether a measurement is one that the requirement speaks of."""
    if m.metric != requirement.metric or (requirement.languages and m.language not in requirement.languages):
        return False
    if requirement.groups == "overall":
        return m.group == ""
    if requirement.groups == "each":
        return m.group != ""
    return m.group in requirement.groups


def in_words(requirement: Requirement) -> str:
    """The limit of a requirement: "at most 0.1", "at least 0.9" or "between -1 and 1"."""
    low, high = requirement.low, requirement.high
    if low is not None and high is not None:
        return f"between {low:g} and {high:g}"
    return f"at least {low:g}" if low is not None else f"at most {high:g}"


def holm(findings: Sequence[Finding]) -> list[Finding]:
    """FAILED stays only where it survives Holm's correction over the comparisons of one control.

    Passing needs no correction, since every requirement must pass (an intersection-union test). The p-value that a
    value keeps its limit is bounded by the strictest interval that is still wholly beyond it.
    Source: Holm 1979, Scandinavian Journal of Statistics 6, 65-70.
    """
    compared = [f for f in findings if f.measurement is not None and f.measurement.interval is not None]
    failed = sorted((f for f in compared if f.outcome == Outcome.FAILED), key=_p_bound)
    survives = True
    corrected: dict[int, Finding] = {}
    for rank, finding in enumerate(failed):
        needed = ALPHA / (len(compared) - rank)
        survives = survives and _p_bound(finding) <= needed + 1e-12
        if not survives:
            reason = (
                f"the interval is beyond the limit at 95 %, but not after Holm's correction for {len(compared)} "
                "comparisons in this control"
            )
            corrected[id(finding)] = replace(finding, outcome=Outcome.INCONCLUSIVE, reason=reason)
    return [corrected.get(id(finding), finding) for finding in findings]


def verdict(policy: Policy, findings: Sequence[Finding], untested: Sequence[Untested]) -> Verdict:
    """What the findings come to, with the exit code."""
    open_ = [f for f in findings if f.blocking and f.waiver is None]
    name = f"policy {policy.id} version {policy.version}"
    failed = _controls(open_, Outcome.FAILED)
    if failed:
        return Verdict(Outcome.FAILED, 1, f"Failed {_list(failed, 'blocking control')} of {name}.")
    unsettled = _controls(open_, Outcome.UNTESTED, Outcome.INCONCLUSIVE)
    asked = _asked_beyond(policy, untested)
    if unsettled or asked:
        verb = "is" if len(unsettled) == 1 else "are"
        parts = [f"{_list(unsettled, 'blocking control')} of {name} {verb} not settled"] if unsettled else []
        parts += [f"what was asked for could not be tested: {', '.join(asked)}"] if asked else []
        return Verdict(Outcome.INCONCLUSIVE, 3, f"Undetermined: {'; '.join(parts)}.")
    decided = [f for f in findings if f.blocking and f.outcome != Outcome.INAPPLICABLE]
    if not decided:
        return Verdict(Outcome.UNTESTED, 3, f"Undetermined: no blocking control of {name} applies to this model.")
    waived = _controls([f for f in decided if f.waiver], *Outcome)
    besides = f", {_list(waived, 'control')} waived" if waived else ""
    return Verdict(Outcome.PASSED, 0, f"Passed every blocking control of {name}{besides}.")


def judge_again(report: Report, policy: Policy, waivers: Sequence[Waiver] = ()) -> Report:
    """The same measurements judged by ``policy``; metrics it asks for and nobody measured are UNTESTED."""
    findings = judge(
        policy,
        report.measurements,
        report.untested,
        kind=report.target.kind,
        target_digest=report.target.digest,
        waivers=waivers,
        stopped=stops(report.checks),
    )
    judged = verdict(policy, findings, report.untested)
    return replace(report, policy=policy, findings=findings, verdict=judged)


def stops(records: Sequence[CheckRecord]) -> dict[str, str]:
    """Why checks were not asked to the end, by check."""
    return {record.check: record.stop.reason for record in records if record.stop}


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of a control from those of its findings."""
    order = (Outcome.FAILED, Outcome.UNTESTED, Outcome.INCONCLUSIVE, Outcome.PASSED, Outcome.INAPPLICABLE)
    return next((outcome for outcome in order if outcome in outcomes), Outcome.UNTESTED)


def _finding(
    control: Control, requirement: Requirement | None, outcome: Outcome, reason: str, m: Measurement | None = None
) -> Finding:
    return Finding(control.id, requirement, outcome, reason, m, control.severity, control.blocking)


def _gaps(requirement: Requirement, found: Sequence[Measurement], untested: Sequence[Untested]) -> list[str]:
    """What the requirement asks for and nobody measured, each with its reason."""
    measured = bool(found)  # then a check that came out empty already says so in its measurements
    gaps = [
        u.reason for u in untested if u.check == requirement.check and (u.crashed or u.language or not measured)
    ]
    languages = {m.language for m in found}
    groups = {m.group for m in found}
    named = () if isinstance(requirement.groups, str) else requirement.groups
    what = f"{requirement.check} measured no {requirement.metric}"
    gaps += [f"{what} in {code}" for code in requirement.languages if code not in languages]
    gaps += [f"{what} for {name}" for name in named if name not in groups]
    if not found and not gaps:
        gaps.append(f"{requirement.check} was not run, or measured no {requirement.metric}")
    return list(dict.fromkeys(gaps))


def _inside(requirement: Requirement, interval: Interval) -> bool:
    above = requirement.low is None or interval.low >= requirement.low
    return above and (requirement.high is None or interval.high <= requirement.high)


def _outside(requirement: Requirement, interval: Interval) -> bool:
    below = requirement.low is not None and interval.high < requirement.low
    return below or (requirement.high is not None and interval.low > requirement.high)


def _p_bound(finding: Finding) -> float:
    """An upper bound of the p-value that the true value keeps the limit; 1 where no interval is beyond it."""
    m, requirement = finding.measurement, finding.requirement
    if m is None or requirement is None or m.interval is None:
        return 1.0
    levels = [i.level for i in (m.interval, *m.stricter) if _outside(requirement, i)]
    return 1 - max(levels, default=0.0)


def _more(requirement: Requirement, m: Measurement) -> str:
    """About how many sampling units would settle it, if the estimate stays where it is."""
    if m.interval is None or m.value is None or m.n_clusters < 2:
        return ""
    distances = [abs(m.value - limit) for limit in (requirement.low, requirement.high) if limit is not None]
    distance = min(distances)
    half = (m.interval.high - m.interval.low) / 2
    if distance <= half / 100:
        return "; the estimate lies on the limit, so more items may not settle it"
    factor = (half / distance) ** 2
    if factor <= 1:
        return ""
    more = counted(ceil(m.n_clusters * (factor - 1)), f"more {m.unit or 'sampling unit'}")
    return f"; about {more} would settle it if the estimate stays"


def _sound(finding: Finding, trials: Sequence[Trial] | None) -> Finding:
    """A passed finding, INCONCLUSIVE where its check fails its own controls on models made to try it."""
    requirement, m = finding.requirement, finding.measurement
    if finding.outcome != Outcome.PASSED or requirement is None or m is None:
        return finding
    why = fault(requirement.check, m.metric, m.language, trials)
    if not why:
        return finding
    reason = f"{requirement.check} fails its own controls, so it cannot pass a model: in the self-test {why}"
    return replace(finding, outcome=Outcome.INCONCLUSIVE, reason=reason)


def _told(finding: Finding, stopped: Mapping[str, str]) -> Finding:
    """An inconclusive finding with why its check was not asked further, if it could have been."""
    why = stopped.get(finding.requirement.check) if finding.requirement else None
    if finding.outcome != Outcome.INCONCLUSIVE or not why:
        return finding
    return replace(finding, reason=f"{finding.reason}; {why}")


def _waived(finding: Finding, waivers: Sequence[Waiver], target_digest: str, today: date) -> Finding:
    """The finding with the waiver that covers it, if one does; its outcome stays."""
    if finding.outcome in (Outcome.PASSED, Outcome.INAPPLICABLE):
        return finding
    for waiver in waivers:
        if _covers(waiver, finding, target_digest, today):
            return replace(finding, waiver=waiver)
    return finding


def _covers(waiver: Waiver, finding: Finding, target_digest: str, today: date) -> bool:
    requirement, m = finding.requirement, finding.measurement
    if waiver.control != finding.control or date.fromisoformat(waiver.expires) < today or requirement is None:
        return False
    if waiver.target_digest and waiver.target_digest != target_digest:
        return False
    wanted = {waiver.check: requirement.check, waiver.metric: requirement.metric}
    if any(asked and asked != has for asked, has in wanted.items()):
        return False
    if waiver.group is not None and (m is None or waiver.group != m.group):
        return False
    if waiver.language is not None and (m is None or waiver.language != m.language):
        return False
    return not _worse(waiver, finding)


def _worse(waiver: Waiver, finding: Finding) -> bool:
    """Whether the result is worse than the one the waiver was granted for; a failure without a bound always is."""
    requirement, m = finding.requirement, finding.measurement
    if waiver.not_worse_than is None:
        return finding.outcome == Outcome.FAILED
    if m is None or m.value is None or requirement is None:
        return True
    if requirement.high is not None and m.value > requirement.high:
        return m.value > waiver.not_worse_than
    if requirement.low is not None and m.value < requirement.low:
        return m.value < waiver.not_worse_than
    return False


def _controls(findings: Sequence[Finding], *outcomes: Outcome) -> list[str]:
    return list(dict.fromkeys(f.control for f in findings if f.outcome in outcomes))


def _list(names: Sequence[str], what: str) -> str:
    return f"{counted(len(names), what)} ({', '.join(names)})"


def _asked_beyond(policy: Policy, untested: Sequence[Untested]) -> list[str]:
    """What was asked for outside the policy's controls, or crashed, and stayed untested."""
    beyond = [u for u in untested if u.crashed or u.language or u.check not in policy.checks]
    return list(dict.fromkeys(f"{u.check} in {u.language}" if u.language else u.check for u in beyond))
