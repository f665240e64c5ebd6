"""Scoring with shared prefixes: what many texts begin with goes through the model once.

The token sequences of a batch form a trie. Its nodes are laid out in one row; each attends to its ancestors only
and carries its depth as its position, so that one forward pass gives every node the state that it would have in
its own text. The output head is applied only to nodes that predict a scored token.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from audit.models.scoring.encode import Encoded
from audit.models.scoring.normaliser import log_normaliser

NODES = 512
"""Nodes in one forward pass: enough to keep the processor busy, few enough for the attention to stay small."""


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


def trie_batches(requests: Sequence[Encoded], nodes: int = NODES) -> Iterator[list[int]]:
    """Indices of ``requests`` in the order of their tokens, in lists whose tries have at most ``nodes`` nodes.

    A single request that is longer stands alone.
    """
    batch: list[int] = []
    size, previous = 0, tuple[int, ...]()
    for index in sorted(range(len(requests)), key=lambda i: requests[i].ids):
        ids = requests[index].ids[:-1]
        added = len(ids) - _shared(previous, ids)
        if batch and size + added > nodes:
            yield batch
            batch, size, added = [], 0, len(ids)
        batch.append(index)
        size, previous = size + added, ids
    if batch:
        yield batch


@torch.inference_mode()
def score_trie(model: Any, batch: Sequence[Encoded]) -> list[float]:
    """Sum of the log-probabilities of each request's target tokens; nats. Every request has a target and fits."""
    trie = Trie()
    paths = [trie.insert(encoded.ids[:-1]) for encoded in batch]
    predicting = sorted({node for e, path in zip(batch, paths, strict=True) for node in path[-e.targets :]})
    device = next(model.parameters()).device
    logits = model(
        input_ids=torch.tensor([trie.tokens], device=device),
        position_ids=torch.tensor([trie.depths], device=device),
        attention_mask=ancestor_mask(trie, next(model.parameters()).dtype).to(device),
        use_cache=False,
        logits_to_keep=torch.tensor(predicting, device=device),
    ).logits[0]
    row_of = {node: row for row, node in enumerate(predicting)}
    rows = [row_of[node] for e, path in zip(batch, paths, strict=True) for node in path[-e.targets :]]
    tokens = [token for e in batch for token in e.ids[-e.targets :]]
    scored = logits[rows, tokens].double() - log_normaliser(logits)[rows]
    ends = torch.tensor([e.targets for e in batch]).cumsum(0).tolist()
    starts = [0, *ends[:-1]]
    return [float(scored[start:end].sum()) for start, end in zip(starts, ends, strict=True)]


def ancestor_mask(trie: Trie, dtype: torch.dtype) -> torch.Tensor:
    """0 where a node may look (itself, its ancestors), the lowest number elsewhere; shape (1, 1, nodes, nodes)."""
    size = len(trie.tokens)
    sees = torch.zeros((size, size), dtype=torch.bool)
    for node, parent in enumerate(trie.parents):
        if parent >= 0:
            sees[node] = sees[parent]
        sees[node, node] = True
    mask = torch.full((size, size), torch.finfo(dtype).min, dtype=dtype)
    return mask.masked_fill(sees, 0.0)[None, None]


def _shared(first: Sequence[int], second: Sequence[int]) -> int:
    """How many leading tokens two sequences share."""
    count = 0
    for a, b in zip(first, second, strict=False):
        if a != b:
            break
        count += 1
    return count
