"""A trie of token sequences: what many texts begin with is there once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import torch

from audit.models.scoring.encode import Encoded

NODES = 1024
"""Nodes in one forward pass: enough rows for the processor to reuse the weights it has read."""
LEAST_FULL = 0.75
"""From this share of its nodes on, a batch may end early where less is shared with what follows."""


@dataclass(slots=True)
class Trie:
    """Distinct prefixes of a batch: token, parent and depth of each node, parents before children."""

    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    children: dict[tuple[int, int], int] = field(default_factory=dict)

    def insert(self, ids: Sequence[int]) -> list[int]:
        """The nodes along ``ids``, added where they are new."""
        path, parent = [], -1
        for depth, token in enumerate(ids):
            node = self.children.get((parent, token))
            if node is None:
                node = len(self.tokens)
                self.children[parent, token] = node
                self.tokens.append(token)
                self.parents.append(parent)
                self.depths.append(depth)
            path.append(node)
            parent = node
        return path

    def ancestors(self) -> torch.Tensor:
        """Which nodes (columns) each node (rows) may look at: itself and its ancestors; bool, (nodes, nodes)."""
        sees = torch.eye(len(self.tokens), dtype=torch.bool)
        depths, parents = torch.tensor(self.depths), torch.tensor(self.parents)
        for depth in range(1, max(self.depths, default=0) + 1):
            here = (depths == depth).nonzero()[:, 0]
            sees[here] |= sees[parents[here]]
        return sees


def trie_batches(sequences: Sequence[tuple[int, ...]], nodes: int = NODES) -> Iterator[list[int]]:
    """Indices of ``sequences`` in the order of their tokens, in lists whose tries have at most ``nodes`` nodes.

    Of the last places where a list could end, it ends where the least is shared with what follows. A single
    sequence that is longer stands alone.
    """
    order = sorted(range(len(sequences)), key=lambda i: sequences[i])
    shared = [0, *(shared_prefix(sequences[a], sequences[b]) for a, b in pairwise(order))]
    lengths = [len(sequences[i]) for i in order]
    start = 0
    while start < len(order):
        end = _end_of_batch(lengths, shared, start, nodes)
        yield order[start:end]
        start = end


def _end_of_batch(lengths: Sequence[int], shared: Sequence[int], start: int, nodes: int) -> int:
    """Where a batch from ``start`` on ends; ``shared`` is what each sequence shares with the one before."""
    size, end, best = lengths[start], start + 1, start + 1
    while end < len(lengths):
        if size >= LEAST_FULL * nodes and (best == start + 1 or shared[end] <= shared[best]):
            best = end
        size += lengths[end] - shared[end]
        if size > nodes:
            return best if size - lengths[end] + shared[end] >= LEAST_FULL * nodes else end
        end += 1
    return end


def read_by_model(requests: Sequence[Encoded]) -> list[tuple[int, ...]]:
    """What the model has to read of each request: the last token is predicted and never read."""
    return [encoded.ids[:-1] for encoded in requests]


def shared_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    """How many leading tokens two sequences share."""
    count = 0
    for a, b in zip(first, second, strict=False):
        if a != b:
            break
        count += 1
    return count
