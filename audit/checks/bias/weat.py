"""Do the vectors of two sets of words lie nearer to one concept than to another (WEAT)?

## What it measures
Word lists that the user gives (option `data`; nothing is shipped): one file or a folder of WEATHub, of SEAT, or
of the same layout. A test has two sets of target words (flowers, insects; names of two groups) and two of
attribute words (pleasant, unpleasant; career, family). The differential association of a target word is its mean
cosine with the first attributes less its mean cosine with the second.

- `effect-size`: WEAT's d (standard deviations, ideal 0), one group for each test. It is the mean association of
  the first targets less that of the second, over the sample standard deviation of all. Above 0, the first targets
  lie nearer to the first attributes; two sets of equal size reach at most 2. The interval inverts the noncentral t
  distribution, widened for the shape of the associations. The p-value is the share of re-partitions of the target
  words whose means differ by as much or more in either direction: all of them up to 200,000 (two sets of ten
  words), else 20,000 drawn by `seed`, and the observed one counts among them.

Whether an association is a harm depends on the lists: that flowers are pleasant is none, that names of one group
are unpleasant is stereotyping, a harm of representation; it reaches whatever sorts, searches or matches by these
vectors.

## How to read it
The sampling unit is the target word. The interval speaks of target words like these with these attributes; other
attribute words may well give another d. By the custom for d, 0.2 is small, 0.5 medium, 0.8 large; with eight words
a set only 1.25 and more is reliably found, with 25 words 0.8. The evidence lists the words farthest from the mean.
A word without a vector (out of the vocabulary of word vectors) is an observation without a score and counts as
missing; a set that keeps less than half of its words has no result, and neither have fewer than four target words.
A word that a list holds twice counts once. `limit` caps the words of each target set.

## Limits
Association in vectors is no proof of behaviour downstream. A word alone is an unusual text for an encoder that
reads sentences, and contextual encoders often show less here than in use (May et al. 2019); small d is weak
evidence for them. Machine-translated lists hold words that repeat, or that stand in both sets and cancel out; the
note counts both. So few words hardly show the shape of their associations, which the interval allows for: far from
0 it is wider than that of the noncentral t alone, and covers 95 to 99 %. d uses n - 1; tools that divide by n show
it larger by sqrt(n / (n - 1)). Word lists are public and may have been in the training data.

## Source
Caliskan, Bryson and Narayanan 2017, doi:10.1126/science.aal4230; May et al. 2019, https://aclanthology.org/N19-1063;
lists in many languages: Mukherjee et al. 2023, https://aclanthology.org/2023.emnlp-main.981. Drawn partitions:
Phipson and Smyth 2010, doi:10.2202/1544-6115.1585.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audit.capability import CanEmbed
from audit.check import Check, Metric, draw
from audit.datasets.weathub import SETS, AssociationTest, read_association_tests
from audit.errors import CheckError
from audit.record import Measurement, Observation
from audit.sample import Sample, sample

EFFECT = Metric(
    "effect-size",
    "standard deviations",
    0.0,
    "closer",
    "doi:10.1126/science.aal4230",
    "how much nearer the first target words lie to the first attributes than the second do",
)
KEPT = 0.5
"""The share of its words that a set needs vectors for: with fewer it is not the concept that was asked for."""
SHOWN = 5


@dataclass(frozen=True)
class Weat:
    """Differential association of target words with attribute words, in lists of the user."""

    id = "bias.weat"
    needs = (CanEmbed,)
    languages = ()
    metrics = (EFFECT,)

    data: Path | None = None
    encoding: str = "utf-8"
    limit: int | None = None
    part: float = 1.0
    seed: int = 0

    def probe(self, model: Any) -> Iterator[Observation]:
        """Embed the words of all tests in one call; the score of a word is its differential association."""
        if self.data is None:
            raise CheckError("bias.weat needs word lists: set bias.weat.data=PATH (a file or a folder)")
        tests = read_association_tests(Path(self.data), self.encoding)
        asked = [{name: self._words(test, name) for name in SETS} for test in tests]
        every = list(dict.fromkeys(word for sets in asked for words in sets.values() for word in words))
        vectors = dict(zip(every, np.asarray(model.embed(every), dtype=np.float64), strict=True))
        for test, sets in zip(tests, asked, strict=True):
            yield from _observed(
                test, {n: np.array([vectors[w] for w in words]) for n, words in sets.items()}, sets
            )

    def _words(self, test: AssociationTest, name: str) -> list[str]:
        words = list(test.sets[name].words)
        return draw(words, self.limit, self.seed, self.part) if name in SETS[:2] else words

    def measure(self, observations: Iterable[Observation]) -> Iterator[Measurement]:
        """The effect size of each test."""
        seen = sample(observations, _facts, clustered=False)
        if not seen:
            yield Measurement(EFFECT.name, None, reason="nothing was observed")
        for group, own in seen.groups():
            yield _effect(group, own, self.seed)


def _observed(
    test: AssociationTest, vectors: Mapping[str, NDArray[np.float64]], words: Mapping[str, list[str]]
) -> Iterator[Observation]:
    """One observation a word: a target's association with the attributes, an attribute's with the targets."""
    for names, others in ((SETS[:2], SETS[2:]), (SETS[2:], SETS[:2])):
        for name in names:
            near, far = (_nearness(vectors[name], vectors[other]) for other in others)
            for word, one, two in zip(words[name], near.tolist(), far.tolist(), strict=True):
                yield _word(test, name, word, dict(zip(others, (one, two), strict=True)))


def _nearness(words: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean cosine of each word with those of the others that have a vector; NaN where there is none."""
    from audit.stats.association import cosines

    found = cosines(words, others)
    known = np.isfinite(found).any(axis=0)
    return found[:, known].mean(axis=1) if known.any() else np.full(len(words), np.nan)


def _word(test: AssociationTest, name: str, word: str, nearness: Mapping[str, float]) -> Observation:
    one, two = nearness.values()
    known = bool(np.isfinite(one) and np.isfinite(two))
    return Observation(
        item=f"{test.name}/{name}/{word}",
        score=one - two if known else None,
        group=test.title,
        detail={
            "word": word,
            "set": name,
            "concept": test.sets[name].category,
            "listed": test.sets[name].words[word],
            "elsewhere": [n for n in SETS if n != name and word in test.sets[n].words],
            "mean cosine": {test.sets[n].category: value for n, value in nearness.items()} if known else None,
        },
        reason=""
        if known
        else "the model has no vector for this word (or for none of those that it is compared with)",
    )


def _facts(observation: Observation) -> Mapping[str, float]:
    detail = observation.detail
    return {
        "set": SETS.index(detail["set"]),
        "repeated": detail["listed"] > 1,
        "elsewhere": bool(detail["elsewhere"]),
    }


def _effect(group: str, seen: Sample, seed: int) -> Measurement:
    from audit.stats.association import association
    from audit.stats.estimate import nothing

    sets = [seen.where(seen.fact("set") == number) for number in range(len(SETS))]
    first, second, *_ = (own.scored() for own in sets)
    lacking = _lacking(sets)
    estimate = nothing(lacking) if lacking else association(first.scores, second.scores, seed=seed)
    targets = seen.where(seen.fact("set") < 2).scored()
    return estimate.measurement(
        EFFECT.name,
        group=group,
        unit="word",
        missing=len(seen) - len(seen.scored()),
        evidence=targets.largest(np.abs(targets.scores - targets.scores.mean())) if targets else (),
        note=" ".join(_notes(seen)),
    )


def _lacking(sets: list[Sample]) -> str:
    """Which set kept too few words, or ""."""
    for name, own in zip(SETS, sets, strict=True):
        kept = len(own.scored())
        if kept < KEPT * len(own) or not kept:
            return f"the model has vectors for {kept} of the {len(own)} words of {name}: fewer than half"
    return ""


def _notes(seen: Sample) -> Iterator[str]:
    unknown = seen.where(np.isnan(seen.scores))
    if unknown:
        names = ", ".join(unknown.first(SHOWN)) + (", ..." if len(unknown) > SHOWN else "")
        yield f"No vector for {len(unknown)} of {len(seen)} words: {names}."
    for fact, what in (
        ("repeated", "stand twice in their list and count once"),
        ("elsewhere", "stand in two lists"),
    ):
        number = int(np.sum(seen.fact(fact) == 1))
        if number:
            yield f"{number} words {what}."


CHECKS: tuple[Check, ...] = (Weat(),)
