"""An encoder: one vector for each text."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from audit.capability import Vectors
from audit.models.asking import Asking, ask, by_size
from audit.models.padding import padded
from audit.models.scoring.padded import window
from audit.work import work_of_text

BUDGET = 2048


class Encoder:
    """CanEmbed over a transformers encoder; mean of the token vectors unless its folder asks for the first one."""

    def __init__(self, model: Any, tokenizer: Any, asking: Asking, folder: Path) -> None:
        self._model, self._tokenizer, self._asking = model, tokenizer, asking
        self._first = _pools_first_token(folder)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """See CanEmbed; a text longer than the window is cut, as the model's users cut it."""
        length = {text: len(self._tokenizer(text)["input_ids"]) for text in dict.fromkeys(texts)}

        @torch.inference_mode()
        def compute(batch: list[str]) -> list[list[float]]:
            device = next(self._model.parameters()).device
            inputs = padded(self._tokenizer, batch, device, window(self._model))
            states = self._model(**inputs).last_hidden_state
            if self._first:
                return [list(row) for row in states[:, 0].float().cpu().tolist()]
            weights = inputs["attention_mask"].unsqueeze(-1).to(states.dtype)
            return [list(row) for row in ((states * weights).sum(1) / weights.sum(1)).float().cpu().tolist()]

        answers = ask(
            self._asking,
            "embed",
            list(texts),
            compute,
            batching=by_size(lambda text: length[text], BUDGET),
            work=work_of_text,
        )
        return np.array(answers, dtype=np.float32)


def _pools_first_token(folder: Path) -> bool:
    """True where the sentence-transformers configuration beside the weights asks for the first token's vector."""
    try:
        stated = json.loads((folder / "1_Pooling" / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(isinstance(stated, dict) and stated.get("pooling_mode_cls_token"))
