"""Shared prefixes where the model gives the same scores with them, padded batches where it does not."""

import inspect
from typing import Any

from audit.models.scoring.encode import encode
from audit.models.scoring.padded import fits, score_padded
from audit.models.scoring.trie import score_trie

TOLERANCE = 1e-3
PROBES = (
    ("The committee met on Monday", " and approved the plan."),
    ("The committee met on Monday", " because the hall was free."),
    ("The committee met", " in the old library near the river."),
    ("", "A short text that stands alone."),
)


def gives_same_scores(model: Any, tokenizer: Any) -> bool:
    """Whether sharing prefixes changes no score of a few texts by more than TOLERANCE nats."""
    if "logits_to_keep" not in inspect.signature(model.forward).parameters:
        return False
    probes = [e for e in (encode(tokenizer, *probe) for probe in PROBES) if e.targets and fits(model, e)]
    try:
        shared = score_trie(model, probes)
    except (ValueError, RuntimeError, TypeError, IndexError, NotImplementedError):
        return False  # an architecture that refuses a mask of its own (ALiBi, say)
    plain = score_padded(model, probes)
    return all(abs(a - b) <= TOLERANCE for a, b in zip(shared, plain, strict=True))


def may_share(model: Any, longest: int) -> bool:
    """Whether texts of ``longest`` tokens may share prefixes: a sliding window would not be respected."""
    sliding = getattr(model.config.get_text_config(), "sliding_window", None)
    return sliding is None or longest <= int(sliding)
