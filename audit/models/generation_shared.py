"""Answers in batches whose prompts go through the model as one trie: what prompts begin with is read once."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

from audit.models.generation import choose_tokens, end_tokens, generate_tokens
from audit.models.row_cache import RowCache, attending_by_rows
from audit.models.row_groups import GROUP_COST, row_groups
from audit.models.scoring.head import body_of, logits_in_parts
from audit.models.scoring.shared import Attention, states_of
from audit.models.scoring.trie import NODES, Trie, trie_batches

KEPT_FINISHED = 0.25
"""Share of finished answers from which on a batch is worth being copied without them."""


@torch.inference_mode()
def generate_shared(
    model: Any,
    prompts: Sequence[Sequence[int]],
    max_new_tokens: int,
    temperature: float,
    seeds: Sequence[int],
    attention: Attention,
    at_once: int = NODES,
    group_cost: int = GROUP_COST,
) -> list[list[int]]:
    """New tokens for each prompt, without the end token; greedy at temperature 0, else sampled by its own seed.

    About ``at_once`` tokens of prompts go through the model together; ``group_cost`` is that of ``row_groups``.
    """
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    cache = RowCache(prompts, row_groups(prompts, group_cost), max_new_tokens)
    states, rows = read_prompts(model, prompts, cache, attention, at_once), list(cache.rows)
    positions = torch.tensor([[len(prompts[row])] for row in rows], device=states.device)
    ends = end_tokens(model)
    answers: list[list[int]] = [[] for _ in prompts]
    finished = [False] * len(prompts)
    for step in range(max_new_tokens):
        chosen = next_tokens(model, states, temperature, [generators[row] for row in rows])
        for row, token in zip(rows, chosen, strict=True):
            finished[row] = finished[row] or token in ends
            if not finished[row]:
                answers[row].append(token)
        running = [i for i, row in enumerate(rows) if not finished[row]]
        if not running or step + 1 == max_new_tokens:
            break
        if len(running) <= (1 - KEPT_FINISHED) * len(rows):
            kept = torch.tensor(running, device=states.device)
            cache.keep(kept)
            positions = positions[kept]
            rows, chosen = [rows[i] for i in running], [chosen[i] for i in running]
        states = step_forward(model, chosen, positions + step, cache)
    return answers


def read_prompts(
    model: Any, prompts: Sequence[Sequence[int]], cache: RowCache, attention: Attention, at_once: int
) -> torch.Tensor:
    """The state at each prompt's end, (rows, hidden), in the order of the rows of ``cache``, which is filled."""
    ends: dict[int, torch.Tensor] = {}
    for rows in trie_batches([tuple(prompt) for prompt in prompts], at_once):
        trie, nodes = Trie(), DynamicCache()
        paths = [trie.insert(prompts[row]) for row in rows]
        states = states_of(model, trie, attention, nodes)
        cache.fill(rows, nodes, paths)
        ends.update((row, states[path[-1]]) for row, path in zip(rows, paths, strict=True))
    return torch.stack([ends[row] for row in cache.rows])


def next_tokens(
    model: Any, states: torch.Tensor, temperature: float, generators: Sequence[torch.Generator]
) -> list[int]:
    """The token that each row's state leads to."""
    tokens: list[int] = []
    for logits in logits_in_parts(model, states):
        start = len(tokens)
        tokens += choose_tokens(logits, temperature, generators[start : start + len(logits)])
    return tokens


def step_forward(model: Any, tokens: Sequence[int], positions: torch.Tensor, cache: RowCache) -> torch.Tensor:
    """States after one more token a row; (rows, hidden)."""
    weights = next(model.parameters())
    with attending_by_rows(model, cache):
        states: torch.Tensor = body_of(model)(
            input_ids=torch.tensor(tokens, device=positions.device)[:, None],
            position_ids=positions,
            attention_mask=weights.new_zeros((1, 1, 1, 1)),  # passed on as it is, and nothing looks at it
            past_key_values=cache,
            use_cache=True,
        ).last_hidden_state[:, -1]
    cache.refuse_unattended()
    return states


def answers_are_the_same(model: Any, prompts: Sequence[Sequence[int]], length: int, attention: Attention) -> bool:
    """Whether sharing leaves greedy answers of ``length`` tokens as they are; not so where there is no prompt.

    Rows are put into groups wherever that saves anything, so that groups are compared too.
    """
    if not prompts:
        return False
    seeds = [0] * len(prompts)
    try:
        shared = generate_shared(model, prompts, length, 0.0, seeds, attention, group_cost=0)
    except (ValueError, RuntimeError, TypeError, IndexError, AttributeError, KeyError, NotImplementedError):
        return False  # an architecture that keeps something else than keys and values, or has another head
    return shared == generate_tokens(model, prompts, length, 0.0, seeds)
