"""Models that somebody serves: the same capabilities as on this machine, asked over HTTP."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from audit.capability import Scores
from audit.endpoint.client import Pace
from audit.endpoint.endpoint import Endpoint
from audit.endpoint.service import Prompt, Service, connect
from audit.models.answers import Decoding, Draw, ask_answers
from audit.models.asking import Advance, Asking, ask
from audit.models.response_cache import ResponseCache
from audit.models.task import Task
from audit.target.target import Target
from audit.work import CHARACTERS_A_TOKEN, work_of_text

R = TypeVar("R")
ROUNDS = 4
"""Requests of one batch for each that is under way at once: few, so that little is lost when the server dies."""
SEEDS = 2**31
"""Some servers take seeds of 32 bits only."""
LOOKS = 3


def open_endpoint_model(target: Target, endpoint: Endpoint, pace: Pace, cache: Path, advance: Advance) -> object:
    """The adapter with just the capabilities that the endpoint has; nothing is asked yet."""
    client = connect(endpoint.url, pace)
    service = Service(client, endpoint.model, endpoint.chat, endpoint.scores, endpoint.start_token)
    answers = NewAnswers(cache)
    asking = Asking(identity=target.digest, cache=answers, advance=advance)
    adapter = ScoringEndpoint if endpoint.scores else AnsweringEndpoint
    return adapter(service, endpoint, answers, asking)


class NewAnswers(ResponseCache):
    """The response cache, which can forget what this process added when nobody knows whose answers those are."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._new: list[bytes] = []
        self._keeps = True

    def store(self, call: bytes, answers: Iterable[tuple[bytes, Any]]) -> None:
        """See ResponseCache; nothing is kept once answers were forgotten."""
        kept = list(answers) if self._keeps else []
        super().store(call, kept)
        self._new += [key for key, _ in kept]

    def forget_new(self) -> None:
        """Remove every answer that was stored through this object, and keep no further one."""
        self.remove(self._new)
        self._new, self._keeps = [], False


class AnsweringEndpoint:
    """CanGenerate and CanChange over an endpoint."""

    def __init__(self, service: Service, endpoint: Endpoint, answers: "NewAnswers", asking: Asking) -> None:
        self._service, self._endpoint, self._answers, self._asking = service, endpoint, answers, asking
        self._changed = ""

    def generate(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int,
        temperature: float = 0.0,
        n: int = 1,
        seed: int = 0,
    ) -> list[list[str]]:
        """See CanGenerate; each prompt is one message of a user where the endpoint chats."""

        decoding = Decoding(max_new_tokens, temperature, seed)

        def compute(batch: list[Draw], length: int) -> list[str]:
            seeds = [decoding.seed_of(draw) % SEEDS if temperature else None for draw in batch]
            drawn = zip(batch, seeds, strict=True)
            return self._service.answers([Prompt(text, length, temperature, own) for (text, _), own in drawn])

        def size(draw: Draw) -> int:
            return len(draw[0]) // CHARACTERS_A_TOKEN + max_new_tokens

        return ask_answers(self._asking, prompts, n, decoding, compute=compute, batching=self._rounds, size=size)

    def changed(self) -> str:
        """See CanChange; a difference counts only when it is there in each of LOOKS readings."""
        if not self._changed:
            self._changed = self._lasting_difference()
            if self._changed:
                self._answers.forget_new()
        return self._changed

    def _lasting_difference(self) -> str:
        difference = ""
        for _ in range(LOOKS):
            difference = self._endpoint.canary.difference(self._service.read_canary())
            if not difference:
                return ""
        return f"the served model changed during the run: {difference}"

    def _rounds(self, requests: list[R]) -> Iterator[list[R]]:
        size = ROUNDS * self._service.client.pace.concurrency
        for start in range(0, len(requests), size):
            yield requests[start : start + size]


class ScoringEndpoint(AnsweringEndpoint):
    """CanScore too, over an endpoint that gives the log-probabilities of a prompt."""

    def log_likelihood(self, requests: Sequence[tuple[str, str]]) -> Scores:
        """See CanScore; NaN where the server does not tell (see ``audit.endpoint.echo``)."""
        task = Task(
            "log-likelihood",
            compute=self._service.log_likelihoods,
            batching=self._rounds,
            work=lambda request: work_of_text(request[0] + request[1]),
            tokens=lambda request: len(request[0] + request[1]) // CHARACTERS_A_TOKEN,
            tokens_together=len,
        )
        answers = ask(self._asking, task, requests)
        return np.array([np.nan if answer is None else answer for answer in answers], dtype=np.float64)
