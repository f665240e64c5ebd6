"""Scoring in padded batches: works for every causal language model."""

from collections.abc import Sequence
from typing import Any

import torch

from audit.models.scoring.encode import Encoded


def window(model: Any) -> int:
    """The longest text the model takes; tokens."""
    config = model.config.get_text_config()
    return int(getattr(config, "max_position_embeddings", 0) or getattr(config, "n_positions", 0) or 1 << 30)


@torch.inference_mode()
def score_padded(model: Any, batch: Sequence[Encoded]) -> list[float | None]:
    """Sum of the log-probabilities of each request's target tokens, nats; None where it cannot be scored."""
    fitting = [e for e in batch if e.targets and len(e.ids) <= window(model)]
    scores = iter(_score(model, fitting) if fitting else [])
    return [next(scores) if e.targets and len(e.ids) <= window(model) else None for e in batch]


def _score(model: Any, batch: Sequence[Encoded]) -> list[float]:
    longest = max(len(e.ids) for e in batch)
    ids = torch.zeros((len(batch), longest), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, encoded in enumerate(batch):
        ids[row, : len(encoded.ids)] = torch.tensor(encoded.ids)
        mask[row, : len(encoded.ids)] = 1
    device = next(model.parameters()).device
    ids = ids.to(device)
    logits = model(input_ids=ids, attention_mask=mask.to(device), use_cache=False).logits
    scores = []
    for row, encoded in enumerate(batch):
        end = len(encoded.ids)
        targets = ids[row, end - encoded.targets : end]
        of_targets = torch.log_softmax(logits[row, end - encoded.targets - 1 : end - 1].float(), dim=-1)
        scores.append(float(of_targets.gather(1, targets[:, None]).double().sum()))
    return scores
