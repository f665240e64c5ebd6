"""Scoring in padded batches: works for every causal language model."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from audit.models.scoring.encode import Encoded
from audit.models.scoring.normaliser import log_normaliser

TOKENS = 1024
"""Padded tokens in one forward pass; more does not go faster on a CPU."""


def window(model: Any) -> int:
    """The longest text the model takes; tokens."""
    config = model.config.get_text_config()
    return int(getattr(config, "max_position_embeddings", 0) or getattr(config, "n_positions", 0) or 1 << 30)


def fits(model: Any, encoded: Encoded) -> bool:
    """Whether a request fits the model's window."""
    return len(encoded.ids) <= window(model)


def padded_batches(requests: Sequence[Encoded], tokens: int = TOKENS) -> Iterator[list[int]]:
    """Indices of ``requests``, longest first, in lists that hold at most ``tokens`` tokens when padded."""
    order = sorted(range(len(requests)), key=lambda i: (-len(requests[i].ids), requests[i].ids))
    batch: list[int] = []
    for index in order:
        if batch and len(requests[batch[0]].ids) * (len(batch) + 1) > tokens:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


@torch.inference_mode()
def score_padded(model: Any, batch: Sequence[Encoded]) -> list[float]:
    """Sum of the log-probabilities of each request's target tokens; nats. Every request has a target and fits."""
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
        of_vocabulary = logits[row, end - encoded.targets - 1 : end - 1]
        of_targets = of_vocabulary.gather(1, targets[:, None])[:, 0].double()
        scores.append(float((of_targets - log_normaliser(of_vocabulary)).sum()))
    return scores
