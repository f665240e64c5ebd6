"""Answers in batches whose prompts go through the model as one trie: what prompts begin with is read once."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

from audit.models.generation import choose_tokens, end_tokens, generate_tokens
from audit.models.row_cache import RowCache, attending_by_rows
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
) -> list[list[int]]:
    """New tokens for each prompt, without the end token; greedy at temperature 0, else sampled by its own seed.

    About ``at_once`` tokens of prompts go through the model together.
    """
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    states, cache = read_prompts(model, prompts, max_new_tokens, attention, at_once)
    blind, positions = padding(prompts, max_new_tokens, states)
    ends = end_tokens(model)
    answers: list[list[int]] = [[] for _ in prompts]
    finished = [False] * len(prompts)
    rows = list(range(len(prompts)))
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
            blind, positions = blind[kept], positions[kept]
            rows, chosen = [rows[i] for i in running], [chosen[i] for i in running]
        states = step_forward(model, chosen, positions + step, blind, cache)
    return answers


def read_prompts(
    model: Any, prompts: Sequence[Sequence[int]], room: int, attention: Attention, at_once: int
) -> tuple[torch.Tensor, RowCache]:
    """The state at each prompt's end, (rows, hidden), and the keys and values of prompts, ``room`` behind them."""
    cache = RowCache(len(prompts), max(map(len, prompts)), room)
    ends: dict[int, torch.Tensor] = {}
    for rows in trie_batches([tuple(prompt) for prompt in prompts], at_once):
        trie, nodes = Trie(), DynamicCache()
        paths = [trie.insert(prompts[row]) for row in rows]
        states = states_of(model, trie, attention, nodes)
        cache.fill(rows, nodes, paths)
        ends.update((row, states[path[-1]]) for row, path in zip(rows, paths, strict=True))
    return torch.stack([ends[row] for row in range(len(prompts))]), cache


def padding(
    prompts: Sequence[Sequence[int]], room: int, states: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """What rows must not look at, (rows, 1, 1, longest + room), and each prompt's length, (rows, 1)."""
    lengths = torch.tensor([[len(prompt)] for prompt in prompts], device=states.device)
    longest = int(lengths.max())
    places = torch.arange(longest + room, device=states.device)
    blind = torch.where(places < longest - lengths, torch.finfo(states.dtype).min, 0.0).to(states.dtype)
    return blind[:, None, None], lengths


def next_tokens(
    model: Any, states: torch.Tensor, temperature: float, generators: Sequence[torch.Generator]
) -> list[int]:
    """The token that each row's state leads to."""
    tokens: list[int] = []
    for logits in logits_in_parts(model, states):
        start = len(tokens)
        tokens += choose_tokens(logits, temperature, generators[start : start + len(logits)])
    return tokens


def step_forward(
    model: Any, tokens: Sequence[int], positions: torch.Tensor, blind: torch.Tensor, cache: RowCache
) -> torch.Tensor:
    """States after one more token a row; (rows, hidden)."""
    length = cache.get_seq_length() + 1
    with attending_by_rows(model):
        states: torch.Tensor = body_of(model)(
            input_ids=torch.tensor(tokens, device=positions.device)[:, None],
            position_ids=positions,
            attention_mask=blind[..., :length],
            past_key_values=cache,
            use_cache=True,
        ).last_hidden_state[:, -1]
    return states


def answers_are_the_same(model: Any, prompts: Sequence[Sequence[int]], length: int, attention: Attention) -> bool:
    """Whether sharing leaves greedy answers of ``length`` tokens as they are; not so where there is no prompt."""
    if not prompts:
        return False
    seeds = [0] * len(prompts)
    try:
        shared = generate_shared(model, prompts, length, 0.0, seeds, attention)
    except (ValueError, RuntimeError, TypeError, IndexError, AttributeError, KeyError, NotImplementedError):
        return False  # an architecture that keeps something else than keys and values, or has another head
    return shared == generate_tokens(model, prompts, length, 0.0, seeds)
