"""Pseudo-log-likelihoods: the masked copies of all texts together, the head only where something is masked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from audit.models.scoring.head import apply_head, body_of
from audit.models.scoring.normaliser import log_normaliser


@dataclass(frozen=True, slots=True)
class Copy:
    """One text (by its number) with the token at ``place`` masked."""

    text: int
    place: int


def score_masked(
    model: Any,
    texts: Sequence[Sequence[int]],
    special: frozenset[int],
    mask_token: int,
    *,
    head_only: bool,
    at_once: int = 1024,
) -> list[float]:
    """Sum over the tokens of each text of the log-probability of the token when it is masked; nats.

    ``texts`` are token ids; ``special`` tokens are neither masked nor scored. ``at_once`` padded tokens
    go through the model together.
    """
    copies = [Copy(n, i) for n, ids in enumerate(texts) for i, token in enumerate(ids) if token not in special]
    totals = [0.0] * len(texts)
    for batch in masked_batches(copies, texts, at_once):
        for copy, score in zip(batch, _log_probabilities(model, texts, batch, mask_token, head_only), strict=True):
            totals[copy.text] += score
    return totals


def masked_batches(copies: Sequence[Copy], texts: Sequence[Sequence[int]], at_once: int) -> Iterator[list[Copy]]:
    """Copies, longest text first, in lists of at most ``at_once`` padded tokens."""
    batch: list[Copy] = []
    for copy in sorted(copies, key=lambda copy: (-len(texts[copy.text]), copy.text, copy.place)):
        if batch and len(texts[batch[0].text]) * (len(batch) + 1) > at_once:
            yield batch
            batch = []
        batch.append(copy)
    if batch:
        yield batch


@torch.inference_mode()
def _log_probabilities(
    model: Any, texts: Sequence[Sequence[int]], batch: Sequence[Copy], mask_token: int, head_only: bool
) -> list[float]:
    device = next(model.parameters()).device
    longest = max(len(texts[copy.text]) for copy in batch)
    ids = torch.full((len(batch), longest), mask_token)
    attention = torch.zeros_like(ids)
    for row, copy in enumerate(batch):
        tokens = texts[copy.text]
        ids[row, : len(tokens)] = torch.tensor(tokens)
        ids[row, copy.place] = mask_token
        attention[row, : len(tokens)] = 1
    rows, places = torch.arange(len(batch)), torch.tensor([copy.place for copy in batch])
    targets = torch.tensor([texts[copy.text][copy.place] for copy in batch])
    inputs = {"input_ids": ids.to(device), "attention_mask": attention.to(device)}
    if head_only:
        states = body_of(model)(**inputs)[0][rows, places]
        of_vocabulary = apply_head(model, states)
    else:
        of_vocabulary = model(**inputs).logits[rows, places]
    chosen = of_vocabulary[rows, targets].double() - log_normaliser(of_vocabulary)
    return [float(score) for score in chosen]


def head_can_be_applied_alone(model: Any, tokens: Sequence[int], special: frozenset[int], mask_token: int) -> bool:
    """Whether scoring a text with the head alone gives what the whole model gives (within 1e-3 nats)."""
    try:
        (alone,) = score_masked(model, [tokens], special, mask_token, head_only=True)
    except (AttributeError, TypeError, RuntimeError, IndexError, KeyError, ValueError):
        return False  # an architecture whose forward pass wants more of its body than its states
    (whole,) = score_masked(model, [tokens], special, mask_token, head_only=False)
    return abs(alone - whole) <= 1e-3
