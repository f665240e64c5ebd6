"""Spends a limited time where the policy's controls need it most.

A check with an option ``part`` is looked at after an eighth, a quarter, half and all of its items, and the
policy's controls are judged after each look. What is settled is not asked further; what is not is asked in the
order of what the policy needs. The clock is looked at between looks, never within one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from audit.duration import duration
from audit.judge import judge_control
from audit.looks import PlannedLook, planned_looks, with_part
from audit.plan import Plan, PlannedCheck
from audit.policy.policy import Control
from audit.record import Finding, Outcome
from audit.report import Look, Status, Stop
from audit.run import CheckResult, run_check, unmeasured
from audit.stats.looks import SPENT, anytime
from audit.store import RunFolder

SEVERITIES = ("critical", "high", "medium", "low")
OPEN = (Outcome.UNTESTED, Outcome.INCONCLUSIVE)
IN_WORDS = {0.125: "1/8", 0.25: "1/4", 0.5: "half", 1.0: "all"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A check, its planned looks, and what came of those taken so far.

    ``pace`` is what its last look took, in seconds a unit of work; ``controls`` are those that rest on it.
    """

    planned: PlannedCheck
    looks: tuple[PlannedLook, ...]
    taken: int = 0
    result: CheckResult | None = None
    seconds: float = 0.0
    pace: float | None = None

    @property
    def unfinished(self) -> bool:
        """Whether there is a look left that could change anything."""
        crashed = self.result is not None and self.result.record.status is Status.CRASHED
        return self.taken < len(self.looks) and not crashed

    def work(self, look: int) -> float:
        """New work of a look (from 0): answers to what was asked before come from the response cache."""
        before = self.looks[look - 1].work if look else 0.0
        return max(0.0, self.looks[look].work - before)

    @property
    def rest(self) -> float:
        """New work of all looks left."""
        return sum(self.work(look) for look in range(self.taken, len(self.looks)))


@dataclass
class Spending:
    """One run with a budget: what has been asked so far, and how long the machine takes.

    ``clock`` tells seconds; ``began`` is what it told when the command began.
    """

    plan: Plan
    seconds: float
    clock: Callable[[], float]
    began: float
    asked: dict[str, Asked] = field(default_factory=dict)

    @property
    def left(self) -> float:
        """Seconds left, never less than none."""
        return max(0.0, self.seconds - (self.clock() - self.began))

    def predicted(self, asked: Asked, work: float) -> float:
        """Seconds that so much work of a check will take; 0 while nothing was measured yet."""
        if asked.pace is not None:
            return work * asked.pace
        done = [a for a in self.asked.values() if a.taken and a.seconds and a.looks[a.taken - 1].work]
        total = sum(a.looks[a.taken - 1].work for a in done)
        return work * sum(a.seconds for a in done) / total if total else 0.0

    def next(self) -> Asked | None:
        """The check to look at now: the one that the policy needs most and that is predicted to fit; or None."""
        left = self.left
        if left <= 0:
            return None
        needed = [(self.asked[name], need) for name, need in self.needs().items()]
        fitting = [pair for pair in needed if self.predicted(pair[0], pair[0].work(pair[0].taken)) <= left]
        return min(fitting, key=lambda pair: _rank(*pair))[0] if fitting else None

    def needs(self) -> Mapping[str, tuple[bool, int]]:
        """Checks that may still change what a control comes to, with how much it matters (less is more).

        A check that no control rests on was asked for by name: it is asked last, and to the end.
        """
        unfinished = {name for name, asked in self.asked.items() if asked.unfinished}
        found: dict[str, tuple[bool, int]] = {
            n: (True, len(SEVERITIES)) for n in unfinished - set(self.plan.policy.checks)
        }
        unseen = {name for name in unfinished if not self.asked[name].taken}
        for control in self.plan.policy.controls:
            need = (not control.blocking, SEVERITIES.index(control.severity))
            for name in wanting(control, self.findings(control), unfinished, unseen):
                found[name] = min(need, found.get(name, need))
        return found

    def findings(self, control: Control) -> list[Finding]:
        """What a control comes to so far."""
        results = {name: asked.result for name, asked in self.asked.items() if asked.result}
        measurements = {name: result.measurements for name, result in results.items()}
        untested = (*self.plan.untested, *(u for result in results.values() for u in result.untested))
        return judge_control(control, measurements, untested, self.plan.target.kind)

    def look(self, asked: Asked, folder: RunFolder, model: Callable[[], object]) -> None:
        """Take the next look of a check."""
        before, number = self.clock(), asked.taken + 1
        planned = with_part(asked.planned, asked.looks[asked.taken].part)
        result = run_check(planned, self.plan, folder, model, anew=len(asked.looks) > 1)
        took, work = self.clock() - before, asked.work(asked.taken)
        looked = tuple(anytime(m, number, len(asked.looks)) for m in result.measurements)
        self.asked[asked.planned.check.id] = replace(
            asked,
            taken=number,
            result=replace(result, measurements=looked),
            seconds=asked.seconds + took,
            pace=took / work if work else asked.pace,
        )

    def results(self) -> list[CheckResult]:
        """What every check came to, those that were not asked to the end with the reason."""
        needed = self.needs()
        return [self._result(asked, asked.planned.check.id in needed) for asked in self.asked.values()]

    def _result(self, asked: Asked, needed: bool) -> CheckResult:
        budget = f"the budget of {duration(self.seconds)} ended"
        if asked.result is None:
            first = self.predicted(asked, asked.work(0))
            after = f"; its first look would take about {duration(first)}" if first else ""
            reason = f"{budget} before it was asked{after}"
            return unmeasured(asked.planned, Status.UNTESTED, reason, looks=_looks(asked))
        record = replace(asked.result.record, looks=_looks(asked))
        if asked.unfinished:
            so_far = IN_WORDS[asked.looks[asked.taken - 1].part]
            more = duration(self.predicted(asked, asked.rest))
            stop = (
                Stop("budget", f"{budget} after {so_far} of the items, and the rest would take about {more}")
                if needed
                else Stop("settled", f"what rests on it was settled after {so_far} of the items")
            )
            record = replace(record, stop=stop)
        return replace(asked.result, record=record, seconds=asked.seconds)


def spend(
    plan: Plan,
    folder: RunFolder,
    model: Callable[[], object],
    *,
    begins: Callable[[str, int, int], None],
    clock: Callable[[], float],
    began: float,
) -> list[CheckResult]:
    """Run a plan within its budget since ``began``, which ``clock`` told when the command began.

    Checks of files, licence and card come first and always run. The time may be overrun by as much as one look
    takes longer than predicted.
    """
    spending = Spending(plan, plan.wish.budget or 0.0, clock, began)
    for planned in plan.checks:
        spending.asked[planned.check.id] = Asked(planned, planned_looks(planned, plan))
    looks = sum(len(asked.looks) for asked in spending.asked.values())
    turn = count(1)

    def take(asked: Asked) -> None:
        part = IN_WORDS[asked.looks[asked.taken].part]
        begins(f"{asked.planned.check.id}, {part} of its items", next(turn), looks)
        spending.look(asked, folder, model)

    of_files = [a for a in spending.asked.values() if isinstance(plan.target, a.planned.check.needs)]
    for asked in of_files:
        take(asked)
    if len(of_files) < len(spending.asked):
        model()
    while needed := spending.next():
        take(needed)
    return spending.results()


def wanting(control: Control, findings: Sequence[Finding], unfinished: set[str], unseen: set[str]) -> set[str]:
    """The ``unfinished`` checks that may still change what a control comes to; none when it is settled.

    A failure settles a control once every check that it rests on was looked at (``unseen`` names those that were
    not): before that, Holm's correction would count too few comparisons.
    """
    if any(finding.requirement is None for finding in findings):
        return set()
    rests = {requirement.check for requirement in control.requires}
    if any(finding.outcome == Outcome.FAILED for finding in findings):
        return rests & unseen
    return {f.requirement.check for f in findings if f.requirement and f.outcome in OPEN} & unfinished


def _rank(asked: Asked, need: tuple[bool, int]) -> tuple[bool, bool, int, float]:
    """First looks come before others, cheapest first; then what matters most, and the cheapest of it."""
    optional, severity = need
    first = asked.taken == 0
    return (not first, optional, 0 if first else severity, asked.work(asked.taken))


def _looks(asked: Asked) -> tuple[Look, ...]:
    spent = SPENT[len(asked.looks)]
    return tuple(
        Look(look.part, spends, taken=number < asked.taken)
        for number, (look, spends) in enumerate(zip(asked.looks, spent, strict=True))
    )
