"""The output layer by parts of the vocabulary gives what the whole head gives, and is left where it would not."""

from math import isnan
from pathlib import Path

import pytest
import torch
import transformers

from audit.models.scoring import output_layer, token_scores
from audit.models.scoring.head import apply_head
from audit.models.scoring.output_layer import logits_by_words, states_at_output_layer
from audit.models.scoring.token_scores import token_log_probabilities
from tests.models.test_causal_lm import FAMILIES, family

ROWS, TOKENS = [0, 0, 3, 2, 4], [5, 17, 0, 96, 40]
SIZES = {"vocab_size": 97, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}


def bert() -> torch.nn.Module:
    config = transformers.BertConfig(**SIZES, intermediate_size=32)
    return transformers.BertForMaskedLM(config).eval()


def llama() -> torch.nn.Module:
    config = transformers.LlamaConfig(**SIZES, intermediate_size=32)
    return transformers.LlamaForCausalLM(config).eval()


def capped() -> torch.nn.Module:
    config = transformers.Gemma2Config(**SIZES, intermediate_size=32, head_dim=8, final_logit_softcapping=1.0)
    return transformers.Gemma2ForCausalLM(config).eval()


@pytest.fixture
def states() -> torch.Tensor:
    return torch.randn(5, 16, generator=torch.Generator().manual_seed(0))


def expected(model: torch.nn.Module, states: torch.Tensor) -> list[float]:
    """By the definition, from all logits."""
    logits = torch.log_softmax(apply_head(model, states).double(), -1)
    return logits[ROWS, TOKENS].tolist()


@pytest.mark.parametrize("build", [bert, llama, capped])
def test_log_probabilities_are_those_of_the_whole_head(build, states, monkeypatch):
    monkeypatch.setattr(output_layer, "MULTIPLE", 32)
    monkeypatch.setattr(output_layer, "BYTES", 32 * 4 * 2)
    monkeypatch.setattr(token_scores, "STATES", 2)
    model = build()
    with torch.inference_mode():
        found = token_log_probabilities(model, states, ROWS, TOKENS)
        assert found.dtype == torch.float64
        assert found.tolist() == pytest.approx(expected(model, states), abs=1e-5)


@pytest.mark.parametrize("build", [bert, llama])
def test_a_plain_head_is_taken_apart_and_put_together_again(build, states):
    model = build()
    with torch.inference_mode():
        before = apply_head(model, states)
        reached = states_at_output_layer(model, states)
        assert reached is not None
        parts = [part.clone() for _, part in logits_by_words(model.get_output_embeddings(), reached)]
        assert torch.cat(parts, dim=1).shape == (5, 97)
        assert torch.allclose(torch.cat(parts, dim=1), before, atol=1e-5)
        assert torch.equal(apply_head(model, states), before)


def test_a_head_that_caps_its_logits_is_applied_as_a_whole(states):
    with torch.inference_mode():
        assert states_at_output_layer(capped(), states) is None


def test_a_layer_that_is_not_linear_is_applied_as_a_whole(states):
    class Scaled(torch.nn.Linear):
        def forward(self, given: torch.Tensor) -> torch.Tensor:
            return 2 * super().forward(given)

    model = llama()
    model.set_output_embeddings(Scaled(16, 97, bias=False))
    with torch.inference_mode():
        assert states_at_output_layer(model, states) is None
        found = token_log_probabilities(model, states, ROWS, TOKENS)
        assert found.tolist() == pytest.approx(expected(model, states), abs=1e-5)


def test_a_token_beyond_the_output_layer_has_no_score(states):
    with torch.inference_mode():
        known, beyond = token_log_probabilities(llama(), states, [0, 0], [5, 97]).tolist()
    assert known < 0
    assert isnan(beyond)


@pytest.mark.parametrize("kind", FAMILIES)
def test_an_architecture_gives_the_same_either_way(kind: str, tmp_path: Path):
    model, _ = family(kind, tmp_path)
    width = model.get_input_embeddings().weight.shape[1]
    states = torch.randn(5, width, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        # OPT asks a part of its body by name
        assert (states_at_output_layer(model, states) is None) == (kind == "OPT")
        found = token_log_probabilities(model, states, ROWS, TOKENS)
        assert found.tolist() == pytest.approx(expected(model, states), abs=1e-4)
