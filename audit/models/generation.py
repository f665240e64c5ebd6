"""Answers token by token, in batches; a finished answer leaves its batch."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache


def end_tokens(model: Any) -> frozenset[int]:
    """Tokens that end an answer."""
    end = model.generation_config.eos_token_id
    if end is None:
        end = model.config.get_text_config().eos_token_id
    return frozenset([] if end is None else [end] if isinstance(end, int) else end)


@torch.inference_mode()
def generate_tokens(
    model: Any, prompts: Sequence[Sequence[int]], max_new_tokens: int, temperature: float, seeds: Sequence[int]
) -> list[list[int]]:
    """New tokens for each prompt, without the end token; greedy at temperature 0, else sampled by its own seed."""
    device = next(model.parameters()).device
    longest = max(map(len, prompts))
    tokens = torch.tensor([[0] * (longest - len(p)) + list(p) for p in prompts], device=device)
    mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts], device=device)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    ends, cache = end_tokens(model), DynamicCache(config=model.config)
    answers: list[list[int]] = [[] for _ in prompts]
    rows = list(range(len(prompts)))
    for _ in range(max_new_tokens):
        logits = model(
            input_ids=tokens,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]
        chosen = choose_tokens(logits, temperature, [generators[row] for row in rows])
        kept = [i for i, token in enumerate(chosen) if token not in ends]
        for i in kept:
            answers[rows[i]].append(chosen[i])
        if not kept:
            break
        if len(kept) < len(rows):
            index = torch.tensor(kept, device=device)
            cache.batch_select_indices(index)
            mask, positions = mask[index], positions[index]
            rows = [rows[i] for i in kept]
        tokens = torch.tensor([[chosen[i]] for i in kept], device=device)
        mask = torch.cat([mask, mask.new_ones((len(rows), 1))], dim=1)
        positions = positions[:, -1:] + 1
    return answers


def choose_tokens(logits: torch.Tensor, temperature: float, generators: Sequence[torch.Generator]) -> list[int]:
    """One token a row of ``logits`` (rows, words): the likeliest at temperature 0, else drawn by its generator."""
    if temperature == 0:
        return [int(token) for token in logits.argmax(-1)]
    shares = torch.softmax(logits.float() / temperature, dim=-1).cpu()
    return [
        int(torch.multinomial(row, 1, generator=generator))
        for row, generator in zip(shares, generators, strict=True)
    ]
