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
READABLE = "causal language model, masked language model, text classifier or encoder"


def kind_of(config: Mapping[str, Any], where: str) -> tuple[ModelKind, str]:
    """The kind and the architecture's class name; TargetError when Assay has no adapter for it."""
    architectures = config.get("architectures")
    if not isinstance(architectures, list) or not architectures or not isinstance(architectures[0], str):
        raise TargetError(
            f'{where} does not say its architecture: add "architectures" to config.json (for example '
            '["BertForMaskedLM"]), as save_pretrained does.'
        )
    name = architectures[0]
    for suffix, kind in SUFFIXES.items():
        if name.endswith(suffix):
            return kind, name
    raise TargetError(f"{where} is a {name}, which Assay cannot audit yet: give a {READABLE}.")
