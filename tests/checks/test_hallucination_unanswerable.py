"""hallucination.unanswerable: who invents, who abstains, and who only ever abstains."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest
import yaml

from audit.capability import CanGenerate
from audit.checks.hallucination import abstention_detector, unanswerable
from audit.checks.hallucination.abstention_detector import abstains, detector_error
from audit.checks.hallucination.unanswerable import CHECKS, Context, Unanswerable, contains, is_blank, load
from audit.errors import DatasetError
from audit.record import Measurement, Observation
from audit.stats.detector import error_rate

CHECK = Unanswerable()
PROMPT, CONTEXTS = load()
LABELLED = Path(abstention_detector.__file__).with_name("data") / "abstention_labelled.yaml"


@dataclass
class StandIn:
    """A model made of a function of (context, whether the text answers the question)."""

    answer: Callable[[Context, bool], str | None]
    calls: int = 0

    def generate(
        self, prompts: Sequence[str], *, max_new_tokens: int, temperature: float = 0.0, n: int = 1, seed: int = 0
    ) -> list[list[str]]:
        self.calls += 1
        known = {
            PROMPT.format(text=context.text, question=question): self.answer(context, answerable)
            for context in CONTEXTS
            for question, answerable in ((context.asks, True), (context.lacks, False))
        }
        return [[] if known[prompt] is None else [str(known[prompt])] for prompt in prompts]


def oracle(context: Context, answerable: bool) -> str:
    return f"{context.gold[0].capitalize()}." if answerable else "Not stated."


def inventor(context: Context, answerable: bool) -> str:
    return context.gold[0] if answerable else "It was Mr Pemberton, in 1987."


def abstainer(context: Context, answerable: bool) -> str:
    return "The text does not say."


def mute(context: Context, answerable: bool) -> str:
    return " \n"


def measured(model: StandIn, check: Unanswerable = CHECK) -> dict[str, Measurement]:
    return {m.metric: m for m in check.measure(list(check.probe(model)))}


def test_the_oracle_passes_on_all_four() -> None:
    found = measured(StandIn(oracle))
    assert {name: m.value for name, m in found.items()} == {
        "abstention-rate": 1.0,
        "false-abstention-rate": 0.0,
        "answer-accuracy": 1.0,
        "empty-rate": 0.0,
    }
    assert found["abstention-rate"].interval.low > 0.9
    assert found["false-abstention-rate"].interval.high < 0.1
    assert (found["abstention-rate"].n, found["empty-rate"].n, found["empty-rate"].n_clusters) == (64, 128, 64)
    assert {m.unit for m in found.values()} == {"context"}
    assert all(m.missing == 0 for m in found.values())


def test_an_inventor_is_caught() -> None:
    found = measured(StandIn(inventor))
    assert found["abstention-rate"].value == 0.0
    assert found["abstention-rate"].interval.high < 0.1
    assert len(found["abstention-rate"].evidence) == 5
    assert found["answer-accuracy"].value == 1.0


def test_who_always_abstains_does_not_look_good() -> None:
    found = measured(StandIn(abstainer))
    assert found["abstention-rate"].value == 1.0
    assert found["false-abstention-rate"].value == 1.0
    assert found["false-abstention-rate"].interval.low > 0.9
    assert found["answer-accuracy"].value == 0.0
    assert found["answer-accuracy"].interval.high == pytest.approx(1 - 0.05 ** (1 / 64))


def test_who_says_nothing_is_not_measured_but_counted() -> None:
    found = measured(StandIn(mute))
    for name in ("abstention-rate", "false-abstention-rate"):
        assert found[name].value is None
        assert found[name].missing == 64
        assert found[name].reason == "no answer could be used"
    assert found["answer-accuracy"].value == 0.0
    assert found["empty-rate"].value == 1.0


def test_the_rates_are_corrected_for_the_detector() -> None:
    half = {context.id for context in CONTEXTS[::2]}
    found = measured(StandIn(lambda context, answerable: oracle(context, answerable or context.id not in half)))
    error = detector_error()
    expected = (0.5 + error.specificity - 1) / (error.sensitivity + error.specificity - 1)
    assert expected == pytest.approx(0.547, abs=0.001)
    rate = found["abstention-rate"]
    assert rate.value == pytest.approx(expected)
    assert (rate.interval.low, rate.interval.high) == pytest.approx((0.4011, 0.7095), abs=1e-4)


def test_the_error_of_the_detector_is_what_it_says() -> None:
    rows = yaml.safe_load(LABELLED.read_text(encoding="utf-8"))["answers"]
    assert len(rows) >= 200
    even = rows[1::2]
    error = detector_error()
    again = error_rate(
        [abstains(row["answer"]) for row in even],
        [row["abstains"] for row in even],
        language=error.language,
        source=error.source,
    )
    assert again == error
    assert error.sensitivity > 0.85
    assert error.specificity > 0.95


def test_every_label_belongs_to_a_question() -> None:
    rows = yaml.safe_load(LABELLED.read_text(encoding="utf-8"))["answers"]
    known = {context.id for context in CONTEXTS}
    assert all(row["of"].split("/")[0] in known and row["of"].split("/")[1] in {"asks", "lacks"} for row in rows)


@pytest.mark.parametrize(
    "answer",
    [
        "Not stated.",
        "**Not stated**",
        "The text doesn’t say.",
        "I cannot tell from this passage.",
        "No information is given about the price.",
        "Unfortunately, the passage does not specify the year.",
        "The text says that the harbour grew. It does not give a number.",
    ],
)
def test_abstentions_are_heard(answer: str) -> None:
    assert abstains(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "Tarnholm",
        "A signalman, whose name is not known, gave it water.",
        "Not stated, but probably 1985.",
        "The text states that nobody was hurt.",
        "Blue. It is unclear why.",
        "It was closed because rust was found.",
    ],
)
def test_answers_are_not_abstentions(answer: str) -> None:
    assert not abstains(answer)


def test_wordings_are_found_at_the_start_of_words() -> None:
    assert contains("It builds small Water-Filters!", ["water filter"])
    assert contains("In a café.", ["cafe"])
    assert contains("11", ["11"])
    assert not contains("110 people", ["11"])
    assert not contains("That was lost", ["hat"])
    assert is_blank(" ... \n")


def test_the_contexts_hold_the_answers_they_should() -> None:
    assert len(CONTEXTS) == 64
    assert len({context.id for context in CONTEXTS}) == 64
    for context in CONTEXTS:
        assert contains(context.text, context.gold), context.id
        assert not any(contains(context.lacks, [gold]) for gold in context.gold), context.id
        assert 2 <= context.text.count(". ") + 1 <= 4


def test_nothing_seen_is_said() -> None:
    found = list(CHECK.measure([]))
    assert [m.metric for m in found] == [metric.name for metric in CHECK.metrics]
    assert all(m.value is None and m.reason == "no question was asked in 'en'" for m in found)
    other = replace(CHECK, language=("fr",))
    assert list(other.probe(StandIn(oracle))) == []
    assert all(m.reason == "no question was asked in 'fr'" for m in other.measure([]))


def test_answers_that_never_came_are_missing_everywhere() -> None:
    found = measured(
        StandIn(lambda context, answerable: None if context.id == "bakery" else oracle(context, answerable))
    )
    assert {name: m.missing for name, m in found.items()} == {
        "abstention-rate": 1,
        "false-abstention-rate": 1,
        "answer-accuracy": 1,
        "empty-rate": 2,
    }


def test_observations_survive_json_and_do_not_change() -> None:
    seen = list(CHECK.probe(StandIn(inventor)))
    stored = [Observation(**json.loads(json.dumps(asdict(observation)))) for observation in seen]
    assert stored == seen == list(CHECK.probe(StandIn(inventor)))
    assert list(CHECK.measure(stored)) == list(CHECK.measure(seen))
    assert len({observation.item for observation in seen}) == len(seen) == 128


def test_a_limit_draws_whole_pairs() -> None:
    model = StandIn(oracle)
    seen = list(replace(CHECK, limit=5).probe(model))
    assert len(seen) == 10
    assert len({observation.cluster for observation in seen}) == 5
    assert model.calls == 1


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "contexts.yaml"
    path.write_text("prompt: x\ncontexts: [{id: a}]\n", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"contexts\.yaml"):
        unanswerable.load(path)


def test_it_is_a_check_of_models_that_generate() -> None:
    (check,) = CHECKS
    assert check.id == "hallucination.unanswerable"
    assert isinstance(StandIn(oracle), CanGenerate)
