"""From a prompt that a server gave back, token by token, to the log-likelihood of its continuation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

NOT_WHOLE = ("\ufffd", "bytes:")
"""What servers write for a token that is only a part of a character."""


@dataclass(frozen=True, slots=True)
class Echo:
    """Tokens of a prompt (and of an answer behind it), their log-probabilities in nats, and where they begin.

    The log-probability of a token that nothing precedes is None. ``offsets`` are those that the server gave.
    """

    tokens: tuple[str, ...]
    log_probabilities: tuple[float | None, ...]
    offsets: tuple[int, ...] = ()


def log_likelihood(echo: Echo, context: str, continuation: str) -> float | None:
    """Nats of ``continuation`` given ``context``; None where the server does not tell.

    As for a model on this machine, a token that straddles their border belongs to the continuation. The first
    token of a text has a log-probability only where the server puts a start token before it; elsewhere a
    continuation that begins the text has none, because leaving out its first token would be another quantity.
    """
    prompt = context + continuation
    echo = without_start_token(echo, prompt)
    ends = token_ends(echo, prompt)
    if ends is None or not continuation:
        return None
    found = [p for end, p in zip(ends, echo.log_probabilities, strict=False) if end > len(context)]
    known = [p for p in found if p is not None and math.isfinite(p)]
    return math.fsum(known) if len(known) == len(found) else None


def without_start_token(echo: Echo, prompt: str) -> Echo:
    """The echo without a start token that the server put before it: one that is no part of the prompt."""
    if not echo.tokens or echo.log_probabilities[0] is not None:
        return echo
    first = echo.tokens[0]
    if first and prompt.startswith(first.removeprefix(" ")):
        return echo
    shift = echo.offsets[1] if len(echo.offsets) > 1 else 0
    return Echo(echo.tokens[1:], echo.log_probabilities[1:], tuple(offset - shift for offset in echo.offsets[1:]))


def token_ends(echo: Echo, prompt: str) -> list[int] | None:
    """Where each token of the prompt ends, in characters; None when the tokens do not spell the prompt.

    A token that is only a part of a character ends where the character does.
    """
    ends = _ends_by_text(echo.tokens, prompt)
    return ends if ends is not None else _ends_by_offset(echo, prompt)


def _ends_by_text(tokens: Sequence[str], prompt: str) -> list[int] | None:
    ends: list[int] = []
    position = 0
    for number, token in enumerate(tokens):
        if position == len(prompt):
            break
        if number == 0 and not prompt.startswith(" "):
            token = token.removeprefix(" ")  # some tokenizers begin each text with a space
        if not prompt.startswith(token, position):
            return None
        position += len(token)
        ends.append(position)
    if position != len(prompt):
        return None
    for number in reversed(range(len(ends) - 1)):
        if not tokens[number]:
            ends[number] = ends[number + 1]
    return ends


def _ends_by_offset(echo: Echo, prompt: str) -> list[int] | None:
    starts = echo.offsets
    if len(starts) != len(echo.tokens) or not starts or starts[0] != 0 or list(starts) != sorted(starts):
        return None
    for start, token in zip(starts, echo.tokens, strict=True):
        whole = not any(mark in token for mark in NOT_WHOLE)
        # Parts of a character that are counted as one each would seem to lie behind the prompt.
        if (start >= len(prompt)) if not whole else (start < len(prompt) and not prompt.startswith(token, start)):
            return None
    of_prompt = [start for start in starts if start < len(prompt)]
    later = [*sorted(set(of_prompt)), len(prompt)]
    following = dict(pairwise(later))
    return [following[start] for start in of_prompt]
