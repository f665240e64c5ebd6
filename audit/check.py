"""What a check is. A check asks a model questions (probe) and turns the answers into numbers (measure)."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
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
    ``limit: int | None`` caps the number of items and ``seed: int`` fixes every random choice. An option
    ``part: float = 1.0`` asks only that part of the items of each stratum, by a nested draw; a check that has it
    says that a part is a sample of the whole for each of its metrics, so that a run with a budget may stop it
    early (the worst of some items is no sample of the worst of all: a check that looks for them has no ``part``).
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


def draw(items: Sequence[T], limit: int | None, seed: int, part: float = 1.0) -> list[T]:
    """``part`` of at most ``limit`` of ``items``, drawn by ``seed`` without replacement, in their original order.

    Draws are nested: they take the first of one seeded order, so that a larger one holds every smaller one.
    """
    most = taken(len(items) if limit is None else min(limit, len(items)), part)
    if most >= len(items):
        return list(items)
    order = random.Random(seed).sample(range(len(items)), len(items))
    return [items[i] for i in sorted(order[:most])]


def taken(count: int, part: float) -> int:
    """How many of ``count`` items make up ``part`` of them, rounded up so that no stratum is left out."""
    return max(0, ceil(count * part))


def by_key(observations: Iterable[Observation], *names: str) -> Mapping[tuple[str, ...], list[Observation]]:
    """Observations grouped by the named attributes, groups in order of first appearance."""
    groups: dict[tuple[str, ...], list[Observation]] = {}
    for observation in observations:
        groups.setdefault(tuple(getattr(observation, name) for name in names), []).append(observation)
    return groups
