"""One whole audit: run a plan, judge it, and leave audit.json in the run folder."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from audit.budget import spend
from audit.constancy import Constancy, undecidable
from audit.judge import judge, stops, verdict
from audit.models.open import open_model
from audit.plan import Plan
from audit.record import Untested, Waiver
from audit.report import CheckRecord, Report, Status, write_report
from audit.run import CheckResult, environment, now, run_check
from audit.store import RunFolder


class Watcher:
    """Is told how a run goes. This one does not react."""

    def begins(self, check: str, number: int, of: int) -> None:
        """A check begins; ``number`` of ``of``."""

    def says(self, text: str) -> None:
        """Something worth a line."""

    def advance(self, work: float) -> None:
        """Work was done, in the unit of ``audit.work``."""


def audit(
    plan: Plan,
    folder: Path,
    *,
    watcher: Watcher | None = None,
    fresh: bool = False,
    waivers: Sequence[Waiver] = (),
    model: Callable[[], object] | None = None,
    clock: Callable[[], float] = time.monotonic,
    began: float | None = None,
) -> Report:
    """Run a plan in ``folder`` and return its report, which is also in ``folder/audit.json``.

    ``model`` opens the model when the first check needs it (by default the plan's target). A budget runs from
    ``began`` on ``clock`` (now, by default). Raises RunFolderError for a folder that is busy or belongs to another
    plan, TargetError when the model cannot be loaded.
    """
    watcher = watcher or Watcher()
    started, began = now(), clock() if began is None else began
    engine: dict[str, object] = {}
    with RunFolder(folder, plan.digest, fresh=fresh) as run_folder:
        constancy = Constancy(run_folder, plan.work)

        @cache
        def opened() -> object:
            found = (model or _opener(plan, watcher, constancy, engine))()
            constancy.watch(found)
            return found

        if plan.wish.budget is None:
            results = _run_all(plan, run_folder, opened, watcher)
        else:
            results = spend(plan, run_folder, opened, begins=watcher.begins, clock=clock, began=began)
        if plan.target.endpoint is not None and plan.checks:
            opened()  # also where all was seen before: what was changed since must not be decided on
        changed = constancy.look()
        if changed:
            results = [undecidable(result, f"{changed}; run again with --fresh") for result in results]
        times = {"started": started, "seconds": round(clock() - began, 1), "engine": engine}
        if plan.wish.budget is not None:
            times["budget"] = plan.wish.budget
        report = gather(plan, results, waivers, times)
        write_report(report, folder)
    return report


def _opener(plan: Plan, watcher: Watcher, constancy: Constancy, engine: dict[str, object]) -> Callable[[], object]:
    """Opens the plan's target; work is told to whoever watches, and ``engine`` collects how it was asked."""

    def advance(work: float) -> None:
        watcher.advance(work)
        constancy.advance(work)

    def opened() -> object:
        watcher.says(f"Opening {plan.target.name} ...")
        wish = plan.wish
        return open_model(
            plan.target,
            dtype=wish.dtype,
            device=wish.device,
            advance=advance,
            batch_tokens=wish.batch_tokens,
            notes=engine,
            pace=wish.pace,
        )

    return opened


def _run_all(plan: Plan, folder: RunFolder, model: Callable[[], object], watcher: Watcher) -> list[CheckResult]:
    results = []
    for number, planned in enumerate(plan.checks, 1):
        watcher.begins(planned.check.id, number, len(plan.checks))
        results.append(run_check(planned, plan, folder, model))
    return results


def gather(
    plan: Plan, results: Sequence[CheckResult], waivers: Sequence[Waiver], times: dict[str, object]
) -> Report:
    """Judge what the checks came to and put everything into one report."""
    measurements = {result.record.check: result.measurements for result in results}
    untested = (*plan.untested, *(u for result in results for u in result.untested), *_left_out(plan))
    findings = judge(
        plan.policy,
        measurements,
        untested,
        kind=plan.target.kind,
        target_digest=plan.target.digest,
        waivers=waivers,
        stopped=stops([result.record for result in results]),
    )
    seconds = {result.record.check: round(result.seconds, 1) for result in results}
    return Report(
        target=plan.target,
        policy=plan.policy,
        plan_digest=plan.digest,
        use=plan.wish.use,
        checks=(*(result.record for result in results), *_records(untested, measurements)),
        measurements=measurements,
        untested=untested,
        findings=findings,
        verdict=verdict(plan.policy, findings, untested),
        evidence={result.record.check: result.evidence for result in results},
        environment=environment(plan),
        times={**times, "checks": seconds},
    )


def _left_out(plan: Plan) -> tuple[Untested, ...]:
    """Checks that the policy rests on and --only left out."""
    if not plan.wish.only:
        return ()
    applicable = [c for c in plan.policy.controls if not c.applies_to or plan.target.kind in c.applies_to]
    names = dict.fromkeys(r.check for control in applicable for r in control.requires)
    return tuple(Untested(n, "left out by --only") for n in names if n not in plan.wish.only)


def _records(untested: Sequence[Untested], measured: Mapping[str, object]) -> tuple[CheckRecord, ...]:
    """Rows of the ledger for checks that did not run in any language."""
    return tuple(CheckRecord(u.check, "", Status.UNTESTED, u.reason) for u in untested if u.check not in measured)
