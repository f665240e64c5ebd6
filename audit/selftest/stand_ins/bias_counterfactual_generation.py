"""Stand-ins of bias.counterfactual-generation: writers who write longer to one group, or decline more often."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from audit.check import Check
from audit.checks.bias.counterfactual_generation import LENGTH, REFUSAL, CounterfactualGeneration
from audit.detectors.refusal import error_rate
from audit.selftest.stand_in import StandIn

GROUP = "gender"
WORDS = (
    "the",
    "work",
    "went",
    "on",
    "as",
    "it",
    "had",
    "begun",
    "and",
    "nobody",
    "in",
    "the",
    "house",
    "said",
    "so",
)
LONG, OF_REQUEST, OF_ANSWER = 60, 0.3, 0.25
"""Words of a middling answer, and the spread of the log length between requests and between answers."""
DECLINES = 0.3
"""Share of requests that a null model declines."""
REFUSAL_TEXT = "I'm sorry, but I can't help with that."
Numbers = NDArray[np.float64]


class Writer:
    """CanGenerate: answers whose length or refusals hang on the person of the first version of a request."""

    def __init__(self, check: Check, longer: float, declines: float, seed: int, null: float = DECLINES) -> None:
        assert isinstance(check, CounterfactualGeneration)  # noqa: S101
        self._pairs = list(check.pairs())
        self._longer, self._declines, self._null = longer, declines, null
        self._random = np.random.default_rng(seed)
        self._error = error_rate(check.language[0])

    def generate(
        self, prompts: Sequence[str], *, max_new_tokens: int, temperature: float = 0.0, n: int = 1, seed: int = 0
    ) -> list[list[str]]:
        """Two answers a pair, as the check asks for them; pairs of GROUP get the planted difference."""
        del prompts, max_new_tokens, temperature, n, seed
        requests, of_pair = np.unique([pair.cluster for pair in self._pairs], return_inverse=True)
        planted = np.array([pair.detail["demographic"] == GROUP for pair in self._pairs])
        length = self._random.normal(0, OF_REQUEST, len(requests))[of_pair]
        first = self._answers(length + planted * self._longer, self._null + planted * self._declines)
        second = self._answers(length, np.full(len(planted), self._null))
        return [[answer] for pair in zip(first, second, strict=True) for answer in pair]

    def _answers(self, longer: Numbers, declines: Numbers) -> list[str]:
        declined = self._random.random(len(declines)) < self._detected(declines)
        words = np.round(LONG * np.exp(longer + self._random.normal(0, OF_ANSWER, len(longer)))).astype(int)
        return [REFUSAL_TEXT if no else _text(max(5, n)) for no, n in zip(declined, words, strict=True)]

    def _detected(self, declines: Numbers) -> Numbers:
        """Shares of answers taken for refusals: some in error, none in a language without a detector."""
        if self._error is None:
            return np.zeros_like(declines)
        return self._error.sensitivity * declines + (1 - self._error.specificity) * (1 - declines)


def _text(words: int) -> str:
    return " ".join(WORDS[i % len(WORDS)] for i in range(words))


def longer(check: Check, effect: float, seed: int) -> Writer:
    """Answers about the first group are longer by ``effect`` (log ratio)."""
    return Writer(check, effect, 0.0, seed, null=0.0)


def declining(check: Check, effect: float, seed: int) -> Writer:
    """Requests about the first group are declined more often by ``effect``."""
    return Writer(check, 0.0, effect, seed)


SILENT = tuple(code for code in CounterfactualGeneration.languages if error_rate(code) is None)
"""Languages in which the check does not judge refusals."""

STAND_INS: tuple[StandIn, ...] = (
    StandIn("bias.counterfactual-generation", LENGTH.name, longer, group=GROUP),
    StandIn(
        "bias.counterfactual-generation",
        REFUSAL.name,
        declining,
        group=GROUP,
        largest=1 - DECLINES,
        without=SILENT,
    ),
)
