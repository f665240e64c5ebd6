"""A text classifier: probabilities of its labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from audit.capability import Scores
from audit.models.asking import Asking, ask, by_size
from audit.models.padding import padded
from audit.models.scoring.padded import window
from audit.work import work_of_text

BUDGET = 2048


class TextClassifier:
    """CanClassify over a transformers sequence classifier."""

    def __init__(self, model: Any, tokenizer: Any, asking: Asking) -> None:
        self._model, self._tokenizer, self._asking = model, tokenizer, asking
        names = model.config.id2label
        self.labels: tuple[str, ...] = tuple(str(names[i]) for i in range(model.config.num_labels))

    def probabilities(self, texts: Sequence[str]) -> Scores:
        """See CanClassify; a row of NaN for a text that does not fit the model's window."""
        length = {text: len(self._tokenizer(text)["input_ids"]) for text in dict.fromkeys(texts)}

        @torch.inference_mode()
        def compute(batch: list[str]) -> list[list[float] | None]:
            device = next(self._model.parameters()).device
            inputs = padded(self._tokenizer, batch, device, window(self._model))
            rows = self._shares(self._model(**inputs).logits.double()).cpu().tolist()
            return [row if length[t] <= window(self._model) else None for t, row in zip(batch, rows, strict=True)]

        answers = ask(
            self._asking,
            "probabilities",
            list(texts),
            compute,
            batching=by_size(lambda text: length[text], BUDGET),
            work=work_of_text,
        )
        nothing = [np.nan] * len(self.labels)
        table = [nothing if row is None else row for row in answers]
        return np.array(table, dtype=np.float64).reshape(len(texts), len(self.labels))

    def _shares(self, logits: torch.Tensor) -> torch.Tensor:
        if self._model.config.problem_type == "multi_label_classification" or logits.shape[-1] == 1:
            return torch.sigmoid(logits)
        return torch.softmax(logits, dim=-1)
