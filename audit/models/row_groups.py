"""Which answers of a batch keep their keys together: beside the weights, reading keys is what a new token costs.

A group keeps what its prompts begin with once, and its rows are padded to its own longest rest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from audit.models.scoring.trie import shared_prefix

GROUP_COST = 1000
"""What one group more takes at each new token, counted in tokens whose keys and values are read."""


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Numbers of prompts, the leading tokens that all of them have, and the longest rest behind these."""

    rows: tuple[int, ...]
    shared: int
    longest: int


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbours in the order of their tokens, ``end`` left out, that begin with the same ``shared`` tokens."""

    start: int
    end: int
    shared: int


def row_groups(prompts: Sequence[Sequence[int]], cost: int = GROUP_COST) -> list[RowGroup]:
    """Every prompt in one group; a group is made where it saves more reading than it costs."""
    order = sorted(range(len(prompts)), key=lambda row: tuple(prompts[row]))
    common = [0, *(shared_prefix(prompts[a], prompts[b]) for a, b in pairwise(order))]
    _, runs = _runs(common, 0, len(order), cost)
    sharing = [(order[run.start : run.end], run.shared) for run in runs]
    taken = {row for rows, _ in sharing for row in rows}
    others = [row for row in order if row not in taken]
    return [
        RowGroup(tuple(part), shared, len(prompts[part[0]]) - shared)
        for rows, shared in [*sharing, (others, 0)]
        for part in _by_length(sorted(rows, key=lambda row: -len(prompts[row])), prompts, cost + shared)
    ]


def _runs(common: Sequence[int], start: int, end: int, cost: int) -> tuple[int, list[Run]]:
    """Tokens saved at most by runs of the sequences from ``start`` to ``end``, and these runs.

    ``common`` is what each sequence shares with the one before. A run is cut where the least is shared.
    """
    if end - start < 2:
        return 0, []
    cut = min(range(start + 1, end), key=common.__getitem__)
    left, right = _runs(common, start, cut, cost), _runs(common, cut, end, cost)
    apart, together = left[0] + right[0], common[cut] * (end - start - 1) - cost
    if together > apart:
        return together, [Run(start, end, common[cut])]
    return apart, left[1] + right[1]


def _by_length(rows: Sequence[int], prompts: Sequence[Sequence[int]], cost: int) -> Iterator[Sequence[int]]:
    """``rows``, longest first, cut where that saves more padding than ``cost``."""
    if not rows:
        return
    lengths = [len(prompts[row]) for row in rows]
    saved = [(len(rows) - cut) * (lengths[0] - lengths[cut]) for cut in range(len(rows))]
    cut = max(range(len(rows)), key=saved.__getitem__)
    if saved[cut] <= cost:
        yield rows
        return
    yield from _by_length(rows[:cut], prompts, cost)
    yield from _by_length(rows[cut:], prompts, cost)
