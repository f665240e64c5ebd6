"""Is an attribution faithful? The words it names are removed, and so are others, and the score tells."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, comb

import numpy as np

from audit.checks.explain.shapley import Masks, Scores, ScoreTexts

REMOVED = 1 / 3
"""Share of the words that is removed: single words would be scored on the evaluations they were derived from."""
NOISE = 1e-6
"""Scores that differ by less are the same: what single precision leaves of a difference."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """How far the score moved when words were removed: the strongest ones, and as many others, drawn at random."""

    removed: tuple[int, ...]
    strongest: float
    random: tuple[float, ...]

    @property
    def beaten(self) -> float:
        """Share of the random removals that moved the score less far; 0 to 1, by chance 0.5."""
        return sum(change < self.strongest - NOISE for change in self.random) / len(self.random)


def strongest_words(attributions: Sequence[float]) -> tuple[int, ...]:
    """Positions of the third of the words that push the score furthest the way the strongest word pushes it."""
    values = np.asarray(attributions)
    push = values * direction(attributions)
    count = min(ceil(REMOVED * len(values)), len(values) - 1)
    return tuple(sorted(int(i) for i in np.argsort(-push, kind="stable")[:count]))


def direction(attributions: Sequence[float]) -> float:
    """1 where the strongest word raises the score, -1 where it lowers it."""
    return 1.0 if max(attributions, key=abs) >= 0 else -1.0


def deletion_masks(attributions: Sequence[float], *, draws: int, seed: str) -> Masks:
    """The whole text, it without its strongest words, and at most ``draws`` times it without others."""
    size, strongest = len(attributions), strongest_words(attributions)
    generator = random.Random(seed)
    others: set[tuple[int, ...]] = set()
    while len(others) < min(draws, comb(size, len(strongest)) - 1):
        others.add(tuple(sorted(generator.sample(range(size), len(strongest)))))
        others.discard(strongest)
    masks = np.ones((2 + len(others), size), dtype=np.bool_)
    for row, removed in enumerate([strongest, *sorted(others)], start=1):
        masks[row, list(removed)] = False
    return masks


def deletion(attributions: Sequence[float], scores: Scores) -> Deletion:
    """The outcome, given the scores of deletion_masks, in their order."""
    changes = direction(attributions) * (scores[0] - scores[1:])
    return Deletion(strongest_words(attributions), float(changes[0]), tuple(map(float, changes[1:])))


def removal_scores(
    attributions: Sequence[Sequence[float]], score: ScoreTexts, *, draws: int, seeds: Sequence[str]
) -> list[Scores]:
    """The scores of each text's deletion_masks; all texts are evaluated in one call."""
    masks = [
        deletion_masks(values, draws=draws, seed=seed) for values, seed in zip(attributions, seeds, strict=True)
    ]
    requests = [(text, mask) for text, rows in enumerate(masks) for mask in rows]
    if not requests:
        return []
    return list(np.split(score(requests), np.cumsum([len(rows) for rows in masks])[:-1]))
