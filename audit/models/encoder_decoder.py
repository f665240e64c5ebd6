"""The two halves of a sequence-to-sequence model: contexts encoded once, and a decoder that goes on from there."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import DynamicCache, EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput

Tokens = tuple[int, ...]


class ContextStates:
    """Encoder outputs of the contexts in hand; those that the next batch does not need are forgotten."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._states: dict[Tokens, torch.Tensor] = {}

    def of(self, contexts: Iterable[Tokens]) -> dict[Tokens, torch.Tensor]:
        """States of each distinct context, shape (its tokens, hidden); the encoder reads only what is new."""
        wanted = list(dict.fromkeys(contexts))
        new = [context for context in wanted if context not in self._states]
        kept = {context: states for context, states in self._states.items() if context in set(wanted)}
        self._states = kept | (self._encoded(new) if new else {})
        return self._states

    @torch.inference_mode()
    def _encoded(self, contexts: Sequence[Tokens]) -> dict[Tokens, torch.Tensor]:
        device = next(self._model.parameters()).device
        ids = padded_ids(contexts, padding_of(self._model)).to(device)
        mask = padded_ids([[1] * len(context) for context in contexts], 0).to(device)
        states = self._model.get_encoder()(input_ids=ids, attention_mask=mask).last_hidden_state
        return {context: row[: len(context)].clone() for context, row in zip(contexts, states, strict=True)}


class Decoder:
    """A decoder part of the way through its texts: the contexts it attends to and what it has read."""

    def __init__(self, model: Any, contexts: Sequence[torch.Tensor]) -> None:
        self._model = model
        self._states = pad_sequence(list(contexts), batch_first=True)
        self._mask = padded_ids([[1] * len(context) for context in contexts], 0).to(self._states.device)
        self._cache = EncoderDecoderCache(DynamicCache(), DynamicCache())

    def read(self, texts: Sequence[Sequence[int]]) -> torch.Tensor:
        """Logits after each next token, shape (texts, longest, words); texts are padded on the right."""
        logits: torch.Tensor = self._model(
            encoder_outputs=BaseModelOutput(last_hidden_state=self._states),
            attention_mask=self._mask,
            decoder_input_ids=padded_ids(texts, padding_of(self._model)).to(self._states.device),
            past_key_values=self._cache,
            use_cache=True,
        ).logits
        return logits

    def select(self, rows: Sequence[int]) -> None:
        """Go on with these rows only; a row that is named twice goes on twice."""
        index = torch.tensor(rows, device=self._states.device)
        self._cache.batch_select_indices(index)
        self._states, self._mask = self._states[index], self._mask[index]


def padded_ids(rows: Sequence[Sequence[int]], padding: int) -> torch.Tensor:
    """Token ids, padded on the right; shape (rows, longest)."""
    return pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=padding)


def padding_of(model: Any) -> int:
    """The token that stands where nothing is."""
    return int(model.config.pad_token_id or 0)


def start_of_answer(model: Any) -> int:
    """The token that a decoder reads first."""
    stated = (
        getattr(settings, name, None)
        for name in ("decoder_start_token_id", "bos_token_id")
        for settings in (model.generation_config, model.config)
    )
    return int(next(token for token in stated if token is not None))


def encoder_window(model: Any) -> int:
    """The longest text that the encoder takes; tokens."""
    return _window(model, "max_encoder_position_embeddings")


def decoder_window(model: Any) -> int:
    """The longest text that the decoder takes; tokens."""
    return _window(model, "max_decoder_position_embeddings")


def _window(model: Any, own: str) -> int:
    names = (own, "max_position_embeddings", "n_positions")
    return int(next((size for name in names if (size := getattr(model.config, name, None))), 1 << 30))
