"""A masked language model: fills gaps and scores whole texts by masking each token in turn."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from audit.capability import Scores
from audit.models.asking import Asking, ask, by_size
from audit.models.scoring.padded import window
from audit.work import work_of_masked_text, work_of_text

BUDGET = 2048
GAP = "[MASK]"


class MaskedLM:
    """CanFill over a transformers masked language model."""

    def __init__(self, model: Any, tokenizer: Any, asking: Asking) -> None:
        self._model, self._tokenizer, self._asking = model, tokenizer, asking

    def pseudo_log_likelihood(self, texts: Sequence[str]) -> Scores:
        """See CanFill; NaN for a text that does not fit the model's window or has no token."""
        tokens = {text: tuple(self._tokenizer(text)["input_ids"]) for text in dict.fromkeys(texts)}

        def compute(batch: list[str]) -> list[float | None]:
            return [self._score(tokens[text]) for text in batch]

        answers = ask(
            self._asking,
            "pseudo-log-likelihood",
            list(texts),
            compute,
            batching=by_size(lambda text: len(tokens[text]) ** 2, BUDGET),
            work=work_of_masked_text,
        )
        return np.array([np.nan if answer is None else answer for answer in answers], dtype=np.float64)

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

    def _score(self, tokens: tuple[int, ...]) -> float | None:
        special = set(self._tokenizer.all_special_ids)
        places = [i for i, token in enumerate(tokens) if token not in special]
        if not places or len(tokens) > window(self._model):
            return None
        ids = torch.tensor(tokens).repeat(len(places), 1)
        rows = torch.arange(len(places))
        ids[rows, places] = self._tokenizer.mask_token_id
        total = 0.0
        step = max(1, BUDGET // len(tokens))
        for start in range(0, len(places), step):
            part = slice(start, start + step)
            of_vocabulary = self._log_probabilities(ids[part])
            for row, place in enumerate(places[part]):
                total += float(of_vocabulary[row, place, tokens[place]])
        return total

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
