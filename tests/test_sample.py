"""Observations in columns: nothing moves, nothing is mixed up, nothing missing looks like a number."""

import random

import numpy as np
import pytest

from audit.check import by_key
from audit.record import Observation
from audit.run import _once
from audit.sample import Texts, sample

SEEN = [
    Observation("a", 1.0, "x", "en", "two", {"sure": 0.5}),
    Observation("b", None, "y", "es", "one", reason="long"),
    Observation("ç\ud800", -3.0, "y", "en", "one", {"sure": 0.25, "late": 1}),
    Observation("d", 3.0, "", "es", "ten", {"sure": 0.75}),
    Observation("e", None, "x", "en", "two", reason="long"),
]


def test_columns_hold_what_was_seen():
    found = sample(iter(SEEN), lambda o: o.detail)
    assert len(found) == 5
    assert found.scores.tolist() == pytest.approx([1.0, np.nan, -3.0, 3.0, np.nan], nan_ok=True)
    assert found.clusters.tolist() == [2, 0, 0, 1, 2]  # in the order of "one", "ten", "two"
    assert found.fact("sure").tolist() == pytest.approx([0.5, np.nan, 0.25, 0.75, np.nan], nan_ok=True)
    assert found.fact("late").tolist() == pytest.approx([np.nan, np.nan, 1.0, np.nan, np.nan], nan_ok=True)
    assert np.isnan(found.fact("never")).all()
    assert dict(found.reasons) == {"": 3, "long": 2}
    assert found.languages == ["en", "es"]


def test_groups_are_those_of_the_observations_in_order_of_appearance():
    found = sample(SEEN)
    assert [name for name, _ in found.groups()] == ["x", "y", ""]
    spanish = found.language("es")
    assert [name for name, _ in spanish.groups()] == ["y", ""]
    assert [own.first() for _, own in found.groups()] == [
        tuple(o.item for o in own) for own in by_key(SEEN, "group").values()
    ]
    assert found.where(found.in_group("y")).first() == ("b", "ç\ud800")
    assert not found.language("sw")
    assert not found.where(found.in_group("never")).scored()


def test_the_largest_come_first_and_the_earlier_of_equals():
    scored = sample(SEEN).scored()
    assert scored.largest(np.abs(scored.scores)) == ("ç\ud800", "d", "a")
    assert scored.largest(scored.scores, most=1) == ("d",)
    assert scored.take(np.array([2, 0])).first() == ("d", "a")


def test_observations_may_each_be_their_own_sampling_unit():
    assert sample(SEEN, clustered=False).clusters.tolist() == [0, 1, 2, 3, 4]


def test_nothing_seen_is_an_empty_sample():
    nothing = sample([], lambda o: o.detail)
    assert not nothing
    assert (list(nothing.groups()), nothing.languages, nothing.first()) == ([], [], ())
    assert len(nothing.scored().clusters) == len(nothing.fact("sure")) == 0


def test_texts_come_back_as_they_were():
    texts = Texts()
    for text in ("", "naïve", "日本", "\ud800"):
        texts.append(text)
    assert [texts[i] for i in range(len(texts))] == ["", "naïve", "日本", "\ud800"]


def test_texts_rank_as_they_sort():
    generator = random.Random(0)
    parts = ("", "a", "b\0", "\0", "cluster-of-", "ü", "日本", "10", "9")
    names = ["".join(generator.choices(parts, k=generator.randint(0, 6))) for _ in range(2000)]
    texts = Texts()
    for name in names:
        texts.append(name)
    place = {name: i for i, name in enumerate(sorted(set(names)))}
    ranks = texts.ranks().tolist()
    assert ranks == [place[name] for name in names]
    assert Texts().ranks().tolist() == []


def test_an_item_seen_twice_is_named_and_equal_hashes_are_not_enough(monkeypatch: pytest.MonkeyPatch):
    import audit.run

    with pytest.raises(ValueError, match="the item d was observed twice"):
        list(_once(iter([*SEEN, SEEN[3]])))
    monkeypatch.setattr(audit.run, "hash", lambda _: 7, raising=False)
    assert list(_once(iter(SEEN))) == SEEN
    with pytest.raises(ValueError, match="the item b was observed twice"):
        list(_once(iter([*SEEN, SEEN[1]])))
