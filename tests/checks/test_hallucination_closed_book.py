"""hallucination.closed-book: who knows, who guesses and who is wrong with confidence."""

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from audit.capability import CanScore
from audit.checks.hallucination.closed_book import CHECKS, ClosedBook
from audit.checks.hallucination.facts import KINDS, Question, gives_away, load, questions, spread
from audit.errors import DatasetError
from audit.record import Measurement, Observation

WORDINGS, TERRITORIES = load()
ENGLISH = ClosedBook(language=("en",))


def asked(language: str = "en") -> list[Question]:
    return list(questions(WORDINGS[language], TERRITORIES, TERRITORIES, seed=0))


@dataclass
class StandIn:
    """A model made of a function of (question, index of the option)."""

    score: Callable[[Question, int], float]
    languages: Sequence[str] = ("en",)
    calls: int = 0

    def log_likelihood(self, requests: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        self.calls += 1
        known = {
            (question.context, f" {option}"): self.score(question, index)
            for language in self.languages
            for question in asked(language)
            for index, option in enumerate(question.options)
        }
        return np.array([known.get(request, -1.0) for request in requests])


def knows(_: Question, index: int) -> float:
    return 0.0 if index == 0 else -10.0


def guesses(question: Question, index: int) -> float:
    return random.Random(f"{question.context}{index}").uniform(0.0, 0.001)


def is_wrong_and_sure(_: Question, index: int) -> float:
    return 20.0 if index == 2 else 0.0


def is_calibrated(question: Question, index: int) -> float:
    """Options get probabilities p, and the true one sits at an index drawn with these very probabilities."""
    rng = np.random.default_rng(abs(hash_of(question)))
    p = rng.dirichlet(np.full(4, 0.7))
    place = rng.choice(4, p=p)
    return float(np.log(np.roll(p, -place)[index]))


def hash_of(question: Question) -> int:
    return int.from_bytes(f"{question.kind}{question.territory}".encode(), "big")


def measured(model: StandIn, check: ClosedBook = ENGLISH) -> dict[tuple[str, str], Measurement]:
    return {(m.metric, m.group): m for m in check.measure(list(check.probe(model)))}


def test_a_model_that_knows_is_right_and_rightly_sure() -> None:
    found = measured(StandIn(knows))
    accuracy, calibration = found["accuracy", ""], found["calibration-error", ""]
    assert (accuracy.value, accuracy.n, accuracy.n_clusters, accuracy.missing) == (1.0, 274, 74, 0)
    assert accuracy.interval.low == pytest.approx(0.05 ** (1 / 74))
    assert accuracy.unit == "territory"
    assert accuracy.evidence == ()
    assert calibration.value == pytest.approx(3 * np.exp(-10), rel=0.01)
    assert all(found["accuracy", kind].value == 1.0 for kind in KINDS)


def test_a_guesser_is_right_one_time_in_four_and_says_so() -> None:
    found = measured(StandIn(guesses))
    accuracy = found["accuracy", ""]
    assert accuracy.interval.low < 0.25 < accuracy.interval.high
    assert accuracy.value == pytest.approx(0.25, abs=0.06)
    assert found["calibration-error", ""].value < 0.06
    effective = float(accuracy.note.split("effective n ")[1].split(".")[0])
    # exact limits at few degrees of freedom reach somewhat further than normal ones
    assert 1.0 < accuracy.smallest_detectable / (3.2415 * (0.25 * 0.75 / effective) ** 0.5) < 1.15


def test_confident_errors_cost_accuracy_and_calibration() -> None:
    found = measured(StandIn(is_wrong_and_sure))
    accuracy, calibration = found["accuracy", ""], found["calibration-error", ""]
    assert accuracy.value == 0.0
    assert accuracy.interval.high < 0.05
    assert calibration.value == pytest.approx(1.0, abs=1e-6)
    assert calibration.interval.low > 0.99
    assert len(accuracy.evidence) == 5


def test_a_calibrated_model_is_cleared() -> None:
    calibration = measured(StandIn(is_calibrated))["calibration-error", ""]
    assert calibration.value < 0.1
    assert calibration.interval.low < calibration.value < calibration.interval.high < 0.15


def test_the_evidence_is_what_it_was_surest_of() -> None:
    def wrong_about_kenya(question: Question, index: int) -> float:
        return 5.0 * (index == 1) if question.territory == "KE" else knows(question, index)

    found = measured(StandIn(wrong_about_kenya))
    assert found["accuracy", ""].evidence == ("en/currency/KE", "en/language/KE", "en/continent/KE")
    assert found["accuracy", ""].value == pytest.approx(1 - 3 / 274)


def test_ties_are_missing_not_lucky() -> None:
    seen = list(ENGLISH.probe(StandIn(lambda question, index: -1.0)))
    assert {observation.reason for observation in seen} == {"two or more options are equally likely"}
    found = {(m.metric, m.group): m for m in ENGLISH.measure(seen)}
    assert found["accuracy", ""].value is None
    assert found["accuracy", ""].reason == "no question could be scored"
    assert found["calibration-error", ""].missing == 274


def test_numbers_that_are_not_finite_are_missing() -> None:
    def breaks_on_codes(question: Question, index: int) -> float:
        return float("nan") if question.kind == "code" else knows(question, index)

    found = measured(StandIn(breaks_on_codes))
    assert found["accuracy", ""].value == 1.0
    assert found["accuracy", ""].missing == found["accuracy", "code"].missing == 47
    assert found["accuracy", "code"].value is None


def test_the_prior_takes_away_what_is_likely_anyway() -> None:
    class LikesLongWords:
        """Likes an option by its length, and the true one a little more than that when it is asked."""

        def log_likelihood(self, requests: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
            right = {(question.context, f" {question.options[0]}") for question in asked()}
            return np.array([3.0 * len(request[1]) + (request in right) for request in requests])

    model = LikesLongWords()
    accuracy = {
        way: next(iter(c.measure(list(c.probe(model))))).value  # type: ignore[arg-type]
        for way in ("total", "length", "prior")
        for c in [replace(ENGLISH, normalise=way)]
    }
    assert accuracy["prior"] == 1.0
    assert accuracy["total"] < 0.5


def test_length_compares_nats_per_byte() -> None:
    def per_byte(question: Question, index: int) -> float:
        return (-1.0 if index == 0 else -2.0) * len(question.options[index].encode())

    found = measured(StandIn(per_byte), replace(ENGLISH, normalise="length"))
    assert found["accuracy", ""].value == 1.0


def test_nothing_seen_is_said() -> None:
    found = list(ClosedBook().measure([]))
    assert len(found) == 2 * len(ClosedBook.languages)
    assert all(m.value is None and m.reason for m in found)
    other = replace(ENGLISH, language=("xx",))
    assert list(other.probe(StandIn(knows))) == []
    assert [m.reason for m in other.measure([])] == ["no question was asked in 'xx'"] * 2


def test_observations_survive_json_and_do_not_change() -> None:
    seen = list(ENGLISH.probe(StandIn(guesses)))
    stored = [Observation(**json.loads(json.dumps(asdict(observation)))) for observation in seen]
    assert stored == seen == list(ENGLISH.probe(StandIn(guesses)))
    assert list(ENGLISH.measure(stored)) == list(ENGLISH.measure(seen))
    assert len({observation.item for observation in seen}) == len(seen)


def test_a_limit_touches_every_continent() -> None:
    check = replace(ENGLISH, limit=7)
    seen = list(check.probe(StandIn(knows)))
    chosen = {observation.cluster for observation in seen}
    assert len(chosen) == 7
    assert {t.continent for t in TERRITORIES if t.code in chosen} == {t.continent for t in TERRITORIES}
    assert spread(TERRITORIES, 7, seed=1) != spread(TERRITORIES, 7, seed=0)
    assert spread(TERRITORIES, None, seed=0) == list(TERRITORIES)


def test_one_call_asks_everything() -> None:
    model = StandIn(knows, languages=("en", "es"))
    check = ClosedBook(language=("en", "es"))
    found = {(m.metric, m.group, m.language): m.value for m in check.measure(list(check.probe(model)))}
    assert model.calls == 1
    assert found["accuracy", "", "en"] == found["accuracy", "", "es"] == 1.0


@pytest.mark.parametrize("language", ClosedBook.languages)
def test_every_question_has_four_options_and_a_hidden_answer(language: str) -> None:
    seen = asked(language)
    assert 240 <= len(seen) <= 300
    assert set(Counter(question.kind for question in seen)) == set(KINDS)
    for question in seen:
        assert len(set(question.options)) == 4
        assert all(option.strip() == option and option for option in question.options)
        assert question.options[0] not in question.context
        assert "{" not in question.context + question.neutral


def test_questions_of_kenya_are_these() -> None:
    kenya = [question for question in asked() if question.territory == "KE"]
    assert [(question.kind, question.context, question.options[0]) for question in kenya] == [
        ("currency", "In Kenya, the official currency is called the", "shilling"),
        ("language", "The official language of Kenya is", "Swahili"),
        ("continent", "Geographically, Kenya is part of", "Africa"),
    ]
    spanish = [question for question in asked("es") if question.territory == "KE"]
    assert spanish[0].options[0] == "chelín"


def test_answers_that_give_themselves_away_are_known() -> None:
    assert gives_away("Thailand", "Thai")
    assert gives_away("Grecia", "griego")
    assert gives_away("Botswana", "Tswana")
    assert not gives_away("Kenya", "shilling")
    assert not any(question.kind == "language" and question.territory == "TH" for question in asked())


def test_no_distractor_is_true() -> None:
    for question in asked():
        if question.kind == "language" and question.territory == "CA":
            assert "French" not in question.options
        if question.kind == "currency" and question.territory == "DE":
            assert question.options[0] == "euro"
    american = [q for q in asked() if q.kind == "continent" and "America" in q.options[0]]
    assert all(sum("America" in option for option in question.options) == 1 for question in american)


def test_no_listed_currency_is_younger_than_2020() -> None:
    from babel.core import get_global

    starts = {
        territory.code: start[0]
        for territory in TERRITORIES
        for name, start, until, _ in get_global("territory_currencies")[territory.code]
        if name == territory.currency and until is None
    }
    assert max(starts.values()) < 2020


def test_a_broken_file_is_named(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "frames.yaml"
    path.write_text("languages: [en]\n", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"frames\.yaml"):
        load(path)


def test_it_is_a_check_of_models_that_score() -> None:
    (check,) = CHECKS
    assert check.id == "hallucination.closed-book"
    assert isinstance(StandIn(knows), CanScore)
    assert set(WORDINGS) == set(check.languages)
