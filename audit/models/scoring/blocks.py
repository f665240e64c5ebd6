"""Attention of trie nodes to their ancestors, block by block, so that its cost does not grow with the whole trie.

Nodes that follow each other in a trie share most of their ancestors. BLOCK of them are taken together and look
only at the nodes that one of them descends from, and at each other.
"""

from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.nn.functional import pad, scaled_dot_product_attention

from audit.models.scoring.attention import attending, refuse_what_changes_attention

BLOCK = 64
NAME = "assay-trie"


@dataclass(frozen=True, slots=True)
class Blocks:
    """``keys`` (blocks, width): the nodes that a block looks at, filled up with node 0.

    ``mask`` (blocks, BLOCK, width): 0 where a node may look, the lowest number elsewhere.
    """

    keys: torch.Tensor
    mask: torch.Tensor
    _for_groups: dict[int, torch.Tensor] = field(default_factory=dict)

    def mask_for(self, group: int) -> torch.Tensor:
        """The mask where ``group`` query heads are laid below each other; (blocks, 1, group * BLOCK, width)."""
        if group not in self._for_groups:
            self._for_groups[group] = self.mask.repeat(1, group, 1)[:, None]
        return self._for_groups[group]


_current: ContextVar[Blocks] = ContextVar("blocks")


def blocks_of(sees: torch.Tensor, weights: torch.Tensor) -> Blocks:
    """The blocks of a trie whose nodes (rows) may look at the nodes (columns) where ``sees`` is true.

    Of the type of ``weights``, and where they are.
    """
    rows = torch.split(sees, BLOCK)
    looked_at = [part.any(0).nonzero()[:, 0] for part in rows]
    width = max(map(len, looked_at))
    keys = torch.zeros((len(rows), width), dtype=torch.long)
    mask = torch.full((len(rows), BLOCK, width), torch.finfo(weights.dtype).min, dtype=weights.dtype)
    for block, (part, nodes) in enumerate(zip(rows, looked_at, strict=True)):
        keys[block, : len(nodes)] = nodes
        mask[block, : len(part), : len(nodes)].masked_fill_(part[:, nodes], 0.0)
    return Blocks(keys.to(weights.device), mask.to(weights.device))


def attending_by_blocks(model: Any, blocks: Blocks) -> AbstractContextManager[None]:
    """Within, the model's layers attend by ``blocks``."""
    return attending(model, NAME, attend, _current, blocks)


def attend(
    module: Any,  # noqa: ARG001 - the form that transformers asks for
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: Any,  # noqa: ARG001 - what the nodes may look at is in the blocks
    scaling: float | None = None,
    dropout: float = 0.0,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    """Attention of one row of nodes; ``query`` (1, heads, nodes, size), ``key`` and ``value`` with fewer heads."""
    refuse_what_changes_attention(dropout, others)
    blocks = _current.get()
    _, heads, nodes, size = query.shape
    count, width = blocks.keys.shape
    own = key.shape[1]
    group = heads // own  # query heads that share a key head are laid below each other
    rows = pad(query[0], (0, 0, 0, count * BLOCK - nodes)).view(own, group, count, BLOCK, size)
    looked_at = blocks.keys.flatten()

    def taken(of: torch.Tensor) -> torch.Tensor:
        return of[0].index_select(1, looked_at).view(own, count, width, of.shape[-1]).transpose(0, 1)

    seen = scaled_dot_product_attention(
        rows.permute(2, 0, 1, 3, 4).reshape(count, own, group * BLOCK, size),
        taken(key),
        taken(value),
        attn_mask=blocks.mask_for(group),
        scale=scaling,
    )
    back = seen.view(count, own, group, BLOCK, -1).permute(0, 3, 1, 2, 4)
    return back.reshape(1, count * BLOCK, heads, -1)[:, :nodes], None
