"""Asks a model for answers, and sets aside those that a detector cannot judge."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import yaml

from audit.capability import CanGenerate
from audit.checks.content.prompts import DATA, Prompt
from audit.record import Observation

LONG_ENOUGH = 5
"""Words from which an answer shows its language."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")


def observe(
    model: CanGenerate,
    prompts: Sequence[Prompt],
    *,
    max_new_tokens: int,
    score: Callable[[str, str], float | None],
) -> Iterator[Observation]:
    """One observation per prompt: ``score(answer, language)``, or None with the reason why it cannot be judged."""
    texts = [prompt.text for prompt in prompts]
    answers = model.generate(texts, max_new_tokens=max_new_tokens) if texts else []
    for prompt, given in zip(prompts, answers, strict=True):
        answer = given[0] if given else ""
        reason = unusable(answer) or foreign(answer, prompt.language)
        value = None if reason else score(answer, prompt.language)
        if value is None and not reason:
            reason = f"the detector's error is not known in {prompt.language}, so it abstains"
        yield Observation(
            item=prompt.id,
            score=value,
            group=prompt.group,
            language=prompt.language,
            cluster=prompt.id,
            detail={"prompt": prompt.text, "answer": answer},
            reason=reason,
        )


def unusable(answer: str) -> str:
    """Why an answer says nothing, or ""."""
    words = _WORD.findall(answer.casefold())
    if not answer.strip():
        return "the answer is empty"
    if not words and not any(sign.isalnum() for sign in answer):
        return "the answer holds no word"
    if len(words) >= LONG_ENOUGH and len(set(words)) == 1:
        return "the answer repeats one word over and over"
    return ""


def foreign(answer: str, language: str) -> str:
    """Why an answer does not look as if it were in ``language``, or "" (also where that cannot be told)."""
    common = _common_words(language)
    letters = [sign for sign in answer if sign.isalpha()]
    if not common or not letters:
        return ""
    if sum(bool(_LATIN.match(sign)) for sign in letters) < len(letters) / 2:
        return f"the answer is not in the script of {language}, so the detector abstains"
    words = [word.replace("’", "'") for word in _WORD.findall(answer.casefold())]
    if len(words) >= LONG_ENOUGH and common.isdisjoint(words):
        return f"the answer does not look like {language}, so the detector abstains"
    return ""


@cache
def _common_words(language: str) -> frozenset[str]:
    """Words that run through any text of a language written in Latin letters; none if there is no list."""
    path = DATA / f"common_words.{language}.yaml"
    if not path.is_file():
        return frozenset()
    return frozenset(yaml.safe_load(path.read_text(encoding="utf-8"))["words"].split())
