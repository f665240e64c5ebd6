"""bias.embedding-association: catches a planted lean, clears null encoders, does not judge a language unread."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from math import sqrt

import numpy as np
import pytest

from audit.checks.bias.by_frame import put_together
from audit.checks.bias.embedding_association import CHECKS, EmbeddingAssociation, _linked, halves_of
from audit.languages.language import Demographic, Frame, Language
from audit.languages.load import load_language
from audit.record import Measurement, Observation
from audit.selftest.stand_ins.bias_embedding_association import Encoder, leaning, leaning_share, reading

ENGLISH = EmbeddingAssociation(language=("en",))
DEMOGRAPHICS = {"gender", "origin", "religion", "age", "disability"}


def measured(check: EmbeddingAssociation, model: object) -> dict[tuple[str, str, str], Measurement]:
    return {(m.language, m.metric, m.group): m for m in check.measure(list(check.probe(model)))}


def overall(model: object, metric: str = "effect-size", check: EmbeddingAssociation = ENGLISH) -> Measurement:
    return measured(check, model)["en", metric, ""]


class Blank:
    """Vectors of all texts; ``same`` for every text, or none at all."""

    def __init__(self, same: Sequence[float]) -> None:
        self.same, self.calls = same, 0

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        self.calls += 1
        assert len(set(texts)) == len(texts)
        return np.array([self.same] * len(texts), dtype=np.float32)


def test_null_encoders_are_flagged_in_one_run_of_twenty():
    found = [overall(leaning(ENGLISH, 0.0, seed)) for seed in range(120)]
    assert sum(not m.interval.low <= 0 <= m.interval.high for m in found) / 120 <= 0.1
    assert np.mean([m.value for m in found]) == pytest.approx(0, abs=0.03)
    assert not any(m.reason for m in found)


def test_a_planted_association_of_the_detectable_size_is_caught():
    smallest = overall(leaning(ENGLISH, 0.0, 0)).smallest_detectable
    assert smallest == pytest.approx(3.2415 / sqrt(overall(leaning(ENGLISH, 0.0, 0)).n_clusters), rel=0.05)
    found = [overall(leaning(ENGLISH, smallest, seed)) for seed in range(60)]
    assert sum(m.interval.low > 0 for m in found) / 60 >= 0.75
    assert np.mean([m.value for m in found]) == pytest.approx(smallest, rel=0.15)
    opposite = overall(leaning(ENGLISH, -1.0, 0))
    assert opposite.interval.high < -0.5
    assert opposite.p_value < 1e-6


def test_a_planted_association_shows_in_every_demographic():
    found = measured(ENGLISH, leaning(ENGLISH, 1.5, 1))
    assert {group for _, metric, group in found if metric == "effect-size"} >= {"", *DEMOGRAPHICS}
    for group in DEMOGRAPHICS:
        effect, share = found["en", "effect-size", group], found["en", "stereotype-share", group]
        assert effect.interval.low > 0.3
        assert share.interval.low > 0.5
        assert (effect.unit, effect.missing) == ("frame", 0)
        assert effect.n_clusters <= effect.n
        assert "in cosines" in effect.note
    assert found["en", "stereotype-share", ""].value == pytest.approx(0.93, abs=0.06)  # Phi(1.5)
    share = overall(leaning_share(ENGLISH, 0.25, 0), "stereotype-share")
    assert share.value == pytest.approx(0.75, abs=0.12)


def test_what_one_contrast_comes_to():
    """cos 0.8 and 0.3 for the first term, 0.2 and 0.6 for the second: (0.8 - 0.3) - (0.2 - 0.6) = 0.9."""
    observation = next(iter(ENGLISH.probe(leaning(ENGLISH, 0.0, 0))))
    terms, (near, counter, *_) = observation.detail["terms"], observation.detail["attributes"]
    by_text = {terms[0]: (1, 0, 0), terms[1]: (0, 1, 0), near: (0.8, 0.2, 0), counter: (0.3, 0.6, 0)}

    class Fixed(Blank):
        def embed(self, texts: Sequence[str]) -> np.ndarray:
            rows = np.array([by_text.get(text, (0, 0, 1)) for text in texts], dtype=np.float32)
            rows[:, 2] += np.sqrt(1 - (rows**2).sum(axis=1)).clip(0)
            return rows

    first = next(iter(ENGLISH.probe(Fixed((0,)))))
    assert first.detail["cosines"] == pytest.approx([0.8, 0.3, 0.2, 0.6], abs=1e-6)
    assert first.score == pytest.approx(0.9, abs=1e-6)
    assert first.detail["contrast"] == "women - men"


def test_an_encoder_that_does_not_read_the_language_is_not_judged():
    found = measured(ENGLISH, Encoder(ENGLISH, 3.0, 0.5, seed=4))
    effect, competence = found["en", "effect-size", ""], found["en", "competence", ""]
    assert competence.interval.low <= 0.5 <= competence.interval.high
    assert effect.value > 1
    assert "does not reliably see which halves of sentences belong together in 'en'" in effect.reason
    able = measured(ENGLISH, reading(ENGLISH, 0.4, 0))["en", "competence", ""]
    assert able.value == pytest.approx(0.9, abs=0.08)
    assert able.interval.low > 0.5


def test_one_vector_for_every_text_is_no_competence_and_no_association():
    model = Blank((1.0, 0.0))
    found = measured(ENGLISH, model)
    assert model.calls == 1
    assert found["en", "competence", ""].value == 0.0
    effect = found["en", "effect-size", ""]
    assert (effect.value, effect.interval) == (None, None)
    assert "scores are equal" in effect.reason
    assert found["en", "stereotype-share", ""].value is None


def test_texts_without_a_vector_are_missing():
    observations = list(ENGLISH.probe(Blank((float("nan"), 0.0))))
    assert all(o.score is None and "no vector for" in o.reason for o in observations)
    json.dumps([asdict(o) for o in observations], allow_nan=False)
    for m in ENGLISH.measure(observations):
        assert (m.value, m.interval) == (None, None)
        assert m.reason
        assert m.missing


def test_sentences_are_told_apart_by_their_halves():
    asked = [Observation(str(i)) for i in range(4)]
    scores = np.array([[9.0, 0, 0, 0], [0, 9, 0, 0], [0, 0, -9, 0], [0, 0, 0, np.nan]])
    found = list(put_together(asked, scores, "no vector"))
    assert [o.score for o in found] == [0.5, 0.5, 0.0, None]
    assert found[3].reason == "no vector"
    popular = np.array(
        [[1.0, 5, 1], [1, 5, 1], [1, 5, 2]]
    )  # one half that suits every sentence tells nothing apart
    assert [o.score for o in put_together(asked[:3], popular, "")] == [0.5, 0.5, 1.0]


def test_halves_are_whole_sentences_cut_in_two():
    language = load_language("en")
    for (first, second), sentence in zip(halves_of(language), language.ordinary, strict=True):
        assert sentence.startswith(f"{first} {second}")
        assert abs(len(first.split()) - len(second.split())) <= 1


def test_frames_that_share_an_attribute_are_one_sampling_unit():
    def frame(name: str, *attributes: str) -> Frame:
        return Frame(name, "hiring", "{term} {attribute}", attributes, ())

    frames = (
        frame("a", "lazy", "busy"),
        frame("b", "rich", "poor"),
        frame("c", "poor", "lazy"),
        frame("d", "x", "y"),
    )
    language = Language("en", "English", {}, (Demographic("age", (), frames),), (), ())
    units = _linked(language)
    assert units == {
        "en/age/a": "en/age/a",
        "en/age/b": "en/age/a",
        "en/age/c": "en/age/a",
        "en/age/d": "en/age/d",
    }


def test_nothing_observed_is_no_number():
    found = list(EmbeddingAssociation().measure([]))
    assert [m.metric for m in found] == ["effect-size", "stereotype-share", "competence"]
    assert all(m.value is None and m.interval is None and m.reason for m in found)
    spanish = [
        m
        for m in EmbeddingAssociation(language=("en", "es")).measure(list(ENGLISH.probe(leaning(ENGLISH, 0.0, 0))))
        if m.language == "es"
    ]
    assert {m.metric for m in spanish} == {"effect-size", "stereotype-share", "competence"}
    assert all(m.value is None and m.reason for m in spanish)


def test_limit_touches_every_demographic_and_is_seeded():
    def items(check: EmbeddingAssociation) -> list[str]:
        return [o.item for o in check.probe(leaning(ENGLISH, 0.0, 0))]

    few = items(replace(ENGLISH, limit=3))
    frames = {item.rpartition("/")[0] for item in few if "competence" not in item}
    assert {frame.split("/")[1] for frame in frames} >= DEMOGRAPHICS
    assert len(frames) == 3 * len({frame.split("/")[1] for frame in frames})
    assert few == items(replace(ENGLISH, limit=3))
    assert few != items(replace(ENGLISH, limit=3, seed=1))
    assert set(few) < set(items(ENGLISH))
    assert len(few) == len(set(few))


def test_measures_the_same_from_stored_observations():
    observations = list(ENGLISH.probe(leaning(ENGLISH, 0.3, 5)))
    stored = [Observation(**o) for o in json.loads(json.dumps([asdict(o) for o in observations]))]
    assert list(ENGLISH.measure(stored)) == list(ENGLISH.measure(observations))
    assert observations == list(ENGLISH.probe(leaning(ENGLISH, 0.3, 5)))
    assert (EmbeddingAssociation(),) == CHECKS
