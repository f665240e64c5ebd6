"""From the requests of one call to batches and back: each request once, known answers not asked again."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from audit.models.response_cache import ResponseCache, digest

R = TypeVar("R", bound=Hashable)
Advance = Callable[[float], None]


def silent(_: float) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Asking:
    """How requests reach one model: its identity for the cache, the cache if there is one, and who is told.

    ``advance`` is told the work done, in the unit of ``audit.work``.
    """

    identity: str = ""
    cache: ResponseCache | None = None
    advance: Advance = silent
    settings: dict[str, str] = field(default_factory=dict)


def ask(
    asking: Asking,
    kind: str,
    requests: Sequence[R],
    compute: Callable[[list[R]], Sequence[Any]],
    *,
    batching: Callable[[list[R]], Iterable[list[R]]],
    work: Callable[[R], float],
) -> list[Any]:
    """One answer (a JSON value) for each request, in order.

    ``batching`` sorts distinct requests into the batches that ``compute`` gets; answers are stored batch by batch.
    """
    distinct = list(dict.fromkeys(requests))
    keys = {request: digest(asking.identity, asking.settings, kind, request) for request in distinct}
    call = digest(kind, sorted(key.hex() for key in keys.values()))
    known = asking.cache.known(list(keys.values())) if asking.cache else {}
    answers = {request: known[keys[request]][1] for request in distinct if keys[request] in known}
    if len(answers) == len(distinct):
        asking.advance(sum(map(work, distinct)))
        return [answers[request] for request in requests]
    planned = [r for r in distinct if keys[r] not in known or known[keys[r]][0] == call]
    asking.advance(sum(work(request) for request in set(distinct) - set(planned)))
    for batch in batching(planned):
        if any(request not in answers for request in batch):
            computed = dict(zip(batch, compute(batch), strict=True))
            answers |= computed
            if asking.cache:
                asking.cache.store(call, [(keys[request], answer) for request, answer in computed.items()])
        asking.advance(sum(map(work, batch)))
    return [answers[request] for request in requests]


def by_size(size: Callable[[R], int], budget: int) -> Callable[[list[R]], Iterator[list[R]]]:
    """Batching by ``size`` (tokens), longest first: longest size times length stays within ``budget``."""
    return lambda requests: sized(requests, size, budget)


def sized(requests: Sequence[R], size: Callable[[R], int], budget: int) -> Iterator[list[R]]:
    """``requests`` in batches, longest first: longest size times length stays within ``budget``."""
    batch: list[R] = []
    longest = 0
    for request in sorted(requests, key=lambda request: (-size(request), repr(request))):
        if batch and longest * (len(batch) + 1) > budget:
            yield batch
            batch = []
        if not batch:
            longest = max(1, size(request))
        batch.append(request)
    if batch:
        yield batch
