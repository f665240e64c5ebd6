"""Keys and values of answers in the making, one row an answer, in memory that is allocated once.

The library's own cache is copied whole at every token, repeats the keys that several query heads share, keeps what
prompts begin with once for each of them, and is padded to the longest of all.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers.cache_utils import Cache, CacheLayerMixin

from audit.models.row_groups import RowGroup
from audit.models.scoring.attention import attending, refuse_what_changes_attention

NAME = "assay-rows"


@dataclass(slots=True)
class Memory:
    """Keys or values of a group in one layer.

    ``shared`` (heads, shared tokens, size): of what its prompts begin with.
    ``own`` (rows, heads, tokens, size): of the rests, whose ends are aligned, and of the answers behind them.
    """

    shared: torch.Tensor
    own: torch.Tensor


class RowLayer(CacheLayerMixin):  # type: ignore[no-untyped-call]
    """One layer's keys and values, group by group; of each group's own tokens the first ``lengths`` are in use."""

    is_sliding = False

    def __init__(self, keys: list[Memory], values: list[Memory], lengths: list[int]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.groups, self.lengths = list(zip(keys, values, strict=True)), lengths
        self.is_initialized = True
        self.attended = True

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Nothing: the memory is there from the start."""

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write each row's newest token behind its others; gives back that token alone, ``seen`` looks at all."""
        self.attended = False
        sizes = [len(keys.own) for keys, _ in self.groups]
        news = zip(torch.split(key_states, sizes), torch.split(value_states, sizes), strict=True)
        for (keys, values), (key, value), length in zip(self.groups, news, self.lengths, strict=True):
            keys.own[:, :, length] = key[:, :, 0]
            values.own[:, :, length] = value[:, :, 0]
        self.lengths = [length + 1 for length in self.lengths]
        return key_states, value_states

    def seen(self, query: torch.Tensor, blind: Sequence[torch.Tensor], scaling: float) -> torch.Tensor:
        """What each row's newest token takes from its own tokens and those before: (rows, key heads, group, size).

        ``query`` is of the same shape; the query heads that share a key head are laid below each other.
        """
        self.attended = True
        parts = torch.split(query, [len(keys.own) for keys, _ in self.groups])
        return torch.cat(
            [
                _seen_by_group(part, keys, values, mask[..., :length], scaling)
                for part, (keys, values), mask, length in zip(parts, self.groups, blind, self.lengths, strict=True)
            ]
        )

    def keep(self, kept: Sequence[torch.Tensor]) -> None:
        """Let go of all but the ``kept`` rows of each group, and of groups without any."""
        for (keys, values), rows in zip(self.groups, kept, strict=True):
            keys.own, values.own = keys.own[rows], values.own[rows]
        left = [number for number, rows in enumerate(kept) if len(rows)]
        self.groups, self.lengths = [self.groups[n] for n in left], [self.lengths[n] for n in left]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Length and offset of what a query sees."""
        return self.get_seq_length() + query_length, 0

    def get_seq_length(self) -> int:
        """Tokens of the longest row."""
        return max(
            keys.shared.shape[1] + length for (keys, _), length in zip(self.groups, self.lengths, strict=True)
        )

    def get_max_length(self) -> int:
        """Tokens there is room for in the longest row."""
        return max(keys.shared.shape[1] + keys.own.shape[2] for keys, _ in self.groups)


def _seen_by_group(
    query: torch.Tensor, keys: Memory, values: Memory, blind: torch.Tensor, scaling: float
) -> torch.Tensor:
    """See RowLayer.seen. What is shared is read once, for the queries of all rows below each other."""
    length = blind.shape[-1]
    own_keys, own_values = keys.own[:, :, :length], values.own[:, :, :length]
    shared = keys.shared.shape[1]
    if not shared:
        return scaled_dot_product_attention(query, own_keys, own_values, attn_mask=blind, scale=scaling)
    rows, heads, group, size = query.shape
    below = query.transpose(0, 1).reshape(heads, rows * group, size)
    at_shared = (below @ keys.shared.transpose(1, 2)).view(heads, rows, group, shared).transpose(0, 1)
    at_own = query @ own_keys.transpose(2, 3)
    looking = torch.cat([at_shared * scaling, at_own * scaling + blind], dim=-1)
    shares = torch.softmax(looking, dim=-1, dtype=torch.float32).to(query.dtype)
    below = shares[..., :shared].transpose(0, 1).reshape(heads, rows * group, shared)
    from_shared = (below @ values.shared).view(heads, rows, group, -1).transpose(0, 1)
    return from_shared + shares[..., shared:] @ own_values


class RowCache(Cache):
    """The rows of all layers, group after group, with room for ``room`` tokens more in each."""

    def __init__(self, prompts: Sequence[Sequence[int]], groups: Sequence[RowGroup], room: int) -> None:
        self._groups, self._room = groups, room
        self.rows = [row for group in groups for row in group.rows]
        """Numbers of the prompts, in the order of the rows."""
        self._lengths = [[len(prompts[row]) - group.shared for row in group.rows] for group in groups]
        self._layers: list[RowLayer] = []
        super().__init__(layers=self._layers)  # type: ignore[arg-type]

    def fill(self, rows: Sequence[int], nodes: Any, paths: Sequence[Sequence[int]]) -> None:
        """Take keys and values of trie nodes (``nodes``, a cache) for these ``rows``, along one path each."""
        path_of = dict(zip(rows, paths, strict=True))
        if not self._layers:
            self._layers += [self._layer(layer) for layer in nodes.layers]
            states = nodes.layers[0].keys
            self.blind = [
                self._blind(lengths, group, states)
                for lengths, group in zip(self._lengths, self._groups, strict=True)
            ]
        for number, group in enumerate(self._groups):
            here = [place for place, row in enumerate(group.rows) if row in path_of]
            if not here:
                continue
            taken = [path_of[group.rows[place]] for place in here]
            rests = [path[group.shared :] for path in taken]
            shared = torch.tensor(taken[0][: group.shared], dtype=torch.long)
            own = torch.tensor(
                [[0] * (group.longest - len(rest)) + list(rest) for rest in rests], dtype=torch.long
            )
            for layer, mine in zip(nodes.layers, self._layers, strict=True):
                for new, memory in zip((layer.keys, layer.values), mine.groups[number], strict=True):
                    memory.shared.copy_(new[0][:, shared.to(new.device)])
                    memory.own[torch.tensor(here), :, : group.longest] = new[0][:, own.to(new.device)].transpose(
                        0, 1
                    )

    def _layer(self, nodes: Any) -> RowLayer:
        def memories(of: torch.Tensor) -> list[Memory]:
            _, heads, _, size = of.shape
            return [
                Memory(
                    of.new_empty((heads, group.shared, size)),
                    of.new_empty((len(group.rows), heads, group.longest + self._room, size)),
                )
                for group in self._groups
            ]

        return RowLayer(memories(nodes.keys), memories(nodes.values), [group.longest for group in self._groups])

    def _blind(self, lengths: Sequence[int], group: RowGroup, states: torch.Tensor) -> torch.Tensor:
        """What rows must not look at, the padding before their rest: (rows, 1, 1, longest + room)."""
        places = torch.arange(group.longest + self._room, device=states.device)
        padding = group.longest - torch.tensor(lengths, device=states.device)
        blind = torch.zeros((len(lengths), len(places)), dtype=states.dtype, device=states.device)
        blind.masked_fill_(places < padding[:, None], torch.finfo(states.dtype).min)
        return blind[:, None, None]

    def refuse_unattended(self) -> None:
        """NotImplementedError when a layer attended in a way of its own, which sees the newest token only."""
        if not all(layer.attended for layer in self._layers):
            raise NotImplementedError("this architecture does not attend by the library's interface")

    def keep(self, rows: torch.Tensor) -> None:
        """Let go of all rows but these (by their present place, ascending)."""
        kept, start = [], 0
        for blind in self.blind:
            kept.append(rows[(rows >= start) & (rows < start + len(blind))] - start)
            start += len(blind)
        for layer in self._layers:
            layer.keep(kept)
        self.blind = [blind[rows] for blind, rows in zip(self.blind, kept, strict=True) if len(rows)]


_current: ContextVar[RowCache] = ContextVar("rows")


def attending_by_rows(model: Any, cache: RowCache) -> AbstractContextManager[None]:
    """Within, the model's layers attend by the rows of ``cache``."""
    return attending(model, NAME, attend, _current, cache)


def attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,  # noqa: ARG001 - the form that transformers asks for
    attention_mask: Any,  # noqa: ARG001 - what rows must not look at is in the cache
    scaling: float | None = None,
    dropout: float = 0.0,
    **others: Any,
) -> tuple[torch.Tensor, None]:
    """Attention of one new token a row: ``query`` (rows, heads, 1, size), ``key`` with as many heads or fewer."""
    refuse_what_changes_attention(dropout, others)
    cache = _current.get()
    layer: Any = cache.layers[module.layer_idx]
    rows, heads, _, size = query.shape
    grouped = query.reshape(rows, key.shape[1], heads // key.shape[1], size)
    seen = layer.seen(grouped, cache.blind, size**-0.5 if scaling is None else scaling)
    return seen.reshape(rows, 1, heads, -1), None
