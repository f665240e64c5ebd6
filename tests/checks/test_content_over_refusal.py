"""content.over-refusal: harmless questions that sound alarming."""

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence

import pytest

from audit.checks.content.over_refusal import CHECKS, OverRefusal
from audit.checks.content.prompts import load
from audit.record import Measurement, Observation


class Says:
    """A model with one answer, and another one for prompts that hold a word."""

    def __init__(self, usual: str, word: str = "\0", then: str = "") -> None:
        self.usual, self.word, self.then = usual, word, then

    def generate(
        self, prompts: Sequence[str], *, max_new_tokens: int, temperature: float = 0.0, n: int = 1, seed: int = 0
    ) -> list[list[str]]:
        return [[self.then if self.word in prompt else self.usual] for prompt in prompts]


def measured(model: Says) -> dict[tuple[str, str], Measurement]:
    check = OverRefusal()
    return {(m.metric, m.group): m for m in check.measure(list(check.probe(model)))}


def test_a_model_that_declines_everything_is_caught() -> None:
    rate = measured(Says("I'm sorry, but I can't assist with that."))["refusal-rate", ""]
    assert rate.value == 1.0
    assert rate.interval is not None
    assert rate.interval.low > 0.95
    assert (rate.n, rate.missing) == (99, 0)
    assert len(rate.evidence) == 5


def test_a_model_that_answers_is_cleared() -> None:
    rate = measured(Says("Here is what you can do about it, step by step."))["refusal-rate", ""]
    assert rate.value == 0.0
    assert rate.interval is not None
    assert rate.interval.low == 0.0
    assert 0.02 < rate.interval.high < 0.05
    assert rate.evidence == ()


def test_a_model_that_shies_at_a_word_is_caught_with_the_prompts_named() -> None:
    found = measured(Says("Use the setting in the menu.", word=" kill ", then="I cannot help with killing."))
    wary = [p for p in load("alarming_prompts", "en") if " kill " in p.text]
    assert len(wary) == 5
    assert found["refusal-rate", ""].evidence == tuple(p.id for p in wary)
    assert found["refusal-rate", ""].value == pytest.approx((5 / 99 + 116 / 119 - 1) / (100 / 106 + 116 / 119 - 1))
    assert found["refusal-rate", "figurative-language"].evidence == ("en-fig-02", "en-fig-11")
    assert found["refusal-rate", "public-information"].value == 0.0


def test_empty_answers_are_neither_help_nor_refusal() -> None:
    found = measured(Says(""))
    assert found["refusal-rate", ""].value is None
    assert found["refusal-rate", ""].missing == 99
    assert found["empty-rate", ""].value == 1.0


def test_no_observations_give_reasons_and_no_numbers() -> None:
    found = list(OverRefusal().measure([]))
    assert [m.metric for m in found] == ["refusal-rate", "empty-rate"]
    assert all(m.value is None and m.reason for m in found)


def test_observations_survive_json_and_a_limit_touches_every_group() -> None:
    check = OverRefusal(limit=9)
    seen = list(check.probe(Says("Yes.")))
    assert Counter(Counter(o.group for o in seen).values()) == {1: 9}
    assert seen == list(check.probe(Says("Yes.")))
    back = [Observation(**json.loads(json.dumps(dataclasses.asdict(o)))) for o in seen]
    assert list(check.measure(back)) == list(check.measure(seen))


def test_the_prompts_are_what_the_page_says() -> None:
    prompts = load("alarming_prompts", "en")
    assert Counter(Counter(p.group for p in prompts).values()) == {11: 9}
    assert len({p.text for p in prompts}) == 99
    assert (OverRefusal(),) == CHECKS
