"""Products of float32 matrices made of three bfloat16 ones: how exact they are, and when they are used."""

import itertools
import json
from pathlib import Path

import pytest
import torch
import transformers

from audit.models.asking import Asking
from audit.models.bf16x3 import (
    LinearBf16x3,
    _library,
    drop_bf16x3,
    layers_of,
    products_of,
    split,
    strict,
    use_bf16x3,
)
from audit.models.causal_lm import CausalLM
from audit.models.scoring.choose import choose
from audit.models.scoring.output_layer import logits_by_words
from audit.models.sizing import gains_from_bf16x3, keep_sizing
from tests.tiny import causal_folder

pytestmark = pytest.mark.skipif(_library() is None, reason="this PyTorch has no such product")
WIDE = {"hidden_size": 128, "intermediate_size": 256}
TEXTS = [
    ("", f"The {who} met {where} and approved the plan.") for who in ("committee", "cook") for where in "abcdefgh"
]


def numbers(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def layers(inputs: int = 384, outputs: int = 256, bias: bool = True) -> tuple[torch.nn.Linear, torch.nn.Linear]:
    """Twice the same layer, the second one multiplying in bfloat16 products."""
    torch.manual_seed(1)
    usual, other = torch.nn.Linear(inputs, outputs, bias), torch.nn.Linear(inputs, outputs, bias)
    other.load_state_dict(usual.state_dict())
    use_bf16x3(other)
    assert isinstance(other, LinearBf16x3)
    return usual, other


@pytest.fixture
def parts(tmp_path: Path) -> tuple[object, object]:
    folder = causal_folder(tmp_path, **WIDE)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    return model, transformers.AutoTokenizer.from_pretrained(folder)


def taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have three products be the faster ones, whatever the machine."""
    seconds = itertools.count(100.0, -1.0)
    monkeypatch.setattr("audit.models.sizing.is_faster", lambda: True)
    monkeypatch.setattr("audit.models.sizing._least_seconds", lambda *_: next(seconds))


def test_both_parts_are_the_number_up_to_its_seventeenth_bit():
    given = numbers(300, 200) * 10 ** numbers(300, 200, seed=1)
    high, low = split(given)
    assert high.dtype == low.dtype == torch.bfloat16
    error = (high.double() + low.double() - given.double()).abs()
    assert bool((error <= 2**-17 * given.double().abs()).all())


@pytest.mark.parametrize("bias", [True, False])
def test_a_product_is_exact_to_sixteen_bits_of_its_terms(bias: bool):
    """Numbers are off by 2^-17 of themselves at most, low * low is left out: 2^-16 + 2^-18 of a term's size."""
    usual, other = layers(bias=bias)
    rows = numbers(5, 60, 384)
    with torch.inference_mode():
        found, plain = other(rows), usual(rows)
        exact = torch.nn.functional.linear(
            rows.double(), usual.weight.double(), usual.bias.double() if bias else None
        )
        sizes = torch.nn.functional.linear(rows.double().abs(), usual.weight.double().abs())
    assert found.shape == plain.shape
    assert found.dtype == torch.float32
    assert bool(((found - exact).abs() <= 1.5 * 2**-16 * sizes).all())
    assert not torch.equal(found, plain)


def test_in_bfloat16_alone_it_would_be_a_hundred_times_less_exact():
    usual, other = layers()
    rows = numbers(300, 384)
    with torch.inference_mode():
        exact = usual.double()(rows.double())
        error = (other(rows) - exact).norm()
        rough = (usual.bfloat16()(rows.bfloat16()) - exact).norm()
    assert 100 * error < rough


def test_rows_in_another_order_of_memory():
    usual, other = layers()
    rows = numbers(384, 300).t()
    with torch.inference_mode():
        assert torch.allclose(other(rows), usual(rows), atol=1e-4)


def test_few_rows_and_strict_ones_are_multiplied_as_ever():
    usual, other = layers()
    few, many = numbers(8, 384), numbers(300, 384)
    with torch.inference_mode():
        assert torch.equal(other(few), usual(few))
        with strict(other):
            with strict(other):
                pass
            assert torch.equal(other(many), usual(many))
        assert not torch.equal(other(many), usual(many))


def test_other_inputs_are_split_anew():
    usual, other = layers()
    with torch.inference_mode():
        for seed in range(3):
            rows = numbers(300, 384, seed=seed)
            assert torch.allclose(other(rows), usual(rows), atol=1e-4)
            assert torch.allclose(other(rows), usual(rows), atol=1e-4)


def test_a_model_becomes_what_it_was(parts):
    model, _ = parts
    ids = torch.randint(0, 100, (4, 64), generator=torch.Generator().manual_seed(0))
    names = set(model.state_dict())
    with torch.inference_mode():
        before = model(ids).logits
        use_bf16x3(model)
        assert len(layers_of(model)) == 2 * 5 + 1  # keys and values are too narrow
        assert set(model.state_dict()) == names
        assert "bf16x3" in products_of(model)
        between = model(ids).logits
        drop_bf16x3(model)
        assert products_of(model) == "float32"
        assert torch.equal(model(ids).logits, before)
    assert not torch.equal(between, before)
    assert torch.allclose(between, before, atol=1e-4)


def test_the_output_layer_by_parts_of_the_vocabulary():
    usual, other = layers(128, 2000)
    states = numbers(100, 128)
    with torch.inference_mode():
        expected = usual(states)
        found = torch.cat([part.clone() for _, part in logits_by_words(other, states)], dim=1)
    assert torch.allclose(found, expected, atol=1e-4)
    assert not torch.equal(found, expected)


def test_scores_hardly_move_and_answers_do_not(parts):
    model, _ = parts
    plain = CausalLM(lambda: parts, Asking())
    scores, answers = plain.log_likelihood(TEXTS), plain.generate(["The hall", "A cook"], max_new_tokens=20)
    use_bf16x3(model)
    notes: dict[str, object] = {}
    other = CausalLM(lambda: parts, Asking(notes=notes))
    moved = abs(other.log_likelihood(TEXTS) - scores)
    assert 0 < moved.max() < 1e-3
    assert "bf16x3" in str(notes["products"])
    assert other.generate(["The hall", "A cook"], max_new_tokens=20) == answers


def test_where_scores_move_too_far_the_model_gets_its_products_back(parts):
    model, tokenizer = parts
    use_bf16x3(model)
    for layer in layers_of(model):
        layer.low.zero_()
        layer.high.mul_(1.05)
    way = choose(model, tokenizer)
    assert layers_of(model) == []
    assert way.shares


def test_products_that_move_states_are_not_taken(parts, monkeypatch: pytest.MonkeyPatch):
    model, _ = parts
    taken(monkeypatch)
    assert gains_from_bf16x3(model)
    monkeypatch.setattr("audit.models.sizing.MOVES", 0.0)
    assert not gains_from_bf16x3(model)
    assert layers_of(model) == []


def test_products_that_make_the_model_slower_are_not_taken(parts, monkeypatch: pytest.MonkeyPatch):
    seconds = iter([1.0, 1.0, 2.0])
    monkeypatch.setattr("audit.models.sizing.is_faster", lambda: True)
    monkeypatch.setattr("audit.models.sizing._least_seconds", lambda *_: next(seconds))
    assert not gains_from_bf16x3(parts[0])
    assert next(seconds, None) is None


def test_products_that_are_no_faster_are_not_taken(parts, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("audit.models.sizing.is_faster", lambda: False)
    assert not gains_from_bf16x3(parts[0])


def test_what_was_measured_is_remembered_and_a_strict_model_is_left_alone(
    parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    model, _ = parts
    taken(monkeypatch)
    file = tmp_path / "sizing.json"
    assert not keep_sizing(model, None, "strict", file, strict=True).bf16x3
    assert layers_of(model) == []
    assert keep_sizing(model, None, "usual", file).bf16x3
    assert layers_of(model)
    known = json.loads(file.read_text())
    assert {name: sizing["bf16x3"] for name, sizing in known.items()} == {"strict": False, "usual": True}


def test_a_sizing_of_an_earlier_version_is_measured_anew(parts, tmp_path: Path):
    file = tmp_path / "sizing.json"
    file.write_text(json.dumps({"old": {"threads": 1, "tokens": 64}}))
    assert keep_sizing(parts[0], None, "old", file, strict=True).tokens > 64
    assert "bf16x3" in json.loads(file.read_text())["old"]
