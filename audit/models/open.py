"""From a target to the one adapter class of its kind."""

import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from audit.endpoint.client import Pace
from audit.errors import InputError, TargetError
from audit.models.asking import Advance, Asking, silent
from audit.models.loaded import Load, path_of, refuse_threats
from audit.models.response_cache import ResponseCache
from audit.models.trial import Trial
from audit.target.cache_folder import ANSWERS, SIZING, cache_folder
from audit.target.target import ModelKind, Target

STRICT = "-strict"
DTYPES = ("float32", "bfloat16", f"float32{STRICT}")
"""Arithmetic of a model; float32 products may be made of bfloat16 ones (bf16x3) unless it is strict."""
TOKENS_NOTE = "tokens in one forward pass"


def open_model(
    target: Target,
    *,
    dtype: str = "float32",
    device: str = "cpu",
    cache: Path | None = None,
    advance: Advance = silent,
    batch_tokens: int | None = None,
    notes: dict[str, Any] | None = None,
    trial: Trial | None = None,
    pace: Pace | None = None,
) -> object:
    """The target as an object with the capabilities of its kind (``audit.models.kinds``), loaded when first asked.

    ``cache`` is the response cache's file (None: the shared one), ``batch_tokens`` fixes the tokens in one forward
    pass (None: measured), ``notes`` collects how the model was asked, and with a ``trial`` it is only tried.
    Raises TargetError, at the first request, when the target cannot be loaded whole and without running its code.
    An endpoint is asked at ``pace``; dtype and device are its server's. Word vectors and predictions have neither.
    """
    if target.kind == ModelKind.PREDICTIONS:
        from audit.models.predictions import Predictions

        return Predictions(path_of(target))
    if target.endpoint is not None:
        from audit.models.endpoint import open_endpoint_model

        answers = cache or cache_folder() / ANSWERS
        return open_endpoint_model(target, target.endpoint, pace or Pace(), answers, advance)
    notes = {} if notes is None else notes
    if target.kind == ModelKind.WORD_VECTORS:
        return _word_vectors(target, Asking(target.digest, advance=advance, notes=notes, trial=trial))
    if dtype not in DTYPES:
        raise InputError(f"There is no dtype {dtype}: choose {', '.join(DTYPES[:-1])} or {DTYPES[-1]}.")

    asking = Asking(
        identity=target.digest,
        cache=ResponseCache(cache or cache_folder() / ANSWERS),
        advance=advance,
        settings={
            "dtype": dtype,
            "device": device,
            "torch": version("torch"),
            "transformers": version("transformers"),
        },
        tokens_of=lambda _: int(notes[TOKENS_NOTE]),
        notes=notes,
        trial=trial,
    )
    return _adapter(target, lambda: _prepared(target, dtype, device, batch_tokens, notes), asking)


def _prepared(
    target: Target, dtype: str, device: str, batch_tokens: int | None, notes: dict[str, Any]
) -> tuple[Any, Any]:
    """Model and tokenizer, loaded and fitted to this machine; ``notes`` are told how."""
    from audit.models.bf16x3 import products_of
    from audit.models.load import load
    from audit.models.sizing import keep_sizing

    if not _has(device):
        raise InputError(f"This machine has no device {device}: leave out --device to use the CPU.")
    model, tokenizer = load(target, dtype.removesuffix(STRICT), device)
    name = f"{target.digest} {dtype} {device} {platform.machine()}"
    # The answers of a sequence-to-sequence model begin with scored states.
    strict = dtype.endswith(STRICT) or target.kind == ModelKind.SEQ2SEQ_LM
    sizing = keep_sizing(model, batch_tokens, name, cache_folder() / SIZING, strict=strict)
    notes.update({"threads": sizing.threads, TOKENS_NOTE: sizing.tokens, "products": products_of(model)})
    return model, tokenizer


def _word_vectors(target: Target, asking: Asking) -> object:
    """A file that is looked things up in: no weights to load, and nothing worth keeping in the cache."""
    from audit.models.word_vectors import WordVectors

    refuse_threats(target)
    return WordVectors(path_of(target), asking)


def _adapter(target: Target, load: Load, asking: Asking) -> object:
    from audit.models.causal_lm import CausalLM
    from audit.models.encoder import Encoder
    from audit.models.masked_lm import MaskedLM
    from audit.models.seq2seq_lm import Seq2SeqLM
    from audit.models.text_classifier import TextClassifier

    if target.kind == ModelKind.CAUSAL_LM:
        return CausalLM(load, asking)
    if target.kind == ModelKind.MASKED_LM:
        return MaskedLM(load, asking)
    if target.kind == ModelKind.SEQ2SEQ_LM:
        return Seq2SeqLM(load, asking)
    if target.kind == ModelKind.TEXT_CLASSIFIER:
        return TextClassifier(load, asking, labels_of(path_of(target)))
    return Encoder(load, asking, path_of(target))


def labels_of(folder: Path) -> tuple[str, ...]:
    """The labels of a classifier, in the order of its outputs, as transformers reads them from config.json."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        names = config.get("id2label") or {i: f"LABEL_{i}" for i in range(int(config.get("num_labels", 2)))}
        return tuple(str(name) for _, name in sorted((int(number), name) for number, name in names.items()))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise TargetError(f"{folder / 'config.json'} names no labels that can be read ({error}).") from error


def _has(device: str) -> bool:
    import torch

    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError):
        return False
    return True
