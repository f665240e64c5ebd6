"""A causal language model: scores continuations and answers prompts."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from audit.capability import Scores
from audit.models.asking import Asking, ask, sized
from audit.models.loaded import Load, Loaded
from audit.work import work_of_answer, work_of_text

if TYPE_CHECKING:
    from audit.models.scoring.choose import Way
    from audit.models.scoring.encode import Encoded

Request = tuple[str, str]
GENERATION_BUDGET = 4096
"""Prompt and answer tokens in one batch of answers."""


class CausalLM:
    """CanScore and CanGenerate over a transformers causal language model."""

    def __init__(self, load: Load, asking: Asking) -> None:
        self._loaded, self._asking = Loaded(load), asking

    @cached_property
    def way(self) -> "Way":
        """How texts go through the model together; found out once, on a few texts."""
        from audit.models.scoring.choose import choose

        return choose(self._loaded.model, self._loaded.tokenizer)

    def log_likelihood(self, requests: Sequence[tuple[str, str]]) -> Scores:
        """See CanScore; NaN for a text that does not fit the model's window or has no token."""
        encoded: dict[Request, Encoded] = {}

        def batching(planned: list[Request]) -> Iterator[list[Request]]:
            from audit.models.scoring.encode import encode

            encoded.update((r, encode(self._loaded.tokenizer, *r)) for r in planned)
            yield from self._score_batches(planned, encoded)

        def compute(batch: list[Request]) -> Sequence[float | None]:
            return self._scores([encoded[r] for r in batch])

        answers = ask(
            self._asking,
            "log-likelihood",
            list(requests),
            compute,
            batching=batching,
            work=lambda request: work_of_text(request[0] + request[1]),
        )
        return np.array([np.nan if score is None else score for score in answers], dtype=np.float64)

    def _score_batches(
        self, requests: list[Request], encoded: "dict[Request, Encoded]"
    ) -> Iterator[list[Request]]:
        from audit.models.scoring.padded import padded_batches
        from audit.models.scoring.trie import read_by_model, trie_batches

        scorable = [r for r in requests if self._scorable(encoded[r])]
        if len(scorable) < len(requests):
            yield [r for r in requests if not self._scorable(encoded[r])]
        if scorable:
            tokens = [encoded[r] for r in scorable]
            shares = self._way(tokens).shares
            for batch in trie_batches(read_by_model(tokens)) if shares else padded_batches(tokens):
                yield [scorable[index] for index in batch]

    def _scorable(self, encoded: "Encoded") -> bool:
        from audit.models.scoring.padded import fits

        return bool(encoded.targets) and fits(self._loaded.model, encoded)

    def _scores(self, tokens: "list[Encoded]") -> Sequence[float | None]:
        from audit.models.scoring.padded import score_padded
        from audit.models.scoring.shared import score_shared

        if not self._scorable(tokens[0]):
            return [None] * len(tokens)
        way = self._way(tokens)
        if way.shares:
            return score_shared(self._loaded.model, tokens, way.attention)
        return score_padded(self._loaded.model, tokens)

    def _way(self, tokens: "Sequence[Encoded]") -> "Way":
        from audit.models.scoring.choose import Way, may_share

        longest = max(len(encoded.ids) for encoded in tokens)
        return self.way if may_share(self._loaded.model, longest) else Way.PADDED

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
        tokens: dict[str, list[int]] = {}

        def batching(planned: list[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
            tokens.update((prompt, self._prompt_tokens(prompt)) for prompt, _ in planned)
            yield from sized(planned, lambda request: len(tokens[request[0]]) + max_new_tokens, GENERATION_BUDGET)

        def compute(batch: list[tuple[str, int]]) -> list[str]:
            from audit.models.generation import generate_tokens, seed_of

            seeds = [seed_of(seed, prompt, draw) for prompt, draw in batch]
            rows = [tokens[prompt] for prompt, _ in batch]
            answers = generate_tokens(self._loaded.model, rows, max_new_tokens, temperature, seeds)
            return [self._loaded.tokenizer.decode(a, skip_special_tokens=True).strip() for a in answers]

        flat = ask(
            self._asking,
            f"generate {max_new_tokens} tokens, temperature {temperature}, seed {seed if temperature else 0}",
            [(prompt, draw) for prompt in prompts for draw in range(n)],
            compute,
            batching=batching,
            work=lambda request: work_of_answer(request[0], max_new_tokens),
        )
        return [flat[start : start + n] for start in range(0, len(flat), n)]

    def _prompt_tokens(self, prompt: str) -> list[int]:
        from audit.models.scoring.encode import start_token

        tokenizer = self._loaded.tokenizer
        if tokenizer.chat_template:
            message = [{"role": "user", "content": prompt}]
            text = tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True)
            ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        else:
            ids = tokenizer(prompt)["input_ids"]
        return list(ids) or [start_token(tokenizer)]
