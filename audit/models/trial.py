"""What asking would cost on this machine: a few batches are timed, the rest is reckoned from their tokens."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from audit.models.task import R, Task

SECONDS = 0.7
"""After this long no further batch of a call is timed."""


@dataclass(slots=True)
class Trial:
    """Requests, tokens when each is asked alone, tokens after sharing, and seconds, of all calls so far.

    ``spent`` is the seconds that the trial itself took.
    """

    requests: int = 0
    tokens_alone: int = 0
    tokens: int = 0
    seconds: float = 0.0
    spent: float = 0.0


def tried(trial: Trial, task: Task[R], requests: Sequence[R]) -> dict[R, Any]:
    """Stand-in answers to ``requests``; what they would cost is added to ``trial``."""
    batches = list(task.batching(list(requests)))
    sizes = [task.tokens_together(batch) for batch in batches]
    answers: list[Any] = []
    spent, timed, started = 0.0, 0, time.perf_counter()
    for index in dict.fromkeys((len(batches) // 2, 0, len(batches) - 1)):
        sample, seconds = task.sample(batches[index]) if task.sample else _timed(task, batches[index])
        answers += [answer for answer in sample if answer is not None]
        spent, timed = spent + seconds, timed + sizes[index]
        if spent > SECONDS:
            break
    trial.requests += len(requests)
    trial.tokens_alone += sum(map(task.tokens, requests))
    trial.tokens += sum(sizes)
    trial.seconds += spent * sum(sizes) / max(1, timed)
    trial.spent += time.perf_counter() - started
    return dict(zip(requests, cycle(answers or [None]), strict=False))


def _timed(task: Task[R], batch: list[R]) -> tuple[Sequence[Any], float]:
    started = time.perf_counter()
    answers = task.compute(batch)
    return answers, time.perf_counter() - started


def answer_sample(answers: Callable[[int], Sequence[Any]], length: int) -> tuple[Sequence[Any], float]:
    """Answers of a few tokens, and the seconds that answers of ``length`` tokens would take at most."""
    few, more = min(2, length), min(6, length)
    started = time.perf_counter()
    answers(few)
    first = time.perf_counter() - started
    started = time.perf_counter()
    sample = answers(more)
    second = time.perf_counter() - started
    return sample, second + max(0.0, second - first) * (length - more) / max(1, more - few)
