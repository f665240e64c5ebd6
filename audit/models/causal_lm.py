"""A causal language model: scores continuations and answers prompts."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from audit.capability import Scores
from audit.models.asking import Asking, ask
from audit.models.generation import generate_tokens, seed_of
from audit.models.scoring.encode import Encoded, encode, start_token
from audit.models.scoring.padded import score_padded
from audit.work import work_of_answer, work_of_text

SCORING_BUDGET = 1024
"""Padded tokens in one forward pass while scoring; more does not go faster on a CPU."""
GENERATION_BUDGET = 4096
"""Prompt and answer tokens in one batch of answers."""


class CausalLM:
    """CanScore and CanGenerate over a transformers causal language model."""

    def __init__(self, model: Any, tokenizer: Any, asking: Asking) -> None:
        self._model, self._tokenizer, self._asking = model, tokenizer, asking

    def log_likelihood(self, requests: Sequence[tuple[str, str]]) -> Scores:
        """See CanScore; NaN for a text that does not fit the model's window or has no token."""
        encoded: dict[tuple[str, str], Encoded] = {
            request: encode(self._tokenizer, *request) for request in dict.fromkeys(requests)
        }

        def compute(batch: list[tuple[str, str]]) -> list[float | None]:
            return score_padded(self._model, [encoded[request] for request in batch])

        answers = ask(
            self._asking,
            "log-likelihood",
            [(context, continuation) for context, continuation in requests],
            compute,
            size=lambda request: len(encoded[request].ids),
            budget=SCORING_BUDGET,
            work=lambda request: work_of_text(request[0] + request[1]),
        )
        return np.array([np.nan if answer is None else answer for answer in answers], dtype=np.float64)

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
            size=lambda request: len(tokens[request[0]]) + max_new_tokens,
            budget=GENERATION_BUDGET,
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
