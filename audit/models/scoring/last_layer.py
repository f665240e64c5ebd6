"""The last layer of a BERT and its kin computed for one token of each text only, where nothing else is looked at.

Keys and values need every token; queries, the feed-forward part and what comes after need the one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention

from audit.models.scoring.head import body_of


@contextmanager
def one_token_a_text(model: Any, places: torch.Tensor) -> Iterator[None]:
    """Within, the model's states are (texts, 1, hidden): those at ``places`` (texts,).

    Raises AttributeError, IndexError or TypeError for a model that is not built like BERT.
    """
    attention = body_of(model).encoder.layer[-1].attention
    rows = torch.arange(len(places), device=places.device)

    def at_places(states: torch.Tensor) -> torch.Tensor:
        return states[rows, places][:, None]

    def attend(states: torch.Tensor, attention_mask: Any = None, *_: Any, **__: Any) -> tuple[torch.Tensor, None]:
        own = attention.self
        size = own.attention_head_size

        def heads(of: torch.Tensor) -> torch.Tensor:
            return of.view(*of.shape[:2], -1, size).transpose(1, 2)

        seen = scaled_dot_product_attention(
            heads(own.query(at_places(states))),
            heads(own.key(states)),
            heads(own.value(states)),
            attn_mask=attention_mask,
            scale=own.scaling,
        )
        return seen.transpose(1, 2).flatten(-2), None

    def shorten(_module: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return (inputs[0], at_places(inputs[1]))

    hook = attention.output.register_forward_pre_hook(shorten)
    attention.self.forward = attend
    try:
        yield
    finally:
        del attention.self.forward
        hook.remove()


def looking_mask(attention: torch.Tensor, dtype: torch.dtype) -> torch.Tensor | None:
    """What texts may look at, from 1 for tokens and 0 for padding: (texts, 1, 1, tokens); None: everything."""
    if bool(attention.all()):
        return None
    mask = torch.zeros(attention.shape, dtype=dtype, device=attention.device)
    return mask.masked_fill(attention == 0, torch.finfo(dtype).min)[:, None, None]
