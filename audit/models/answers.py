"""Answers to prompts: the one shape in which every model that writes is asked for them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from audit.models.asking import Asking, ask
from audit.models.seeds import seed_of
from audit.models.task import Task
from audit.models.trial import answer_sample
from audit.work import work_of_answer

Draw = tuple[str, int]
"""A prompt and the number of one of its answers."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """How answers are drawn; part of what the response cache knows an answer by."""

    max_new_tokens: int
    temperature: float
    seed: int

    @property
    def kind(self) -> str:
        """The kind of request; greedy answers do not depend on the seed."""
        seed = self.seed if self.temperature else 0
        return f"generate {self.max_new_tokens} tokens, temperature {self.temperature}, seed {seed}"

    def seed_of(self, draw: Draw) -> int:
        """The seed of one draw."""
        return seed_of(self.seed, *draw)


def ask_answers(
    asking: Asking,
    prompts: Sequence[str],
    n: int,
    decoding: Decoding,
    *,
    compute: Callable[[list[Draw], int], list[str]],
    batching: Callable[[list[Draw]], Iterator[list[Draw]]],
    size: Callable[[Draw], int],
) -> list[list[str]]:
    """``n`` answers a prompt; ``compute`` gets a batch and the length of its answers, ``size`` is in tokens.

    Raises MemoryError when a prompt alone is too large for the memory.
    """
    length = decoding.max_new_tokens
    task = Task(
        decoding.kind,
        compute=lambda batch: compute(batch, length),
        batching=batching,
        work=lambda draw: work_of_answer(draw[0], length),
        tokens=size,
        tokens_together=lambda batch: sum(map(size, batch)),
        sample=lambda batch: answer_sample(lambda tokens: compute(batch, tokens), length),
    )
    flat = ask(asking, task, [(prompt, draw) for prompt in prompts for draw in range(n)])
    if None in flat:
        raise MemoryError("a prompt alone is too large for this machine's memory")
    return [flat[start : start + n] for start in range(0, len(flat), n)]


def prompt_tokens(tokenizer: Any, prompt: str) -> list[int]:
    """A prompt as the model reads it: one message of a user where the tokenizer knows a chat, else the text."""
    if not tokenizer.chat_template:
        return list(tokenizer(prompt)["input_ids"])
    message = [{"role": "user", "content": prompt}]
    text = tokenizer.apply_chat_template(message, tokenize=False, add_generation_prompt=True)
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])
