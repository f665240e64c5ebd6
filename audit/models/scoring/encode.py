"""From (context, continuation) to tokens, and which of them are scored."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of context and continuation together; the last ``targets`` of them are scored."""

    ids: tuple[int, ...]
    targets: int


def encode(tokenizer: Any, context: str, continuation: str) -> Encoded:
    """Tokens of one request.

    An empty context is the model's start token (or its end token, if it has no start token), so that the first
    token of a text is conditioned on the start of a text, as in lm-evaluation-harness. Otherwise context and
    continuation are tokenised together, and a token that straddles their border belongs to the continuation.
    """
    if not context:
        ids = tokenizer(continuation, add_special_tokens=False)["input_ids"]
        return Encoded((start_token(tokenizer), *ids), len(ids))
    encoded = tokenizer(context + continuation, return_offsets_mapping=True)
    ids, offsets = list(encoded["input_ids"]), list(encoded["offset_mapping"])
    while ids and offsets[-1][0] == offsets[-1][1]:  # an end token that the tokenizer appends
        ids.pop()
        offsets.pop()
    targets = sum(end > len(context) for _, end in offsets)
    if targets == len(ids):
        ids.insert(0, start_token(tokenizer))
    return Encoded(tuple(ids), targets)


def start_token(tokenizer: Any) -> int:
    """The token that stands for the start of a text."""
    start = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    return int(start if start is not None else tokenizer.cls_token_id)
