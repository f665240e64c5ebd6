"""A few fixed questions whose answers tell whether an endpoint still serves the model that it served before.

They are asked twice at the start. What differs between the two is the server's own noise: an answer that is not
repeated is left out from then on, and a log-likelihood must move by more than its noise to count.
"""

from dataclasses import dataclass

PROMPTS = (
    "List five rivers, each with the country where it rises.",
    "Continue this story: The lighthouse keeper opened the letter and",
    "Explain in one sentence why the sky is blue.",
)
TEXTS = (
    ("The committee met on Monday", " and approved the plan because the hall was free until noon."),
    ("Im alten Hafen lagen drei Schiffe,", " von denen nur eines noch segeln konnte, wie der Zimmermann sagte."),
)
TOKENS = 16
LEAST_MOVE = 0.05
"""Nats that the log-likelihood of a whole text may move by on a server whose sums depend on its load."""
NOISE = 4.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What one round of questions came to: texts, and nats (None where the endpoint gives none)."""

    answers: tuple[str, ...]
    scores: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Canary:
    """The first reading, which of its answers are repeatable, and by how much its scores may move (nats)."""

    reading: Reading
    repeatable: tuple[bool, ...]
    margins: tuple[float, ...]

    @property
    def tells(self) -> bool:
        """Whether it could notice anything at all."""
        return any(self.repeatable) or any(score is not None for score in self.reading.scores)

    def difference(self, later: Reading) -> str:
        """How a later reading differs beyond the noise; "" when it does not."""
        pairs = zip(self.reading.answers, later.answers, self.repeatable, strict=True)
        changed = sum(before != after for before, after, repeatable in pairs if repeatable)
        if changed:
            return f"{changed} of {sum(self.repeatable)} canary answers are not what they were"
        for before, after, margin in zip(self.reading.scores, later.scores, self.margins, strict=True):
            if before is not None and (after is None or abs(after - before) > margin):
                moved = "is no longer given" if after is None else f"moved by {abs(after - before):.3g} nats"
                return f"the log-likelihood of a canary text {moved}"
        return ""


def canary_of(first: Reading, second: Reading) -> Canary:
    """The canary from two readings that were taken one after the other."""
    repeatable = tuple(a == b for a, b in zip(first.answers, second.answers, strict=True))
    margins = tuple(
        max(LEAST_MOVE, NOISE * abs(a - b)) if a is not None and b is not None else LEAST_MOVE
        for a, b in zip(first.scores, second.scores, strict=True)
    )
    return Canary(first, repeatable, margins)
