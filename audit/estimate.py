"""What a plan will take on this machine: samples of each check's questions are asked and timed."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from audit.attempt import Crash, attempt
from audit.models.open import open_model
from audit.models.trial import Trial
from audit.plan import Plan, PlannedCheck


@dataclass(frozen=True, slots=True)
class Timing:
    """What one check costs here. ``new`` requests are those that the response cache does not answer.

    ``tokens_alone`` would pass through the model if each new request were asked alone, ``tokens`` do after
    sharing. Answers are reckoned at full length, so ``seconds`` is an upper estimate where many end early.
    """

    check: str
    new: int = 0
    tokens_alone: int = 0
    tokens: int = 0
    seconds: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Timings:
    """What a whole plan costs here; ``loading`` is seconds until the model can be asked."""

    loading: float
    checks: tuple[Timing, ...]

    @property
    def seconds(self) -> float:
        """Loading and asking together."""
        return self.loading + sum(timing.seconds for timing in self.checks)


def time_plan(plan: Plan, says: Callable[[str], None] = lambda _: None) -> Timings | None:
    """Load the model and time samples of each check; None for an endpoint, which a plan does not ask.

    Raises TargetError when the model cannot be loaded.
    """
    if plan.target.endpoint is not None:
        return None
    trial, wish = Trial(), plan.wish
    started = time.perf_counter()
    model = open_model(
        plan.target, dtype=wish.dtype, device=wish.device, batch_tokens=wish.batch_tokens, trial=trial
    )
    checks = tuple(_timings(plan, model, trial, says))
    spent = time.perf_counter() - started - trial.spent
    return Timings(spent if trial.requests else 0.0, checks)


def _timings(plan: Plan, model: object, trial: Trial, says: Callable[[str], None]) -> Iterator[Timing]:
    for planned in plan.checks:
        if isinstance(plan.target, planned.check.needs):
            yield Timing(planned.check.id)
        else:
            says(f"Timing a few questions of {planned.check.id} ...")
            yield _timing(planned, model, trial)


def _timing(planned: PlannedCheck, model: object, trial: Trial) -> Timing:
    before = replace(trial)
    done = attempt(lambda: sum(1 for _ in planned.check.probe(model)))
    return Timing(
        planned.check.id,
        trial.requests - before.requests,
        trial.tokens_alone - before.tokens_alone,
        trial.tokens - before.tokens,
        trial.seconds - before.seconds,
        f"it breaks off ({done.error})" if isinstance(done, Crash) else "",
    )
