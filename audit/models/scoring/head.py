"""The output head of a model applied to chosen states only, in parts that stay in fast memory."""

from collections.abc import Iterator
from typing import Any

import torch
from transformers.modeling_outputs import BaseModelOutputWithPastAndCrossAttentions

BYTES = 25_000_000
"""Logits computed at once. Above about 32 MB the C library maps new memory for each part, at twice the time."""


class Given(torch.nn.Module):
    """Stands where a model has its body and gives back states that were computed before."""

    def __init__(self, states: torch.Tensor) -> None:
        super().__init__()
        self._states = states

    def forward(self, *_: Any, **__: Any) -> BaseModelOutputWithPastAndCrossAttentions:
        """The states, in the form that heads expect."""
        return BaseModelOutputWithPastAndCrossAttentions(last_hidden_state=self._states)


def body_of(model: Any) -> Any:
    """The model without its head."""
    return getattr(model, model.base_model_prefix)


def apply_head(model: Any, states: torch.Tensor) -> torch.Tensor:
    """Logits for ``states`` of shape (n, hidden): the model's own forward pass with its body already done.

    Where a model looks into its body, its output layer alone is applied. Whoever relies on either compares first.
    """
    try:
        return _with_given_body(model, states)
    except AttributeError:
        logits: torch.Tensor = model.get_output_embeddings()(states)
        return logits


def _with_given_body(model: Any, states: torch.Tensor) -> torch.Tensor:
    body = body_of(model)
    setattr(model, model.base_model_prefix, Given(states[:, None]))
    try:
        dummy = torch.zeros((len(states), 1), dtype=torch.long, device=states.device)
        logits: torch.Tensor = model(input_ids=dummy).logits[:, 0]
    finally:
        setattr(model, model.base_model_prefix, body)
    return logits


def logits_in_parts(model: Any, states: torch.Tensor) -> Iterator[torch.Tensor]:
    """Logits of consecutive parts of ``states``; each (rows, words)."""
    words = model.get_output_embeddings().weight.shape[0]
    for part in torch.split(states, max(1, BYTES // (words * states.element_size()))):
        yield apply_head(model, part)
