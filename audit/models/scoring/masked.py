"""Pseudo-log-likelihoods: masked copies of all texts together, the model's end only where something is masked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import chain
from typing import Any

import torch

from audit.models.scoring.head import body_of
from audit.models.scoring.last_layer import looking_mask, one_token_a_text
from audit.models.scoring.normaliser import log_normaliser
from audit.models.scoring.token_scores import token_log_probabilities


class Reach(StrEnum):
    """What is computed for masked tokens only."""

    LAST_LAYER = "last layer and head on masked tokens"
    HEAD = "head on masked tokens"
    NOTHING = "all of the model on all tokens"


@dataclass(frozen=True, slots=True)
class Copy:
    """A text's tokens with the one at ``place`` masked; two texts that differ only there share it."""

    tokens: tuple[int, ...]
    place: int


Hidden = Mapping[Copy, Sequence[tuple[int, int]]]
"""For each copy the texts (by number) that it is of, and the token that it hides in each."""


def score_masked(
    model: Any,
    texts: Sequence[Sequence[int]],
    special: frozenset[int],
    mask_token: int,
    *,
    reach: Reach,
    at_once: int = 1024,
    places: Sequence[Sequence[int]] | None = None,
) -> list[float]:
    """Sum over the tokens of each text of the log-probability of the token when it is masked; nats.

    ``texts`` are token ids; ``special`` tokens are neither masked nor scored, nor are those that are not at
    ``places`` of a text, where they are given. ``at_once`` padded tokens go through the model together.
    """
    wanted = places or [range(len(tokens)) for tokens in texts]
    hidden = masked_copies(texts, wanted, special, mask_token)
    batches = list(masked_batches(list(hidden), at_once))
    asked = [(row, *of) for row, copy in enumerate(chain(*batches)) for of in hidden[copy]]
    scores = _log_probabilities(model, batches, [row for row, _, _ in asked], [of[2] for of in asked], reach)
    totals = [0.0] * len(texts)
    for (_, text, _), score in zip(asked, scores, strict=True):
        totals[text] += score
    return totals


def masked_copies(
    texts: Sequence[Sequence[int]], places: Sequence[Sequence[int]], special: frozenset[int], mask_token: int
) -> Hidden:
    """The distinct copies of all texts, masked at one of the text's ``places`` that holds no special token."""
    hidden: dict[Copy, list[tuple[int, int]]] = {}
    for number, tokens in enumerate(texts):
        for place in places[number]:
            if tokens[place] not in special:
                copy = Copy((*tokens[:place], mask_token, *tokens[place + 1 :]), place)
                hidden.setdefault(copy, []).append((number, tokens[place]))
    return hidden


def shared_places(first: Sequence[int], second: Sequence[int]) -> tuple[list[int], list[int]]:
    """Where two texts have the same tokens: the matching blocks of Nangia et al. 2020 (difflib)."""
    blocks = SequenceMatcher(None, first, second).get_matching_blocks()
    return (
        [block.a + i for block in blocks for i in range(block.size)],
        [block.b + i for block in blocks for i in range(block.size)],
    )


def masked_batches(copies: Sequence[Copy], at_once: int) -> Iterator[list[Copy]]:
    """Copies, longest first, in lists of at most ``at_once`` padded tokens."""
    batch: list[Copy] = []
    for copy in sorted(copies, key=lambda copy: -len(copy.tokens)):
        if batch and len(batch[0].tokens) * (len(batch) + 1) > at_once:
            yield batch
            batch = []
        batch.append(copy)
    if batch:
        yield batch


@torch.inference_mode()
def _log_probabilities(
    model: Any, batches: Sequence[Sequence[Copy]], rows: Sequence[int], tokens: Sequence[int], reach: Reach
) -> list[float]:
    """Log-probability of ``tokens[i]`` where copy ``rows[i]`` of all batches is masked; nats."""
    if not batches:
        return []
    if reach is Reach.NOTHING:
        logits = torch.cat([_at_places(model(**_inputs(model, batch)).logits, batch) for batch in batches])
        scores = logits[list(rows), list(tokens)].double() - log_normaliser(logits)[list(rows)]
    else:
        states = torch.cat([_states(model, batch, reach) for batch in batches])
        scores = token_log_probabilities(model, states, rows, tokens)
    return [float(score) for score in scores]


def _states(model: Any, batch: Sequence[Copy], reach: Reach) -> torch.Tensor:
    """States before the head, of the masked tokens; (len(batch), hidden)."""
    inputs = _inputs(model, batch)
    if reach is Reach.HEAD:
        return _at_places(body_of(model)(**inputs)[0], batch)
    with one_token_a_text(model, torch.tensor([copy.place for copy in batch], device=inputs["input_ids"].device)):
        mask = looking_mask(inputs["attention_mask"], next(model.parameters()).dtype)
        states: torch.Tensor = body_of(model)(**{**inputs, "attention_mask": mask})[0][:, 0]
    return states


def _inputs(model: Any, batch: Sequence[Copy]) -> dict[str, torch.Tensor]:
    device = next(model.parameters()).device
    longest = max(len(copy.tokens) for copy in batch)
    ids = torch.tensor([[*copy.tokens, *[0] * (longest - len(copy.tokens))] for copy in batch], device=device)
    lengths = torch.tensor([len(copy.tokens) for copy in batch], device=device)
    return {
        "input_ids": ids,
        "attention_mask": (torch.arange(longest, device=device) < lengths[:, None]).long(),
    }


def _at_places(of_tokens: torch.Tensor, batch: Sequence[Copy]) -> torch.Tensor:
    return of_tokens[torch.arange(len(batch)), [copy.place for copy in batch]]


def choose_reach(model: Any, texts: Sequence[Sequence[int]], special: frozenset[int], mask_token: int) -> Reach:
    """The least that has to be computed for all tokens, such that no score of ``texts`` moves by 1e-3 nats."""
    whole = score_masked(model, texts, special, mask_token, reach=Reach.NOTHING)
    for reach in (Reach.LAST_LAYER, Reach.HEAD):
        try:
            scores = score_masked(model, texts, special, mask_token, reach=reach)
        except (AttributeError, TypeError, RuntimeError, IndexError, KeyError, ValueError):
            continue  # an architecture that is built in another way
        if all(abs(a - b) <= 1e-3 for a, b in zip(scores, whole, strict=True)):
            return reach
    return Reach.NOTHING
