"""A causal language model: scores continuations and answers prompts."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from audit.capability import Scores
from audit.models.asking import Asking, ask, by_size
from audit.models.generation import generate_tokens, seed_of
from audit.models.scoring.choose import gives_same_scores, may_share
from audit.models.scoring.encode import Encoded, encode, start_token
from audit.models.scoring.padded import fits, padded_batches, score_padded
from audit.models.scoring.trie import score_trie, trie_batches
from audit.work import work_of_answer, work_of_text

Request = tuple[str, str]
GENERATION_BUDGET = 4096
"""Prompt and answer tokens in one batch of answers."""


class CausalLM:
    """CanScore and CanGenerate over a transformers causal language model."""

    def __init__(self, model: Any, tokenizer: Any, asking: Asking) -> None:
        self._model, self._tokenizer, self._asking = model, tokenizer, asking

    @cached_property
    def shares_prefixes(self) -> bool:
        """Whether texts share what they begin with; found out once, on a few texts."""
        return gives_same_scores(self._model, self._tokenizer)

    def log_likelihood(self, requests: Sequence[tuple[str, str]]) -> Scores:
        """See CanScore; NaN for a text that does not fit the model's window or has no token."""
        encoded: dict[Request, Encoded] = {r: encode(self._tokenizer, *r) for r in dict.fromkeys(requests)}
        scorable = [r for r in requests if encoded[r].targets and fits(self._model, encoded[r])]

        def batching(planned: list[Request]) -> Iterator[list[Request]]:
            if planned:
                yield from self._score_batches(planned, [encoded[r] for r in planned])

        def compute(batch: list[Request]) -> list[float]:
            tokens = [encoded[r] for r in batch]
            return score_trie(self._model, tokens) if self._sharing(tokens) else score_padded(self._model, tokens)

        answers = ask(
            self._asking,
            "log-likelihood",
            scorable,
            compute,
            batching=batching,
            work=lambda request: work_of_text(request[0] + request[1]),
        )
        scores = dict(zip(scorable, answers, strict=True))
        return np.array([scores.get(request, np.nan) for request in requests], dtype=np.float64)

    def _sharing(self, tokens: Sequence[Encoded]) -> bool:
        return self.shares_prefixes and may_share(self._model, max(len(e.ids) for e in tokens))

    def _score_batches(self, requests: list[Request], tokens: list[Encoded]) -> Iterator[list[Request]]:
        indices = trie_batches(tokens) if self._sharing(tokens) else padded_batches(tokens)
        for batch in indices:
            yield [requests[index] for index in batch]

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

        def compute(batch: list[tuple[str, int]]) -> list[str]:
            seeds = [seed_of(seed, prompt, draw) for prompt, draw in batch]
            rows = [tokens[prompt] for prompt, _ in batch]
            answers = generate_tokens(self._model, rows, max_new_tokens, temperature, seeds)
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

    def _prompt_tokens(self, prompt: str) -> list[int]:
        if self._tokenizer.chat_template:
            message = [{"role": "user", "content": prompt}]
            text = self._tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True)
            ids = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        else:
            ids = self._tokenizer(prompt)["input_ids"]
        return list(ids) or [start_token(self._tokenizer)]
