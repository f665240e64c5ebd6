"""A causal language model: scores continuations and answers prompts."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from audit.capability import Counts, Scores
from audit.models.answers import Decoding, Draw, ask_answers, prompt_tokens
from audit.models.asking import Asking, ask
from audit.models.loaded import Load, Loaded
from audit.models.task import Task, padded_size, sized
from audit.work import work_of_text

if TYPE_CHECKING:
    from audit.models.scoring.choose import Way
    from audit.models.scoring.encode import Encoded

Request = tuple[str, str]
ANSWERS = 256
"""Answers in one batch: more go no faster, and what is under way is lost with a kill."""
ANSWER_TOKENS = 65536
"""Prompt and answer tokens in one batch of answers, where the memory allows."""

COMPARED = 8
"""Tokens of the answers by which two ways of answering are compared."""


class CausalLM:
    """CanScore, CanCountTokens and CanGenerate over a transformers causal language model."""

    def __init__(self, load: Load, asking: Asking) -> None:
        self._loaded, self._asking = Loaded(load), asking

    @cached_property
    def way(self) -> "Way":
        """How texts go through the model together; found out once, on a few texts."""
        from audit.models.bf16x3 import products_of
        from audit.models.scoring.choose import choose

        way = choose(self._loaded.model, self._loaded.tokenizer)
        self._asking.notes["products"] = products_of(self._loaded.model)
        return way

    def log_likelihood(self, requests: Sequence[tuple[str, str]]) -> Scores:
        """See CanScore; NaN for a text that does not fit the model's window or has no token."""
        encoded: dict[Request, Encoded] = {}

        def batching(planned: list[Request]) -> Iterator[list[Request]]:
            from audit.models.scoring.encode import encode

            encoded.update((r, encode(self._loaded.tokenizer, *r)) for r in planned)
            yield from self._score_batches(planned, encoded)

        task = Task(
            "log-likelihood",
            compute=lambda batch: self._scores([encoded[r] for r in batch]),
            batching=batching,
            work=lambda request: work_of_text(request[0] + request[1]),
            tokens=lambda request: len(encoded[request].ids) - 1,
            tokens_together=lambda batch: self._tokens_together([encoded[r] for r in batch]),
        )
        answers = ask(self._asking, task, requests)
        return np.array([np.nan if score is None else score for score in answers], dtype=np.float64)

    def token_counts(self, requests: Sequence[tuple[str, str]]) -> Counts:
        """See CanCountTokens."""
        from audit.models.scoring.encode import encode

        return np.array([encode(self._loaded.tokenizer, *r).targets for r in requests], dtype=np.int64)

    def _score_batches(
        self, requests: list[Request], encoded: "dict[Request, Encoded]"
    ) -> Iterator[list[Request]]:
        from audit.models.scoring.padded import padded_batches
        from audit.models.scoring.trie import read_by_model, trie_batches

        scorable = [r for r in requests if self._scorable(encoded[r])]
        if len(scorable) < len(requests):
            yield [r for r in requests if not self._scorable(encoded[r])]
        if scorable:
            codes = [encoded[r] for r in scorable]
            shares = self._way(codes).shares
            batches = (
                trie_batches(read_by_model(codes), self._tokens) if shares else padded_batches(codes, self._tokens)
            )
            for batch in batches:
                yield [scorable[index] for index in batch]

    @cached_property
    def _tokens(self) -> int:
        return self._asking.tokens_of(self._loaded.model)

    def _scorable(self, encoded: "Encoded") -> bool:
        from audit.models.scoring.padded import fits

        return bool(encoded.targets) and fits(self._loaded.model, encoded)

    def _scores(self, codes: "list[Encoded]") -> Sequence[float | None]:
        from audit.models.scoring.padded import score_padded
        from audit.models.scoring.shared import score_shared

        if not self._scorable(codes[0]):
            return [None] * len(codes)
        way = self._way(codes)
        self._asking.notes["scoring"] = str(way)
        if way.shares:
            return score_shared(self._loaded.model, codes, way.attention)
        return score_padded(self._loaded.model, codes)

    def _tokens_together(self, codes: "list[Encoded]") -> int:
        from audit.models.scoring.trie import Trie, read_by_model

        if not self._way(codes).shares:
            return padded_size(codes, lambda encoded: len(encoded.ids))
        trie = Trie()
        for ids in read_by_model(codes):
            trie.insert(ids)
        return len(trie.tokens)

    def _way(self, codes: "Sequence[Encoded]") -> "Way":
        from audit.models.scoring.choose import Way, may_share

        longest = max(len(encoded.ids) for encoded in codes)
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
        """See CanGenerate; a chat model gets each prompt as one message of its user.

        Raises MemoryError when a prompt alone is too large for the memory.
        """
        tokens: dict[str, list[int]] = {}
        decoding = Decoding(max_new_tokens, temperature, seed)

        def size(draw: Draw) -> int:
            return len(tokens[draw[0]]) + max_new_tokens

        def batching(planned: list[Draw]) -> Iterator[list[Draw]]:
            tokens.update((prompt, self._prompt_tokens(prompt)) for prompt, _ in planned)
            yield from sized(planned, size, self._answer_tokens, ANSWERS)

        def compute(batch: list[Draw], length: int) -> list[str]:
            seeds = [decoding.seed_of(draw) for draw in batch]
            rows = self._generated([tokens[prompt] for prompt, _ in batch], length, temperature, seeds)
            return [self._loaded.tokenizer.decode(row, skip_special_tokens=True).strip() for row in rows]

        return ask_answers(self._asking, prompts, n, decoding, compute=compute, batching=batching, size=size)

    def _generated(
        self, prompts: list[list[int]], length: int, temperature: float, seeds: list[int]
    ) -> list[list[int]]:
        from audit.models.bf16x3 import strict
        from audit.models.generation import generate_tokens
        from audit.models.generation_shared import generate_shared
        from audit.models.scoring.choose import may_share

        model = self._loaded.model
        shares = self.shares_prompts and may_share(model, max(map(len, prompts)) + length)
        with strict(model):  # a last digit may decide about a word, and with it about the rest of an answer
            if shares:
                attention = self.way.attention
                return generate_shared(model, prompts, length, temperature, seeds, attention, self._tokens)
            return generate_tokens(model, prompts, length, temperature, seeds)

    @cached_property
    def shares_prompts(self) -> bool:
        """Whether prompts share what they begin with; found out once, on a few prompts."""
        from audit.models.bf16x3 import strict
        from audit.models.generation_shared import answers_are_the_same
        from audit.models.scoring.choose import PROBES
        from audit.models.scoring.padded import window

        model = self._loaded.model
        contexts = [self._loaded.tokenizer(context)["input_ids"] for context, _ in PROBES if context]
        prompts = [context for context in contexts if len(context) + COMPARED <= window(model)]
        way = self.way
        with strict(model):
            shares = way.shares and answers_are_the_same(model, prompts, COMPARED, way.attention)
        self._asking.notes["generation"] = "shared prompts" if shares else "padded batches"
        return shares

    @cached_property
    def _answer_tokens(self) -> int:
        """Tokens of prompts and answers in one batch: as many as a part of the memory holds keys and values of."""
        from audit.models.memory import free_memory
        from audit.models.sizing import SHARE_OF_MEMORY, bytes_of_answer_token

        fitting = free_memory() // (SHARE_OF_MEMORY * bytes_of_answer_token(self._loaded.model))
        return min(ANSWER_TOKENS, 1 << max(0, int(fitting).bit_length() - 1))  # a power of two: repeats

    def _prompt_tokens(self, prompt: str) -> list[int]:
        from audit.models.scoring.encode import start_token

        tokenizer = self._loaded.tokenizer
        return prompt_tokens(tokenizer, prompt) or [start_token(tokenizer)]
