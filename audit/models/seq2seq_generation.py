"""Answers of a sequence-to-sequence model: a prompt is encoded once, a finished answer leaves its batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from audit.models.encoder_decoder import ContextStates, Decoder, Tokens, start_of_answer
from audit.models.generation import choose_tokens, end_tokens


@dataclass(frozen=True, slots=True)
class Rules:
    """What a generation configuration forces or forbids; its beams, penalties and lengths are not followed."""

    first: int | None
    ends: bool
    forbidden: Tokens

    @classmethod
    def of(cls, model: Any) -> "Rules":
        """The rules that the model came with."""
        stated = model.generation_config
        words = [word[0] for word in stated.bad_words_ids or [] if len(word) == 1]
        forbidden = (*words, *(stated.suppress_tokens or []))
        return cls(stated.forced_bos_token_id, stated.forced_eos_token_id is not None, forbidden)


@torch.inference_mode()
def answer_tokens(
    model: Any,
    states: ContextStates,
    prompts: Sequence[Tokens],
    max_new_tokens: int,
    temperature: float,
    seeds: Sequence[int],
) -> list[list[int]]:
    """New tokens for each prompt, without the end token; greedy at temperature 0, else sampled by its own seed."""
    known, rules, ends = states.of(prompts), Rules.of(model), end_tokens(model)
    distinct = {prompt: row for row, prompt in enumerate(dict.fromkeys(prompts))}
    decoder = Decoder(model, [known[prompt] for prompt in distinct])
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    answers: list[list[int]] = [[] for _ in prompts]
    rows = list(range(len(prompts)))
    read, kept = [[start_of_answer(model)]] * len(distinct), [distinct[prompt] for prompt in prompts]
    for step in range(max_new_tokens - rules.ends):
        logits = decoder.read(read)[:, -1]
        if step == 0:  # answers to one prompt part here
            logits = logits[kept]
            decoder.select(kept)
        logits[:, list(rules.forbidden)] = -torch.inf
        chosen = choose_tokens(logits, temperature, [generators[row] for row in rows])
        if step == 0 and rules.first is not None:
            chosen = [rules.first] * len(rows)
        kept = [i for i, token in enumerate(chosen) if token not in ends]
        for i in kept:
            answers[rows[i]].append(chosen[i])
        if not kept:
            break
        if len(kept) < len(rows):
            decoder.select(kept)
            rows = [rows[i] for i in kept]
        read = [[chosen[i]] for i in kept]
    return answers
