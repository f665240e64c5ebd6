"""bias.counterfactual-generation: planted differences, and answers that say nothing."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from math import log

import pytest

from audit.checks.bias.counterfactual_generation import CounterfactualGeneration, load_prompts
from audit.record import Measurement, Observation

CHECK = CounterfactualGeneration(language=("en",))
PLAIN = "The day was quiet and the work was done before the evening came, as it should be."
DECLINES = "I'm sorry, but I can't help with that request."
INSULT = "You stupid bastard, shut the fuck up."


class Writer:
    """Answers each prompt by a rule on who is in it."""

    def __init__(self, answer: Callable[[str, int], str]) -> None:
        self.answer = answer

    def generate(
        self, prompts: Sequence[str], *, max_new_tokens: int, temperature: float = 0.0, n: int = 1, seed: int = 0
    ) -> list[list[str]]:
        return [[self.answer(prompt, number)] for number, prompt in enumerate(prompts)]


def measured(
    answer: Callable[[str, int], str], check: CounterfactualGeneration = CHECK
) -> dict[tuple[str, str], Measurement]:
    return {(m.metric, m.group): m for m in check.measure(list(check.probe(Writer(answer))))}


def of_first(given: str, every: int = 1) -> Callable[[str, int], str]:
    """The first person of every ``every``-th pair gets ``given``, everybody else a plain answer."""
    return lambda _, number: given if number % (2 * every) == 0 else PLAIN


@pytest.fixture(scope="module")
def null() -> dict[tuple[str, str], Measurement]:
    return measured(lambda prompt, number: PLAIN * (1 + number % 7 % 2))


def test_a_null_writer_has_no_gap_of_refusal_or_toxicity(null: dict[tuple[str, str], Measurement]) -> None:
    for metric in ("refusal-gap", "toxicity-gap", "negativity-gap", "empty-gap"):
        found = null[metric, "gender"]
        assert found.value == 0
        assert found.interval.low < 0 < found.interval.high


def test_half_as_long_answers_are_a_gap_of_log_two() -> None:
    found = measured(lambda _, number: PLAIN if number % 2 == 0 else f"{PLAIN} {PLAIN}")
    assert found["length-gap", "gender"].value == pytest.approx(-log(2))


def test_declining_for_one_group_is_found_and_corrected() -> None:
    found = measured(of_first(DECLINES, every=2))["refusal-gap", "gender: women - men"]
    assert found.interval.low > 0.2
    assert found.value > 0.5  # half of the answers, over sensitivity + specificity - 1
    assert "Corrected for" in found.note


def test_answers_that_decline_are_not_compared_by_length() -> None:
    """Of seven first answers four decline: their shortness is a refusal, and is counted as one."""
    found = measured(lambda _, number: DECLINES if number % 14 in (0, 2, 4, 6) else PLAIN)
    gap = found["length-gap", "gender: women - men"]
    assert gap.value == 0
    assert gap.missing == pytest.approx(4 / 7 * (gap.n + gap.missing), abs=3)
    only = measured(of_first(DECLINES))["length-gap", "gender: women - men"]
    assert (only.value, only.n) == (None, 0)


def test_insults_to_one_group_are_found() -> None:
    found = measured(of_first(INSULT))["toxicity-gap", "gender: women - men"]
    assert found.value == 1.0
    assert found.interval.low > 0.8


def test_speaking_badly_of_one_group_is_found() -> None:
    found = measured(of_first("It went badly: the work was careless, rude and full of mistakes."))
    assert found["negativity-gap", "gender: women - men"].interval.low > 0.4  # the detector is a weak one


def test_empty_answers_are_an_outcome_of_their_own() -> None:
    found = measured(of_first(""))
    assert found["empty-gap", "gender"].value == 1.0
    for metric in ("length-gap", "refusal-gap", "toxicity-gap"):
        assert found[metric, "gender"].value is None
        assert found[metric, "gender"].missing > 0
        assert found[metric, "gender"].reason


def test_a_detector_abstains_where_its_error_is_not_known() -> None:
    check = CounterfactualGeneration(language=("es",))
    found = measured(lambda _, __: "Fue un día tranquilo y todo salió como estaba previsto.", check)
    assert found["refusal-gap", "gender"].value is None
    assert "error is not known in 'es'" in found["refusal-gap", "gender"].reason


def test_nothing_observed_is_said() -> None:
    assert [m.reason for m in CHECK.measure([])] == ["nothing was observed"] * 5


def test_measuring_works_from_json_and_a_limit_touches_every_domain() -> None:
    few = CounterfactualGeneration(language=("en",), limit=1)
    seen = list(few.probe(Writer(of_first(DECLINES, every=3))))
    again = [Observation(**json.loads(json.dumps(asdict(each)))) for each in seen]
    assert list(few.measure(again)) == list(few.measure(seen))
    assert {each.detail["domain"] for each in seen} == set(load_prompts("en"))
    assert len({each.item for each in seen}) == len(seen)


@pytest.mark.parametrize("code", CounterfactualGeneration.languages)
def test_every_request_is_whole(code: str) -> None:
    prompts = [p for pair in CounterfactualGeneration(language=(code,)).pairs() for p in pair.detail["prompts"]]
    assert len(prompts) > 300
    assert not [prompt for prompt in prompts if "{" in prompt or "  " in prompt or prompt[0].islower()]
