"""Observations shown as evidence, and the words of an explanation among them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import punctuation
from typing import Any

from audit.record import Observation
from audit.render import wording

MOST_WORDS = 120
ASKED_FIRST = ("text", "explained", "context", "question", "prompt", "answer", "answers")
"""Names in an observation's detail that are shown before all others; those follow by the alphabet."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of an explained text: what it added to the score, and that as a share of the largest such number.

    ``is_term`` marks a word of the term that the explanation is about.
    """

    text: str
    attribution: str
    strength: float
    is_term: bool


@dataclass(frozen=True)
class Piece:
    """An observation shown as evidence, with its anchor."""

    anchor: str
    observation: Observation

    @property
    def score(self) -> str:
        known = wording.finite(self.observation.score)
        return "not scored" if known is None else f"score {wording.plain_number(known)}"

    @property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """The observation's detail as (name, text), what was asked first; what is not a text is shown as JSON."""
        shown = ("words", "attributions", "term") if self.words else ()
        named = sorted((str(name), value) for name, value in self.observation.detail.items() if name not in shown)
        return tuple((name, as_text(value)) for name, value in sorted(named, key=lambda pair: _place(pair[0])))

    @property
    def words(self) -> tuple[Word, ...]:
        """The words of an explained text with their attributions; empty when this is no explanation."""
        words, numbers = (self.observation.detail.get(name) for name in ("words", "attributions"))
        if (
            not isinstance(words, list | tuple)
            or not isinstance(numbers, list | tuple)
            or len(words) != len(numbers)
        ):
            return ()
        known = [_number(n) for n in numbers]
        largest = max((abs(n) for n in known if n is not None), default=0.0) or 1.0
        term = _term(self.observation.detail.get("term"), [str(word) for word in words])
        pairs = list(zip(words, known, strict=True))[:MOST_WORDS]
        return tuple(
            Word(str(word), _signed(n), (n or 0.0) / largest, place in term)
            for place, (word, n) in enumerate(pairs)
        )

    @property
    def words_left_out(self) -> int:
        """How many words of an explained text are not shown."""
        return len(self.observation.detail["words"]) - len(self.words) if self.words else 0


def as_text(value: Any, between: str = "\n") -> str:
    """A value of JSON for readers: texts as they are, numbers short, lists of either with ``between`` them."""
    if isinstance(value, list | tuple) and all(isinstance(part, str | int | float) for part in value):
        numbers = not any(isinstance(part, str) for part in value)
        return (", " if numbers else between).join(as_text(part) for part in value) or "none"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    if isinstance(value, int | float):
        known = wording.finite(value)
        return wording.NOT_MEASURED if known is None else wording.plain_number(known)
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and all(isinstance(part, str | int | float) for part in value.values()):
        return between.join(f"{key}: {as_text(value[key])}" for key in sorted(value, key=str)) or "none"
    return json.dumps(_printable(value), ensure_ascii=False, default=str)


def _term(term: Any, words: list[str]) -> set[int]:
    """Positions of the words of the term, which is given as positions or as text."""
    if isinstance(term, list | tuple):
        return {place for place in term if isinstance(place, int)}
    named = term.casefold().split() if isinstance(term, str) else []
    return {place for place, word in enumerate(words) if word.strip(punctuation).casefold() in named}


def _place(name: str) -> int:
    return ASKED_FIRST.index(name) if name in ASKED_FIRST else len(ASKED_FIRST)


def _signed(number: float | None) -> str:
    text = wording.quantity(number, "", 2)
    return f"+{text}" if number and number > 0 else text


def _number(value: Any) -> float | None:
    return wording.finite(float(value)) if isinstance(value, int | float) else None


def _printable(value: Any) -> Any:
    if isinstance(value, float):
        return wording.NOT_MEASURED if wording.finite(value) is None else value
    if isinstance(value, Mapping):
        return {str(key): _printable(part) for key, part in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [_printable(part) for part in value]
    return value
