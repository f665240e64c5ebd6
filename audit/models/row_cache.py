"""Keys and values of answers in the making, one row an answer, in memory that is allocated once.

The library's own cache is copied whole at every token, and repeats the keys that several query heads share.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface
from transformers.cache_utils import Cache, CacheLayerMixin

from audit.models.scoring.blocks import refuse_what_changes_attention

NAME = "assay-rows"


class RowLayer(CacheLayerMixin):  # type: ignore[no-untyped-call]
    """One layer's keys and values; (rows, heads, length, size), of which the first ``length`` are in use."""

    is_sliding = False

    keys: torch.Tensor
    values: torch.Tensor

    def __init__(self, keys: torch.Tensor, values: torch.Tensor, length: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.keys, self.values, self.length = keys, values, length
        self.is_initialized = True

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Nothing: the memory is there from the start."""

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write the newest tokens' keys and values behind the others; all that are in use."""
        end = self.length + key_states.shape[-2]
        self.keys[:, :, self.length : end] = key_states
        self.values[:, :, self.length : end] = value_states
        self.length = end
        return self.keys[:, :, :end], self.values[:, :, :end]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Length and offset of what a query sees."""
        return self.length + query_length, 0

    def get_seq_length(self) -> int:
        """Tokens in use."""
        return self.length

    def get_max_length(self) -> int:
        """Tokens there is room for."""
        return int(self.keys.shape[-2])

    def keep(self, rows: torch.Tensor) -> None:
        """Let go of all other rows."""
        self.keys, self.values = self.keys[rows], self.values[rows]


class RowCache(Cache):
    """The rows of all layers: ``count`` of them, for prompts of ``longest`` tokens and ``room`` tokens more."""

    def __init__(self, count: int, longest: int, room: int) -> None:
        self._count, self._longest, self._room = count, longest, room
        self._rows: list[RowLayer] = []
        super().__init__(layers=self._rows)  # type: ignore[arg-type]

    def fill(self, rows: Sequence[int], nodes: Any, paths: Sequence[Sequence[int]]) -> None:
        """Take the keys and values of trie nodes (``nodes``, a cache) into ``rows``, along one path each.

        The ends of paths are aligned; shorter ones begin with node 0, which nothing may look at.
        """
        index = torch.tensor([[0] * (self._longest - len(path)) + list(path) for path in paths])
        if not self._rows:
            self._rows += [self._layer(layer) for layer in nodes.layers]
        for layer, own in zip(nodes.layers, self._rows, strict=True):
            for new, memory in ((layer.keys, own.keys), (layer.values, own.values)):
                memory[torch.tensor(rows), :, : self._longest] = new[0][:, index.to(new.device)].transpose(0, 1)

    def _layer(self, nodes: Any) -> RowLayer:
        def memory(of: torch.Tensor) -> torch.Tensor:
            return of.new_zeros((self._count, of.shape[1], self._longest + self._room, of.shape[-1]))

        return RowLayer(memory(nodes.keys), memory(nodes.values), self._longest)

    def keep(self, rows: torch.Tensor) -> None:
        """Let go of all other rows."""
        for layer in self._rows:
            layer.keep(rows)


@contextmanager
def attending_by_rows(model: Any) -> Iterator[None]:
    """Within, the model's layers attend with ``attend``."""
    AttentionInterface.register(NAME, attend)
    before = model.config._attn_implementation
    model.config._attn_implementation = NAME
    try:
        yield
    finally:
        model.config._attn_implementation = before


def attend(
    module: Any,  # noqa: ARG001 - the form that transformers asks for
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor,
    scaling: float | None = None,
    dropout: float = 0.0,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    """Attention of one new token a row: ``query`` (rows, heads, 1, size), ``attention_mask`` (rows, 1, 1, length).

    Query heads that share a key head are laid below each other, so that keys are read once.
    """
    refuse_what_changes_attention(dropout, others)
    rows, heads, _, size = query.shape
    own = key.shape[1]
    grouped = query.reshape(rows, own, heads // own, size)
    seen = scaled_dot_product_attention(grouped, key, value, attn_mask=attention_mask, scale=scaling)
    return seen.reshape(rows, 1, heads, -1), None
