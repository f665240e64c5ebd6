"""Scoring with shared prefixes: what many texts begin with goes through the model once.

The nodes of a batch's trie are laid out in one row; each attends to its ancestors only and carries its depth as
its position, so that one forward pass gives every node the state that it would have in its own text. The output
head is applied only to nodes that predict a scored token.
"""

from collections.abc import Sequence
from typing import Any, Literal

import torch

from audit.models.scoring.blocks import attending_by_blocks, blocks_of
from audit.models.scoring.encode import Encoded
from audit.models.scoring.head import body_of
from audit.models.scoring.token_scores import token_log_probabilities
from audit.models.scoring.trie import Trie, read_by_model

Attention = Literal["blocks", "mask"]


@torch.inference_mode()
def score_shared(model: Any, batch: Sequence[Encoded], attention: Attention) -> list[float]:
    """Sum of the log-probabilities of each request's target tokens; nats. Every request has a target and fits."""
    trie = Trie()
    paths = [trie.insert(ids) for ids in read_by_model(batch)]
    wanted = [node for e, path in zip(batch, paths, strict=True) for node in path[-e.targets :]]
    predicting = sorted(set(wanted))
    row_of = {node: row for row, node in enumerate(predicting)}
    states = states_of(model, trie, attention)[torch.tensor(predicting)]
    tokens = [token for e in batch for token in e.ids[-e.targets :]]
    scores = token_log_probabilities(model, states, [row_of[node] for node in wanted], tokens)
    return [float(part.sum()) for part in torch.split(scores, [e.targets for e in batch])]


def states_of(model: Any, trie: Trie, attention: Attention, cache: Any = None) -> torch.Tensor:
    """The state of every node before the output head; (nodes, hidden). ``cache`` keeps keys and values."""
    weights = next(model.parameters())
    inputs = {
        "input_ids": torch.tensor([trie.tokens], device=weights.device),
        "position_ids": torch.tensor([trie.depths], device=weights.device),
        "past_key_values": cache,
        "use_cache": cache is not None,
    }
    sees = trie.ancestors()
    if attention == "mask":
        return _states(model, attention_mask=dense_mask(sees, weights.dtype).to(weights.device), **inputs)
    with attending_by_blocks(model, blocks_of(sees, weights)):
        # a mask of four dimensions is passed on as it is, and the blocks do not look at it
        return _states(model, attention_mask=weights.new_zeros((1, 1, 1, 1)), **inputs)


def _states(model: Any, **inputs: Any) -> torch.Tensor:
    states: torch.Tensor = body_of(model)(**inputs).last_hidden_state[0]
    return states


def dense_mask(sees: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """0 where a node may look, the lowest number elsewhere; (1, 1, nodes, nodes)."""
    mask = torch.full(sees.shape, torch.finfo(dtype).min, dtype=dtype)
    return mask.masked_fill(sees, 0.0)[None, None]
