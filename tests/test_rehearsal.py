"""What a check is planned on: a stand-in of the target's kind, with what is known of the target."""

from pathlib import Path

import pytest
import transformers

from audit.checks.bias.counterfactual import Counterfactual
from audit.errors import CheckError
from audit.rehearsal import rehearse
from audit.target.open import open_target
from tests.tiny import bert_folder

LABELS = {"id2label": {0: "calm", 1: "toxic", 2: "unclear"}, "label2id": {"calm": 0, "toxic": 1, "unclear": 2}}


def target_with(tmp_path: Path, **changes: object) -> object:
    return open_target(str(bert_folder(tmp_path, transformers.BertForSequenceClassification, **changes)))


def test_a_label_of_the_model_can_be_planned(tmp_path: Path):
    cost = rehearse(Counterfactual(language=("en",), label="toxic"), target_with(tmp_path, **LABELS))
    assert cost.requests > 0
    assert cost.note == ""


def test_another_label_is_refused_before_the_model_is_loaded(tmp_path: Path):
    with pytest.raises(CheckError, match="set label to one of calm, toxic, unclear"):
        rehearse(Counterfactual(language=("en",), label="rude"), target_with(tmp_path, **LABELS))


def test_labels_without_names_are_called_as_the_library_calls_them(tmp_path: Path):
    target = target_with(tmp_path)
    assert rehearse(Counterfactual(language=("en",), label="LABEL_1"), target).requests > 0
    (tmp_path / "config.json").write_text("{}")
    assert rehearse(Counterfactual(language=("en",), label="LABEL_1"), target).requests > 0
