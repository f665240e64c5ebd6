"""The OpenAI-compatible protocol: what is sent, and what is read from an answer.

Source: https://platform.openai.com/docs/api-reference (completions, chat/completions, models). What an answer
lacks is an ExchangeError that is worth another attempt; it never becomes a value.
"""

import math
from typing import Any

from audit.endpoint.echo import Echo
from audit.endpoint.http import ExchangeError

MODELS, COMPLETIONS, CHAT = "/models", "/completions", "/chat/completions"
LONGEST_NAME = 200
LEAST_NATS = -9999.0
Body = dict[str, Any]


def echo_body(model: str, prompt: str) -> Body:
    """Asks for the log-probabilities of a prompt; one token is generated, since many servers refuse none."""
    return {"model": model, "prompt": prompt, "max_tokens": 1, "temperature": 0, "echo": True, "logprobs": 1}


def completion_body(model: str, prompt: str, max_tokens: int, temperature: float, seed: int | None) -> Body:
    """Asks for an answer that continues a prompt."""
    return {"model": model, "prompt": prompt, **_sampling(max_tokens, temperature, seed)}


def chat_body(model: str, prompt: str, max_tokens: int, temperature: float, seed: int | None) -> Body:
    """Asks for an answer to one message of a user."""
    messages = [{"role": "user", "content": prompt}]
    return {"model": model, "messages": messages, **_sampling(max_tokens, temperature, seed)}


def model_names(answer: Body) -> list[str]:
    """Names of the models that a server offers."""
    listed = answer.get("data")
    if not isinstance(listed, list):
        raise ExchangeError("sent no list of models", again=True)
    names = [each.get("id") for each in listed if isinstance(each, dict)]
    return [
        name for name in names if isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and name.isprintable()
    ]


def completion_text(answer: Body) -> str:
    """The text of a completion."""
    text = _choice(answer).get("text")
    if not isinstance(text, str):
        raise ExchangeError("sent a completion without text", again=True)
    return text


def chat_text(answer: Body) -> str:
    """The text of a chat answer; "" for one without content (refused, filtered, or used up by reasoning)."""
    message = _choice(answer).get("message")
    if not isinstance(message, dict):
        raise ExchangeError("sent a choice without a message", again=True)
    content = message.get("content")
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def prompt_echo(answer: Body) -> Echo:
    """The tokens of a prompt with their log-probabilities."""
    given = _choice(answer).get("logprobs")
    if not isinstance(given, dict):
        raise ExchangeError("sent a prompt back without its log-probabilities", again=True)
    tokens, numbers, offsets = given.get("tokens"), given.get("token_logprobs"), given.get("text_offset")
    if not isinstance(tokens, list) or not isinstance(numbers, list) or len(tokens) != len(numbers):
        raise ExchangeError("sent log-probabilities that do not belong to tokens", again=True)
    places = offsets if isinstance(offsets, list) and all(type(place) is int for place in offsets) else []
    return Echo(tuple(map(str, tokens)), tuple(map(_nats, numbers)), tuple(places))


def _sampling(max_tokens: int, temperature: float, seed: int | None) -> Body:
    return {"max_tokens": max_tokens, "temperature": temperature} | ({} if seed is None else {"seed": seed})


def _choice(answer: Body) -> Body:
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise ExchangeError("sent an answer without a choice", again=True)
    return choices[0]


def _nats(number: object) -> float | None:
    """A log-probability; None for null, and for what cannot be one (vLLM writes -9999 for minus infinity)."""
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        return None
    return float(number) if LEAST_NATS < number <= 1e-6 else None
