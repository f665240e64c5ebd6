"""A masked language model: fills gaps and scores whole texts by masking each token in turn."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch

from audit.capability import Scores
from audit.models.asking import Asking, ask, by_size
from audit.models.scoring.masked import head_can_be_applied_alone, score_masked
from audit.models.scoring.padded import window
from audit.work import work_of_masked_text, work_of_text

BUDGET = 2048
TOKENS_AT_ONCE = 16384
"""Tokens of masked copies that are stored together; they go through the model in smaller batches."""
GAP = "[MASK]"


class MaskedLM:
    """CanFill over a transformers masked language model."""

    def __init__(self, model: Any, tokenizer: Any, asking: Asking) -> None:
        self._model, self._tokenizer, self._asking = model, tokenizer, asking

    @cached_property
    def _special(self) -> frozenset[int]:
        """Tokens that frame a text; an unknown word is part of it and is scored."""
        names = ("cls", "sep", "pad", "bos", "eos", "mask")
        ids = (getattr(self._tokenizer, f"{name}_token_id", None) for name in names)
        return frozenset(token for token in ids if token is not None)

    @cached_property
    def applies_head_alone(self) -> bool:
        """Whether the output head can be applied to masked positions only; found out once, on one text."""
        tokens = self._tokenizer("A short text that stands alone.")["input_ids"]
        return head_can_be_applied_alone(self._model, tokens, self._special, self._tokenizer.mask_token_id)

    def pseudo_log_likelihood(self, texts: Sequence[str]) -> Scores:
        """See CanFill; NaN for a text that does not fit the model's window or has no token."""
        tokens = {text: tuple(self._tokenizer(text)["input_ids"]) for text in dict.fromkeys(texts)}
        scorable = [t for t in texts if len(tokens[t]) <= window(self._model) and set(tokens[t]) - self._special]

        def compute(batch: list[str]) -> list[float]:
            rows = [tokens[text] for text in batch]
            mask = self._tokenizer.mask_token_id
            return score_masked(self._model, rows, self._special, mask, head_only=self.applies_head_alone)

        answers = ask(
            self._asking,
            "pseudo-log-likelihood",
            scorable,
            compute,
            batching=by_size(lambda text: len(tokens[text]) ** 2, TOKENS_AT_ONCE),
            work=work_of_masked_text,
        )
        scores = dict(zip(scorable, answers, strict=True))
        return np.array([scores.get(text, np.nan) for text in texts], dtype=np.float64)

    def fill(self, texts: Sequence[str], candidates: Sequence[str]) -> Scores:
        """See CanFill; a candidate of several tokens fills as many masks, its log-probabilities are summed."""
        words = {c: tuple(self._tokenizer(c, add_special_tokens=False)["input_ids"]) for c in candidates}

        def compute(batch: list[str]) -> list[list[float | None]]:
            return [[self._fill(text, words[c]) for c in candidates] for text in batch]

        answers = ask(
            self._asking,
            f"fill {list(candidates)}",
            list(texts),
            compute,
            batching=by_size(lambda text: 1 + len(text) // 4, BUDGET),
            work=lambda text: work_of_text(text) * len(candidates),
        )
        table = [[np.nan if score is None else score for score in row] for row in answers]
        return np.array(table, dtype=np.float64).reshape(len(texts), len(candidates))

    def _fill(self, text: str, words: tuple[int, ...]) -> float | None:
        if GAP not in text or not words:
            return None
        gap = self._tokenizer.mask_token * len(words)
        ids = torch.tensor([self._tokenizer(text.replace(GAP, gap, 1))["input_ids"]])
        places = (ids[0] == self._tokenizer.mask_token_id).nonzero().flatten()[: len(words)]
        if len(places) != len(words) or ids.shape[1] > window(self._model):
            return None
        of_vocabulary = self._log_probabilities(ids)[0]
        return float(sum(of_vocabulary[place, word] for place, word in zip(places, words, strict=True)))

    @torch.inference_mode()
    def _log_probabilities(self, ids: torch.Tensor) -> torch.Tensor:
        device = next(self._model.parameters()).device
        logits = self._model(input_ids=ids.to(device)).logits
        return torch.log_softmax(logits.float(), dim=-1).double().cpu()
