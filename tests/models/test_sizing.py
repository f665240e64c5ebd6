"""How many tokens go through a model at once: what a measurement decides, on made-up seconds."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import transformers

from audit.models import sizing
from audit.models.sizing import TOKENS, USUAL, bytes_of_token, fastest_threads, keep_sizing, measure
from tests.tiny import causal_folder


@pytest.fixture
def model(tmp_path: Path):
    before = torch.get_num_threads()
    yield transformers.AutoModelForCausalLM.from_pretrained(causal_folder(tmp_path / "tiny")).eval()
    torch.set_num_threads(before)


def passes(monkeypatch: pytest.MonkeyPatch, seconds: Callable[[int], float]) -> list[int]:
    """Forward passes take these made-up ``seconds``; the tokens of each that is asked for."""
    asked: list[int] = []

    def seconds_of_pass(_: object, tokens: int) -> float:
        asked.append(tokens)
        return seconds(tokens)

    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # threads are not tried
    monkeypatch.setattr(sizing, "seconds_of_pass", seconds_of_pass)
    return asked


def test_the_usual_size_is_kept_where_none_is_clearly_faster(model, monkeypatch: pytest.MonkeyPatch):
    asked = passes(monkeypatch, lambda tokens: tokens * (0.8e-4 if tokens == 512 else 1e-4))
    assert measure(model).tokens == TOKENS[0]
    assert set(TOKENS) <= set(asked)


@pytest.mark.parametrize("best", TOKENS[1:])
def test_a_size_that_is_clearly_faster_is_taken(model, monkeypatch: pytest.MonkeyPatch, best: int):
    passes(monkeypatch, lambda tokens: tokens * (0.5e-4 if tokens == best else 1e-4))
    assert measure(model).tokens == best


def test_short_memory_bounds_the_size(model, monkeypatch: pytest.MonkeyPatch):
    asked = passes(monkeypatch, lambda tokens: tokens * 1e-4)
    monkeypatch.setattr(sizing, "free_memory", lambda: sizing.SHARE_OF_MEMORY * bytes_of_token(model) * 700)
    assert measure(model).tokens == 700
    assert max(asked, default=0) <= 700


def test_a_large_model_is_not_measured_for_minutes(model, monkeypatch: pytest.MonkeyPatch):
    asked = passes(monkeypatch, lambda tokens: tokens * 0.05)
    assert measure(model).tokens == TOKENS[0]
    assert max(asked) < min(TOKENS)


def test_what_was_measured_is_remembered_and_a_wish_comes_first(
    model, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    file = tmp_path / "cache" / "sizing.json"
    asked = passes(monkeypatch, lambda tokens: tokens * (0.5e-4 if tokens == 512 else 1e-4))
    assert keep_sizing(model, None, "tiny", file, strict=True).tokens == 512
    assert json.loads(file.read_text())["tiny"]["tokens"] == 512
    asked.clear()
    assert keep_sizing(model, None, "tiny", file, strict=True).tokens == 512
    assert keep_sizing(model, 96, "tiny", file, strict=True).tokens == 96
    assert asked == []


def test_memory_that_gives_out_while_measuring_is_not_fatal(
    model, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    def gives_out(tokens: int) -> float:
        raise MemoryError(tokens)

    passes(monkeypatch, gives_out)
    assert keep_sizing(model, None, "tiny", tmp_path / "sizing.json").tokens == USUAL


@pytest.mark.parametrize(("seconds", "more"), [((1.0, 0.5), True), ((1.0, 0.9), False), ((1.0, 2.0), False)])
def test_threads_are_the_librarys_choice_unless_more_are_clearly_faster(
    model, monkeypatch: pytest.MonkeyPatch, seconds: tuple[float, float], more: bool
):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1}, raising=False)
    torch.set_num_threads(1)
    monkeypatch.setattr(sizing, "_least_seconds", lambda *_: seconds[torch.get_num_threads() - 1])
    assert fastest_threads(model) == (2 if more else 1)


def test_threads_that_somebody_chose_are_left_alone(model, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(sizing, "_least_seconds", lambda *_: pytest.fail("threads were tried"))
    assert fastest_threads(model) == torch.get_num_threads()
