"""Texts to one padded batch for models that read a text whole."""

from collections.abc import Sequence
from typing import Any

import torch


def padded(tokenizer: Any, texts: Sequence[str], device: Any, longest: int) -> dict[str, torch.Tensor]:
    """Input tensors for ``texts``, padded on the right, cut at ``longest`` tokens (callers refuse longer ones)."""
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    batch = tokenizer(
        list(texts), padding=True, padding_side="right", truncation=True, max_length=longest, return_tensors="pt"
    )
    return {name: tensor.to(device) for name, tensor in batch.items()}
