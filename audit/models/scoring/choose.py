"""Shared prefixes where the model gives the same scores with them, padded batches where it does not."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from audit.models.bf16x3 import drop_bf16x3, strict
from audit.models.scoring.encode import encode
from audit.models.scoring.padded import fits, score_padded
from audit.models.scoring.shared import Attention, score_shared

TOLERANCE = 1e-3
"""Nats that sharing may move a score in float32; in bfloat16 rounding alone moves it further."""
STORY = (
    "When the new bridge was opened, the people of both villages came together for the first time in years. "
    "Somebody had brought a drum, and the children ran across the river and back until it was dark. Then"
)
PROBES = (
    ("The committee met on Monday", " and approved the plan."),
    ("The committee met on Monday", " because the hall was free."),
    ("The committee met", " in the old library near the river."),
    (STORY, " the mayor told them how the first bridge had been built."),
    (STORY, " everybody went home."),
    ("", "A short text that stands alone."),
)


class Way(StrEnum):
    """How texts go through the model together."""

    BLOCKS = "token trie, attention by blocks"
    MASK = "token trie, attention with a mask"
    PADDED = "padded batches"

    @property
    def shares(self) -> bool:
        """Whether prefixes are shared."""
        return self is not Way.PADDED

    @property
    def attention(self) -> Attention:
        """The attention of the two ways that share prefixes."""
        return "blocks" if self is Way.BLOCKS else "mask"


def choose(model: Any, tokenizer: Any) -> Way:
    """The fastest way that changes no score of a few texts by more than TOLERANCE nats.

    In bfloat16 the texts' own rounding is greater than that: a tolerance of 2 % of a score is added. A model whose
    scores products of another kind change by more gets its own products back.
    """
    probes = [e for e in (encode(tokenizer, *probe) for probe in PROBES) if e.targets and fits(model, e)]
    if not probes:
        return Way.PADDED  # a window too small for any of them: nothing was compared
    with strict(model):
        plain = score_padded(model, probes)
    if not _same(model, score_padded(model, probes), plain):
        drop_bf16x3(model)
    for way in (Way.BLOCKS, Way.MASK):
        try:
            shared = score_shared(model, probes, way.attention)
        except (ValueError, RuntimeError, TypeError, IndexError, AttributeError, KeyError, NotImplementedError):
            continue  # an architecture that refuses a mask of its own (ALiBi, say) or has another head
        if _same(model, shared, plain):
            return way
    return Way.PADDED


def _same(model: Any, scores: Sequence[float], plain: Sequence[float]) -> bool:
    return all(abs(a - b) <= tolerance(model, b) for a, b in zip(scores, plain, strict=True))


def tolerance(model: Any, score: float) -> float:
    """Nats that a way of batching may move a score; rounding of 16-bit arithmetic comes on top."""
    rounding = 0.0 if next(model.parameters()).element_size() > 2 else 0.02 * abs(score)
    return TOLERANCE + rounding


def may_share(model: Any, longest: int) -> bool:
    """Whether texts of ``longest`` tokens may share prefixes: a sliding window would not be respected."""
    sliding = getattr(model.config.get_text_config(), "sliding_window", None)
    return sliding is None or longest <= int(sliding)
