"""Log-probabilities of tokens from the states that predict them."""

from collections.abc import Sequence
from typing import Any

import torch

from audit.models.scoring.head import logits_in_parts
from audit.models.scoring.normaliser import log_normaliser
from audit.models.scoring.output_layer import logits_by_words, states_at_output_layer

STATES = 1024
"""States whose logits are computed together."""


def token_log_probabilities(
    model: Any, states: torch.Tensor, rows: Sequence[int], tokens: Sequence[int]
) -> torch.Tensor:
    """Log-probability of ``tokens[i]`` as predicted by ``states[rows[i]]``; nats; float64 (len(rows),).

    NaN for a token that the output layer has no word for.
    """
    of_row = torch.tensor(rows, device=states.device)
    token = torch.tensor(tokens, device=states.device)
    scores = torch.full((len(rows),), torch.nan, dtype=torch.float64)
    for start in range(0, len(states), STATES):
        part = states[start : start + STATES]
        here = ((of_row >= start) & (of_row < start + len(part))).nonzero()[:, 0]
        scores[here.cpu()] = _of_part(model, part, of_row[here] - start, token[here]).cpu()
    return scores


def _of_part(model: Any, states: torch.Tensor, rows: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    reached = states_at_output_layer(model, states)
    if reached is None:
        return _by_whole_head(model, states, rows, tokens)
    return _by_words(model.get_output_embeddings(), reached, rows, tokens)


def _by_words(
    layer: torch.nn.Linear, states: torch.Tensor, rows: torch.Tensor, tokens: torch.Tensor
) -> torch.Tensor:
    chosen = torch.full((len(rows),), torch.nan, dtype=torch.float64, device=states.device)
    normalisers = []
    for first, logits in logits_by_words(layer, states):
        here = ((tokens >= first) & (tokens < first + logits.shape[1])).nonzero()[:, 0]
        chosen[here] = logits[rows[here], tokens[here] - first].double()
        normalisers.append(log_normaliser(logits))
    return chosen - torch.stack(normalisers).logsumexp(0)[rows]


def _by_whole_head(model: Any, states: torch.Tensor, rows: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
    chosen = torch.empty(len(rows), dtype=torch.float64, device=states.device)
    start = 0
    for logits in logits_in_parts(model, states):
        here = ((rows >= start) & (rows < start + len(logits))).nonzero()[:, 0]
        local = rows[here] - start
        chosen[here] = logits[local, tokens[here]].double() - log_normaliser(logits)[local]
        start += len(logits)
    return chosen
