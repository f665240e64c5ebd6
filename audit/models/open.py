"""From a target to the one adapter class of its kind."""

from pathlib import Path

from audit.endpoint.client import Pace
from audit.errors import InputError
from audit.models.asking import Advance, Asking, silent
from audit.models.response_cache import ResponseCache
from audit.target.cache_folder import ANSWERS, cache_folder
from audit.target.target import ModelKind, Target

DTYPES = ("float32", "bfloat16")


def open_model(
    target: Target,
    *,
    dtype: str = "float32",
    device: str = "cpu",
    cache: Path | None = None,
    advance: Advance = silent,
    pace: Pace | None = None,
) -> object:
    """The target as an object with the capabilities of its kind (``audit.models.kinds``).

    ``cache`` is the response cache's file (None: the shared one). Raises TargetError when the target cannot be
    loaded whole and without running its code. An endpoint is asked at ``pace``; dtype and device are its server's.
    """
    if target.endpoint is not None:
        from audit.models.endpoint import open_endpoint_model

        answers = cache or cache_folder() / ANSWERS
        return open_endpoint_model(target, target.endpoint, pace or Pace(), answers, advance)

    import torch
    import transformers

    from audit.models.load import load

    if dtype not in DTYPES:
        raise InputError(f"There is no dtype {dtype}: choose {' or '.join(DTYPES)}.")
    if not _has(device):
        raise InputError(f"This machine has no device {device}: leave out --device to use the CPU.")
    model, tokenizer = load(target, dtype, device)
    asking = Asking(
        identity=target.digest,
        cache=ResponseCache(cache or cache_folder() / ANSWERS),
        advance=advance,
        settings={
            "dtype": dtype,
            "device": device,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        },
    )
    return _adapter(target, model, tokenizer, asking)


def _adapter(target: Target, model: object, tokenizer: object, asking: Asking) -> object:
    from audit.models.causal_lm import CausalLM
    from audit.models.encoder import Encoder
    from audit.models.load import path_of
    from audit.models.masked_lm import MaskedLM
    from audit.models.text_classifier import TextClassifier

    if target.kind == ModelKind.CAUSAL_LM:
        return CausalLM(model, tokenizer, asking)
    if target.kind == ModelKind.MASKED_LM:
        return MaskedLM(model, tokenizer, asking)
    if target.kind == ModelKind.TEXT_CLASSIFIER:
        return TextClassifier(model, tokenizer, asking)
    return Encoder(model, tokenizer, asking, path_of(target))


def _has(device: str) -> bool:
    import torch

    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError):
        return False
    return True
