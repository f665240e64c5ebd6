"""A sequence-to-sequence model: an encoder reads the context or the prompt, a decoder writes."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from audit.capability import Scores
from audit.models.asking import Asking, ask, by_size
from audit.models.encoder_decoder import ContextStates
from audit.models.generation import seed_of
from audit.models.scoring.seq2seq import Pair, context_batches, encode_pair, scorable, score_pairs
from audit.models.seq2seq_generation import answer_tokens
from audit.work import work_of_answer, work_of_text

Request = tuple[str, str]
TOKENS = 2048
"""Padded tokens of contexts and continuations in one batch of scores."""
GENERATION_BUDGET = 4096
"""Prompt and answer tokens in one batch of answers."""


class Seq2SeqLM:
    """CanScore and CanGenerate over a transformers sequence-to-sequence model."""

    def __init__(self, model: Any, tokenizer: Any, asking: Asking) -> None:
        self._model, self._tokenizer, self._asking = model, tokenizer, asking
        if getattr(tokenizer, "tgt_lang", "") is None:  # a translation model answers in the language it reads
            tokenizer.tgt_lang = tokenizer.src_lang

    def log_likelihood(self, requests: Sequence[tuple[str, str]]) -> Scores:
        """See CanScore; NaN where either half does not fit its window or the continuation has no token."""
        pairs: dict[Request, Pair] = {
            request: encode_pair(self._model, self._tokenizer, *request) for request in dict.fromkeys(requests)
        }
        asked = [request for request in requests if scorable(self._model, pairs[request])]
        states = ContextStates(self._model)

        def batching(planned: list[Request]) -> Iterator[list[Request]]:
            for batch in context_batches([pairs[request] for request in planned], TOKENS):
                yield [planned[index] for index in batch]

        answers = ask(
            self._asking,
            "log-likelihood",
            asked,
            lambda batch: score_pairs(self._model, states, [pairs[request] for request in batch]),
            batching=batching,
            work=lambda request: work_of_text(request[0] + request[1]),
        )
        scores = dict(zip(asked, answers, strict=True))
        return np.array([scores.get(request, np.nan) for request in requests], dtype=np.float64)

    def generate(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int,
        temperature: float = 0.0,
        n: int = 1,
        seed: int = 0,
    ) -> list[list[str]]:
        """See CanGenerate; a chat model gets each prompt as one message of its user."""
        tokens = {prompt: self._prompt_tokens(prompt) for prompt in dict.fromkeys(prompts)}
        states = ContextStates(self._model)

        def compute(batch: list[tuple[str, int]]) -> list[str]:
            seeds = [seed_of(seed, prompt, draw) for prompt, draw in batch]
            rows = [tokens[prompt] for prompt, _ in batch]
            answers = answer_tokens(self._model, states, rows, max_new_tokens, temperature, seeds)
            return [self._tokenizer.decode(answer, skip_special_tokens=True).strip() for answer in answers]

        flat = ask(
            self._asking,
            f"generate {max_new_tokens} tokens, temperature {temperature}, seed {seed if temperature else 0}",
            [(prompt, draw) for prompt in prompts for draw in range(n)],
            compute,
            batching=by_size(lambda request: len(tokens[request[0]]) + max_new_tokens, GENERATION_BUDGET),
            work=lambda request: work_of_answer(request[0], max_new_tokens),
        )
        return [flat[start : start + n] for start in range(0, len(flat), n)]

    def _prompt_tokens(self, prompt: str) -> tuple[int, ...]:
        if self._tokenizer.chat_template:
            message = [{"role": "user", "content": prompt}]
            text = self._tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True)
            return tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])
        return tuple(self._tokenizer(prompt)["input_ids"] if prompt else [self._tokenizer.eos_token_id])
