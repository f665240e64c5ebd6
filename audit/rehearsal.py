"""A check tried on stand-ins that only count: how much it will ask, before any model is loaded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from audit.attempt import Crash, attempt
from audit.capability import Scores, Vectors
from audit.check import Check
from audit.models.open import open_model
from audit.record import Measurement, Observation
from audit.target.labels import labels_of
from audit.target.target import ModelKind, Target
from audit.work import work_of_answer, work_of_filling, work_of_masked_text, work_of_text


@dataclass(frozen=True, slots=True)
class Cost:
    """What a check asks: requests of the model, and work in the unit of ``audit.work``. ``note`` if unknown."""

    requests: int = 0
    work: float = 0.0
    note: str = ""


class _Counter:
    def __init__(self) -> None:
        self.requests, self.work = 0, 0.0

    def count(self, works: Sequence[float]) -> None:
        self.requests += len(works)
        self.work += sum(works)


class _Answering(_Counter):
    def generate(
        self, prompts: Sequence[str], *, max_new_tokens: int, temperature: float = 0.0, n: int = 1, seed: int = 0
    ) -> list[list[str]]:
        del temperature, seed
        self.count([work_of_answer(prompt, max_new_tokens) for prompt in dict.fromkeys(prompts) for _ in range(n)])
        return [["rehearsal"] * n for _ in prompts]


class _Causal(_Answering):
    def log_likelihood(self, requests: Sequence[tuple[str, str]]) -> Scores:
        self.count([work_of_text(a + b) for a, b in dict.fromkeys(requests)])
        return -1.0 - np.arange(len(requests), dtype=np.float64) % 7


class _Masked(_Counter):
    def pseudo_log_likelihood(self, texts: Sequence[str]) -> Scores:
        self.count([work_of_masked_text(text) for text in dict.fromkeys(texts)])
        return -1.0 - np.arange(len(texts), dtype=np.float64) % 7

    def shared_pseudo_log_likelihood(self, pairs: Sequence[tuple[str, str]]) -> Scores:
        self.count([sum(map(work_of_masked_text, pair)) for pair in dict.fromkeys(pairs)])
        return -1.0 - np.arange(2 * len(pairs), dtype=np.float64).reshape(-1, 2) % 7

    def fill(self, texts: Sequence[str], candidates: Sequence[str]) -> Scores:
        self.count([work_of_filling(text, candidates) for text in dict.fromkeys(texts)])
        size = len(texts) * len(candidates)
        return -1.0 - (np.arange(size, dtype=np.float64) ** 2 % 7).reshape(len(texts), len(candidates))


class _Classifier(_Counter):
    def __init__(self, target: Target) -> None:
        super().__init__()
        self.labels = labels_of(target)

    def probabilities(self, texts: Sequence[str]) -> Scores:
        self.count([work_of_text(text) for text in dict.fromkeys(texts)])
        first = 0.5 + 0.01 * (np.arange(len(texts)) % 7)
        others = np.ones(len(self.labels) - 1) / max(1, len(self.labels) - 1)
        return np.concatenate([first[:, None], (1 - first)[:, None] * others], axis=1)


class _Encoder(_Counter):
    def embed(self, texts: Sequence[str]) -> Vectors:
        self.count([work_of_text(text) for text in dict.fromkeys(texts)])
        places = np.arange(len(texts))[:, None] * np.arange(1, 9)
        return (1 + places**2 % 11).astype(np.float32)


STAND_INS: dict[ModelKind, Callable[[Target], _Counter]] = {
    ModelKind.CAUSAL_LM: lambda _: _Causal(),
    ModelKind.MASKED_LM: lambda _: _Masked(),
    ModelKind.SEQ2SEQ_LM: lambda _: _Causal(),
    ModelKind.TEXT_CLASSIFIER: _Classifier,
    ModelKind.ENCODER: lambda _: _Encoder(),
    ModelKind.WORD_VECTORS: lambda _: _Encoder(),
}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A check's cost, and measurements whose values mean nothing and whose numbers of sampling units do."""

    cost: Cost
    measurements: tuple[Measurement, ...] = ()


def rehearse(check: Check, target: Target) -> Cost:
    """What ``check`` will ask a model of the target's kind.

    Errors raised on purpose (a data file that does not fit, say) pass through: better now than after an hour.
    """
    if target.kind == ModelKind.PREDICTIONS and not isinstance(target, check.needs):
        next(check.probe(open_model(target)), None)  # nothing is asked; what is wrong with the file shows at once
        return Cost()
    return _probed(check, target)[0]


def rehearsal(check: Check, target: Target) -> Rehearsal:
    """What ``check`` will ask, and on how many sampling units its numbers will rest."""
    cost, observations = _probed(check, target)
    measured = attempt(lambda: tuple(check.measure(observations)))
    return Rehearsal(cost, () if isinstance(measured, Crash) else measured.value)


def _probed(check: Check, target: Target) -> tuple[Cost, list[Observation]]:
    if isinstance(target, check.needs):
        return Cost(), []
    if target.kind == ModelKind.PREDICTIONS:
        return Cost(), list(check.probe(open_model(target)))
    answers_only = target.endpoint is not None and not target.endpoint.scores
    stand_in = _Answering() if answers_only else STAND_INS[target.kind](target)
    done = attempt(lambda: list(check.probe(stand_in)))
    if isinstance(done, Crash):
        return Cost(stand_in.requests, stand_in.work, f"cost unknown ({done.error})"), []
    return Cost(stand_in.requests, stand_in.work), done.value
