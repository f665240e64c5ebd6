"""An endpoint as something to ask: answers to prompts, and log-likelihoods of continuations."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from audit.endpoint import protocol
from audit.endpoint.address import parse_address
from audit.endpoint.canary import PROMPTS, TEXTS, TOKENS, Reading
from audit.endpoint.client import Client, Pace, RefusedError
from audit.endpoint.echo import Echo, log_likelihood

KEY = "ASSAY_API_KEY"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One answer that is asked for: greedy at temperature 0, else drawn by ``seed`` where the server has seeds."""

    text: str
    max_tokens: int
    temperature: float = 0.0
    seed: int | None = None


def connect(url: str, pace: Pace) -> Client:
    """A client for an endpoint's url; the key is read from the environment and kept nowhere."""
    return Client(parse_address(url), pace, os.environ.get(KEY, ""))


@dataclass(frozen=True, slots=True)
class Service:
    """A client that speaks with one model, by chat or by completions.

    ``start_token`` is put before a text without context where the server puts none there itself.
    """

    client: Client
    model: str
    chat: bool
    scores: bool
    start_token: str = ""

    def answers(self, prompts: Sequence[Prompt]) -> list[str]:
        """One answer a prompt; "" where the server's own filter refused the prompt."""
        return self.client.each(self._answer, prompts)

    def log_likelihoods(self, requests: Sequence[tuple[str, str]]) -> list[float | None]:
        """Nats of each continuation given its context; None where the server does not tell."""
        return self.client.each(self._log_likelihood, requests)

    def read_canary(self) -> Reading:
        """One round of the canary's questions."""
        answers = self.answers([Prompt(text, TOKENS) for text in PROMPTS])
        return Reading(tuple(answers), tuple(self.log_likelihoods(TEXTS)) if self.scores else ())

    def _answer(self, prompt: Prompt) -> str:
        sampling = (prompt.max_tokens, prompt.temperature, prompt.seed)
        try:
            if self.chat:
                body = protocol.chat_body(self.model, prompt.text, *sampling)
                return self.client.post(protocol.CHAT, body, protocol.chat_text).strip()
            body = protocol.completion_body(self.model, prompt.text, *sampling)
            return self.client.post(protocol.COMPLETIONS, body, protocol.completion_text).strip()
        except RefusedError as error:
            if error.code == "content_filter":
                return ""
            raise

    def echo(self, prompt: str) -> Echo:
        """The tokens of a prompt with their log-probabilities."""
        return self.client.post(protocol.COMPLETIONS, protocol.echo_body(self.model, prompt), protocol.prompt_echo)

    def _log_likelihood(self, request: tuple[str, str]) -> float | None:
        context, continuation = request
        if not continuation:
            return None
        try:
            context = context or self.start_token
            echo = self.echo(context + continuation)
        except RefusedError:  # too long for its window
            return None
        return log_likelihood(echo, context, continuation)
