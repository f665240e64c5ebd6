"""A trie of token sequences: what many texts begin with is there once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch

from audit.models.scoring.encode import Encoded

NODES = 1024
"""Nodes in one forward pass: enough rows for the processor to reuse the weights it has read."""


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
        for node, parent in enumerate(self.parents):
            if parent >= 0:
                sees[node] |= sees[parent]
        return sees


def trie_batches(sequences: Sequence[tuple[int, ...]], nodes: int = NODES) -> Iterator[list[int]]:
    """Indices of ``sequences`` in the order of their tokens, in lists whose tries have at most ``nodes`` nodes.

    A single sequence that is longer stands alone.
    """
    batch: list[int] = []
    size, previous = 0, tuple[int, ...]()
    for index in sorted(range(len(sequences)), key=lambda i: sequences[i]):
        ids = sequences[index]
        added = len(ids) - shared_prefix(previous, ids)
        if batch and size + added > nodes:
            yield batch
            batch, size, added = [], 0, len(ids)
        batch.append(index)
        size, previous = size + added, ids
    if batch:
        yield batch


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
