"""From the requests of one call to batches and back: each request once, known answers not asked again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from audit.models.memory import is_out_of_memory
from audit.models.response_cache import ResponseCache, digest
from audit.models.task import R, Task
from audit.models.trial import Trial, tried

Advance = Callable[[float], None]
TOKENS = 1024


def silent(_: float) -> None:
    """Progress that nobody watches."""


def usual_tokens(_: Any) -> int:
    """Tokens in one forward pass where nothing was measured."""
    return TOKENS


@dataclass(frozen=True, slots=True)
class Asking:
    """How requests reach one model: its identity for the cache, the cache if there is one, and who is told.

    ``advance`` is told the work done, in the unit of ``audit.work``. ``tokens_of(model)`` gives the tokens in one
    forward pass. ``notes`` collects how the model was asked. With a ``trial`` only samples are asked, and timed.
    """

    identity: str = ""
    cache: ResponseCache | None = None
    advance: Advance = silent
    settings: dict[str, str] = field(default_factory=dict)
    tokens_of: Callable[[Any], int] = usual_tokens
    notes: dict[str, Any] = field(default_factory=dict)
    trial: Trial | None = None

    def count(self, what: str, number: int) -> None:
        """Add to one of the counts among the notes."""
        self.notes[what] = self.notes.get(what, 0) + number


def ask(asking: Asking, task: Task[R], requests: Sequence[R]) -> list[Any]:
    """One answer (a JSON value) for each request, in order; None for one that alone is too large for the memory.

    Answers are stored batch by batch.
    """
    distinct = list(dict.fromkeys(requests))
    keys = {request: digest(asking.identity, asking.settings, task.kind, request) for request in distinct}
    call = digest(task.kind, sorted(key.hex() for key in keys.values()))
    known = asking.cache.known(list(keys.values())) if asking.cache else {}
    answers = {request: known[keys[request]][1] for request in distinct if keys[request] in known}
    asking.count("answers from the cache", len(answers))
    if len(answers) == len(distinct):
        asking.advance(sum(map(task.work, distinct)))
        return [answers[request] for request in requests]
    if asking.trial:
        answers |= tried(asking.trial, task, [request for request in distinct if request not in answers])
        return [answers[request] for request in requests]
    planned = [r for r in distinct if keys[r] not in known or known[keys[r]][0] == call]
    asking.advance(sum(task.work(request) for request in set(distinct) - set(planned)))
    for batch in task.batching(planned):
        if any(request not in answers for request in batch):
            computed = computed_in_memory(asking, task, batch)
            answers |= computed
            if asking.cache:
                asking.cache.store(call, [(keys[request], answer) for request, answer in computed.items()])
            asking.count("answers computed", len(computed))
        asking.advance(sum(map(task.work, batch)))
    return [answers.get(request) for request in requests]


def computed_in_memory(asking: Asking, task: Task[R], batch: list[R]) -> dict[R, Any]:
    """Answers to a batch, which is halved as often as the memory asks; a request too large alone is left out."""
    try:
        return dict(zip(batch, task.compute(batch), strict=True))
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
    if len(batch) == 1:  # out of the handler, so that what the failed attempt held is free again
        asking.count("requests too large for the memory", 1)
        return {}
    asking.count("batches halved", 1)
    half = len(batch) // 2
    return computed_in_memory(asking, task, batch[:half]) | computed_in_memory(asking, task, batch[half:])
