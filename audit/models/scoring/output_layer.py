"""The output layer by parts of the vocabulary, for all states together: the weights are read once.

Only where a model's head ends in a linear layer whose answer is taken as it is. What happens before that layer is
the model's own code; a head that changes the logits afterwards (a cap, a scale) is noticed, and applied whole.
"""

from collections.abc import Iterator
from typing import Any

import torch

from audit.models.bf16x3 import LinearBf16x3, split
from audit.models.scoring.head import BYTES, Given, body_of

MARKS = (-40.0, 0.5, 40.0)
"""Stands for logits; what caps, scales or shifts logits changes one of these."""
MULTIPLE = 512
"""Words of a part, for products of matrices of even sizes."""


def states_at_output_layer(model: Any, states: torch.Tensor) -> torch.Tensor | None:
    """What reaches the output layer from ``states`` (n, hidden); None where its answer is not the model's."""
    layer = model.get_output_embeddings()
    if type(layer) not in (torch.nn.Linear, LinearBf16x3):
        return None
    reached: list[torch.Tensor] = []
    marks = states.new_tensor(MARKS)

    def answer_marks(given: torch.Tensor) -> torch.Tensor:
        reached.append(given)
        return marks.expand(*given.shape[:-1], len(MARKS))

    body = body_of(model)
    layer.forward = answer_marks
    setattr(model, model.base_model_prefix, Given(states[:, None]))
    try:
        dummy = torch.zeros((len(states), 1), dtype=torch.long, device=states.device)
        logits = model(input_ids=dummy).logits
    except (AttributeError, RuntimeError, TypeError, ValueError):
        return None  # a head that looks into the body, or adds something for each word
    finally:
        setattr(model, model.base_model_prefix, body)
        del layer.forward
    expected = marks.expand(len(states), 1, len(MARKS))
    once = len(reached) == 1 and reached[0].shape[:2] == (len(states), 1)
    return reached[0][:, 0] if once and torch.equal(logits.to(marks), expected) else None


def logits_by_words(layer: Any, states: torch.Tensor) -> Iterator[tuple[int, torch.Tensor]]:
    """Logits of consecutive parts of the vocabulary, each with its first word; (len(states), words of the part).

    ``layer`` is a torch.nn.Linear. A part is overwritten by the next.
    """
    size = max(MULTIPLE, BYTES // (len(states) * states.element_size()) // MULTIPLE * MULTIPLE)
    buffer = states.new_empty(len(states) * min(size, len(layer.weight)))
    parts = split(states) if isinstance(layer, LinearBf16x3) and layer.pays_for(len(states)) else None
    for first in range(0, len(layer.weight), size):
        weights = layer.weight[first : first + size]
        logits = buffer[: len(states) * len(weights)].view(len(states), len(weights))
        if parts is not None:
            layer.outputs(parts, first, logits)
        elif layer.bias is None:
            torch.mm(states, weights.t(), out=logits)
        else:
            torch.addmm(layer.bias[first : first + size], states, weights.t(), out=logits)
        yield first, logits
