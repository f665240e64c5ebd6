"""Which kind of model a configuration describes; decided from names, nothing is loaded."""

from collections.abc import Mapping
from typing import Any

from audit.errors import TargetError
from audit.target.target import ModelKind

SUFFIXES = {
    "ForCausalLM": ModelKind.CAUSAL_LM,
    "LMHeadModel": ModelKind.CAUSAL_LM,
    "ForMaskedLM": ModelKind.MASKED_LM,
    "ForPreTraining": ModelKind.MASKED_LM,
    "ForSequenceClassification": ModelKind.TEXT_CLASSIFIER,
    "Model": ModelKind.ENCODER,
}
TEXT_TO_TEXT = frozenset(
    f"{family}ForConditionalGeneration"
    for family in (
        *("T5", "MT5", "UMT5", "LongT5"),
        *("Bart", "MBart", "PLBart", "Mvp", "LED", "M2M100"),
        *("Blenderbot", "BlenderbotSmall", "Pegasus", "PegasusX"),
    )
) | {"MarianMTModel"}
"""Sequence-to-sequence architectures that read and write nothing but text."""
OTHER_SENSES = ("vision", "image", "video", "pixel", "audio", "speech", "mel_bins")
READABLE = "causal language model, masked language model, sequence-to-sequence model, text classifier or encoder"


def kind_of(config: Mapping[str, Any], where: str) -> tuple[ModelKind, str]:
    """The kind and the architecture's class name; TargetError when Assay has no adapter for it."""
    architectures = config.get("architectures")
    if not isinstance(architectures, list) or not architectures or not isinstance(architectures[0], str):
        raise TargetError(
            f'{where} does not say its architecture: add "architectures" to config.json (for example '
            '["BertForMaskedLM"]), as save_pretrained does.'
        )
    name = architectures[0]
    if name in TEXT_TO_TEXT:
        return ModelKind.SEQ2SEQ_LM, name
    for suffix, kind in SUFFIXES.items():
        if name.endswith(suffix) and not (kind == ModelKind.ENCODER and _has_a_decoder(config, name)):
            return kind, name
    why = " (it reads images or sound)," if _reads_more_than_text(config) else ","
    raise TargetError(f"{where} is a {name}{why} which Assay cannot audit yet: give a {READABLE}.")


def _has_a_decoder(config: Mapping[str, Any], name: str) -> bool:
    """Whether a bare model is more than an encoder: it has a decoder, whose states are no vectors of a text."""
    return bool(config.get("is_encoder_decoder")) and not name.endswith("EncoderModel")


def _reads_more_than_text(config: Mapping[str, Any]) -> bool:
    return any(sense in key for key in config for sense in OTHER_SENSES)
