"""What a check is. A check asks a model questions (probe) and turns the answers into numbers (measure)."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from audit.record import Measurement, Observation

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Metric:
    """What a number means. ``direction`` says which way is better; ``source`` is a DOI or URL."""

    name: str
    unit: str
    ideal: float
    direction: Literal["lower", "higher", "closer"]
    source: str
    summary: str = ""


class Check(Protocol):
    """One method of looking at a model.

    A check is a frozen dataclass: un-annotated attributes are facts about it, annotated fields are options that a
    policy may set. The docstring of its module is its documentation page.

    ``needs`` lists capabilities, any one of which is enough (so ``isinstance(model, check.needs)`` decides).
    ``languages`` lists the BCP 47 codes it speaks; an empty tuple means that language plays no part. A check that
    speaks languages has an option ``language: tuple[str, ...]`` that selects among them. An option
    ``limit: int | None`` caps the number of items and ``seed: int`` fixes every random choice.
    """

    @property
    def id(self) -> str: ...
    @property
    def needs(self) -> tuple[type, ...]: ...
    @property
    def languages(self) -> tuple[str, ...]: ...
    @property
    def metrics(self) -> tuple[Metric, ...]: ...

    def probe(self, model: Any) -> Iterator[Observation]:
        """Ask the model everything in as few calls as possible and yield what was seen."""
        ...

    def measure(self, observations: Iterable[Observation]) -> Iterator[Measurement]:
        """Turn observations into numbers without the model; never raises on empty input, says why instead."""
        ...


def draw(items: Sequence[T], limit: int | None, seed: int) -> list[T]:
    """At most ``limit`` of ``items`` by a seeded draw without replacement, in their original order."""
    if limit is None or limit >= len(items):
        return list(items)
    chosen = sorted(random.Random(seed).sample(range(len(items)), limit))
    return [items[i] for i in chosen]


def by_key(observations: Iterable[Observation], *names: str) -> Mapping[tuple[str, ...], list[Observation]]:
    """Observations grouped by the named attributes, groups in order of first appearance."""
    groups: dict[tuple[str, ...], list[Observation]] = {}
    for observation in observations:
        groups.setdefault(tuple(getattr(observation, name) for name in names), []).append(observation)
    return groups
