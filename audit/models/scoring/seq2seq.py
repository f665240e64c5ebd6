"""Sequence-to-sequence scoring: each context is encoded once, its continuations share the first step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from audit.models.encoder_decoder import (
    ContextStates,
    Decoder,
    Tokens,
    decoder_window,
    encoder_window,
    start_of_answer,
)
from audit.models.scoring.normaliser import log_normaliser


@dataclass(frozen=True, slots=True)
class Pair:
    """What the encoder reads, what the decoder reads first, and the tokens it is scored on."""

    context: Tokens
    prefix: Tokens
    continuation: Tokens


def encode_pair(model: Any, tokenizer: Any, context: str, continuation: str) -> Pair:
    """Tokens of one request.

    The encoder reads the context with the tokenizer's special tokens; an empty one is the end token alone. The
    decoder begins a text of its own, so white space in front of the continuation is dropped. It reads its start
    token and whatever special tokens stand in front of an answer; they are not scored, nor is an end token.
    """
    read = tokenizer(context)["input_ids"] if context else [tokenizer.eos_token_id]
    framed = tokenizer(text_target=continuation.lstrip())["input_ids"]
    plain = tokenizer(text_target=continuation.lstrip(), add_special_tokens=False)["input_ids"]
    forced = model.generation_config.forced_bos_token_id
    before = _in_front(framed, plain) if forced is None else [forced]
    return Pair(tuple(read), (start_of_answer(model), *before), tuple(plain))


def _in_front(framed: Sequence[int], plain: Sequence[int]) -> list[int]:
    """The special tokens that a tokenizer puts in front of a text."""
    for count in range(len(framed) - len(plain) + 1):
        if list(framed[count : count + len(plain)]) == list(plain):
            return list(framed[:count])
    return []


def scorable(model: Any, pair: Pair) -> bool:
    """Whether there is something to score and both halves of the model can read it."""
    decoded = len(pair.prefix) + len(pair.continuation) - 1
    fits = len(pair.context) <= encoder_window(model) and decoded <= decoder_window(model)
    return bool(pair.continuation) and fits


def context_batches(pairs: Sequence[Pair], tokens: int) -> Iterator[list[int]]:
    """Indices of ``pairs``, longest context first and those of one context together, in batches of ``tokens``."""

    def order(index: int) -> tuple[int, Tokens, int, Tokens]:
        pair = pairs[index]
        return -len(pair.context), pair.context, -len(pair.continuation), pair.continuation

    batch: list[int] = []
    read = written = 0
    for index in sorted(range(len(pairs)), key=order):
        read = max(read, len(pairs[index].context))
        written = max(written, len(pairs[index].continuation))
        if batch and (read + written) * (len(batch) + 1) > tokens:
            yield batch
            batch, read, written = [], len(pairs[index].context), len(pairs[index].continuation)
        batch.append(index)
    if batch:
        yield batch


@torch.inference_mode()
def score_pairs(model: Any, states: ContextStates, pairs: Sequence[Pair]) -> list[float]:
    """Sum of the log-probabilities of each continuation's tokens; nats. Every pair is scorable."""
    known = states.of(pair.context for pair in pairs)
    begun = {beginning: row for row, beginning in enumerate(dict.fromkeys((p.context, p.prefix) for p in pairs))}
    rows = [begun[pair.context, pair.prefix] for pair in pairs]
    decoder = Decoder(model, [known[context] for context, _ in begun])
    first = decoder.read([prefix for _, prefix in begun])[:, -1]
    of_first = first[rows, [pair.continuation[0] for pair in pairs]].double() - log_normaliser(first)[rows]
    scores = [float(score) for score in of_first]
    longer = [index for index, pair in enumerate(pairs) if len(pair.continuation) > 1]
    if longer:
        decoder.select([rows[index] for index in longer])
        rest = [pairs[index].continuation for index in longer]
        logits = decoder.read([tokens[:-1] for tokens in rest])
        for index, tokens, row in zip(longer, rest, logits, strict=True):
            of_vocabulary = row[: len(tokens) - 1]
            chosen = of_vocabulary[range(len(tokens) - 1), tokens[1:]].double()
            scores[index] += float((chosen - log_normaliser(of_vocabulary)).sum())
    return scores
