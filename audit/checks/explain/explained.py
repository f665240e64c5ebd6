"""The score that is explained, for each way in which a model can be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from audit.capability import CanClassify, CanScore, Scores
from audit.checks.explain.shapley import Masks, ScoreTexts
from audit.checks.explain.texts import Text

Variant = tuple[Text, Sequence[str]]
"""A text and the words that stand in for its own: some of them, or those with another term."""


@dataclass(frozen=True, slots=True)
class AttributeContrast:
    """How much likelier the stereotyped attribute is than its counterpart after the words; nats."""

    model: CanScore

    def words(self, text: Text) -> tuple[str, ...]:
        """The words that are explained."""
        return text.words

    def other(self, text: Text) -> tuple[str, ...]:
        """The same words with another demographic term."""
        return text.other

    def name(self, text: Text) -> str:
        """The score in a reader's words."""
        return f'log P("{text.attribute}") - log P("{text.counter}") after the text, nats'

    def scores(self, variants: Sequence[Variant]) -> Scores:
        """The score of each variant, NaN where the model gave none; shape (len(variants),)."""
        contexts = [" ".join(words) for _, words in variants]
        attributes = [f" {text.attribute}" for text, _ in variants]
        counters = [f" {text.counter}" for text, _ in variants]
        requests = list(zip(contexts * 2, attributes + counters, strict=True))
        likelihoods = _finite(self.model.log_likelihood(requests))
        return likelihoods[: len(variants)] - likelihoods[len(variants) :]


@dataclass(frozen=True, slots=True)
class LabelProbability:
    """Probability of the label that the whole text gets; 0 to 1. ``label`` maps items to that label's number."""

    model: CanClassify
    label: Mapping[str, int]

    def words(self, text: Text) -> tuple[str, ...]:
        """The words that are explained: here the attribute is part of the text."""
        return _sentence(text.words, text)

    def other(self, text: Text) -> tuple[str, ...]:
        """The same words with another demographic term."""
        return _sentence(text.other, text)

    def name(self, text: Text) -> str:
        """The score in a reader's words."""
        return f'P(label "{self.model.labels[self.label[text.item]]}")'

    def scores(self, variants: Sequence[Variant]) -> Scores:
        """The score of each variant, NaN where the model gave none; shape (len(variants),)."""
        probabilities = _finite(self.model.probabilities([" ".join(words) for _, words in variants]))
        return probabilities[np.arange(len(variants)), [self.label[text.item] for text, _ in variants]]


Explained = AttributeContrast | LabelProbability


def explained_score(model: object, texts: Sequence[Text]) -> Explained:
    """The score to explain for this model."""
    if isinstance(model, CanScore):
        return AttributeContrast(model)
    assert isinstance(model, CanClassify)  # noqa: S101  (the runner checks what a check needs)
    probabilities = _finite(model.probabilities([" ".join(_sentence(text.words, text)) for text in texts]))
    best = np.nan_to_num(probabilities, nan=-1.0).argmax(axis=1)
    return LabelProbability(model, {text.item: int(label) for text, label in zip(texts, best, strict=True)})


def worst_frames(explained: Explained, frames: Sequence[Text], worst: int) -> list[Text]:
    """The frames of each language whose score moves most when the term is exchanged, or cannot be had."""
    if not frames:
        return []
    pairs = [(text, explained.words(text)) for text in frames] + [(text, explained.other(text)) for text in frames]
    scores = explained.scores(pairs)
    contrasts = np.abs(scores[: len(frames)] - scores[len(frames) :])
    order = np.argsort(-np.nan_to_num(contrasts, nan=np.inf), kind="stable")
    ranked: dict[str, list[Text]] = {text.language: [] for text in frames}
    for i in order:
        ranked[frames[i].language].append(frames[i])
    return [text for language in ranked.values() for text in language[:worst]]


def masked_scores(explained: Explained, texts: Sequence[Text]) -> ScoreTexts:
    """The score of masked texts, all in one call; a request is a text's position and the words to keep."""
    words = [explained.words(text) for text in texts]

    def score(requests: Sequence[tuple[int, Masks]]) -> Scores:
        kept = [[word for word, keep in zip(words[i], mask, strict=True) if keep] for i, mask in requests]
        return explained.scores([(texts[i], variant) for (i, _), variant in zip(requests, kept, strict=True)])

    return score


def _sentence(words: tuple[str, ...], text: Text) -> tuple[str, ...]:
    return words + tuple(text.attribute.split())


def _finite(values: Scores) -> Scores:
    """The values with everything that is not a number to reckon with as NaN."""
    numbers = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)
