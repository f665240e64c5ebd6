"""bias.weat: word lists are read whole or refused, planted associations caught, unknown words never dropped."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import combinations
from math import comb, sqrt
from pathlib import Path

import numpy as np
import pytest

from audit.checks.bias.weat import CHECKS, Weat
from audit.datasets.weathub import SETS, read_association_tests
from audit.errors import CheckError, DatasetError
from audit.record import Measurement, Observation
from audit.selftest.stand_ins.bias_weat import STAND_INS, Associating, word_lists

GROUP = STAND_INS[0].group
SMALL = {
    "targ1": {"category": "X", "examples": ["x1", "x2", "x3", "x4"]},
    "targ2": {"category": "Y", "examples": ["y1", "y2", "y3", "y4"]},
    "attr1": {"category": "A", "examples": ["a"]},
    "attr2": {"category": "B", "examples": ["b"]},
}


def written(path: Path, value: object) -> Path:
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


class Known:
    """Vectors by word; NaN for a word out of vocabulary."""

    def __init__(self, vectors: Mapping[str, Sequence[float]]) -> None:
        self.vectors, self.calls = vectors, 0

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        self.calls += 1
        assert len(set(texts)) == len(texts)
        return np.array([self.vectors.get(text, (np.nan, np.nan)) for text in texts], dtype=np.float32)


def angle(cosine: float) -> tuple[float, float]:
    """A vector with that cosine to (1, 0)."""
    return cosine, sqrt(1 - cosine**2)


def only(measurements: list[Measurement]) -> Measurement:
    (found,) = measurements
    return found


def test_golden_case(tmp_path):
    """a = (1, 0) and b = (-1, 0), so that the association of a word is twice its cosine with a."""
    cosines = {"x1": 0.3, "x2": 0.4, "x3": 0.5, "x4": 0.6, "y1": 0.1, "y2": 0.2, "y3": 0.3, "y4": 0.4}
    vectors = {word: angle(cosine) for word, cosine in cosines.items()} | {"a": (1, 0), "b": (-1, 0)}
    check = Weat(data=written(tmp_path / "flowers.json", SMALL))
    model = Known(vectors)
    observations = list(check.probe(model))
    assert model.calls == 1
    assert len(observations) == 10
    assert {o.item: o.score for o in observations}["flowers/targ1/x2"] == pytest.approx(0.8)
    found = only(list(check.measure(observations)))
    assert found.group == "flowers: X - Y, A - B"
    assert found.value == pytest.approx(2 / sqrt(18 / 7))
    # of 70 partitions, 3456 | 1234 in tenths and those that tie with it or lie beyond, in both directions
    sums = [sum(c) for c in combinations([3, 4, 5, 6, 1, 2, 3, 4], 4)]
    assert found.p_value == pytest.approx(sum(abs(s - 14) >= 4 for s in sums) / 70)
    assert (found.n, found.n_clusters, found.missing, found.unit) == (8, 8, 0, "word")
    assert found.interval.low < 0 < found.value < found.interval.high < 2
    assert set(found.evidence[:2]) == {"flowers/targ1/x4", "flowers/targ2/y1"}


def test_the_strongest_negative_association_has_a_small_two_sided_p(tmp_path):
    check = Weat(**word_lists(tmp_path))
    for effect in (1.9, -1.9):
        found = only(list(check.measure(check.probe(Associating(effect, 0)))))
        assert found.value * effect > 3
        assert found.p_value == pytest.approx(1 / 20_001)
        assert "20,000 of 126,410,606,437,752 partitions drawn" in found.note
    small = {key: {"category": key, "examples": [f"{key}{i}" for i in range(8)]} for key in SETS}
    vectors = {f"targ1{i}": angle(-0.5 - i / 100) for i in range(8)}
    vectors |= {f"targ2{i}": angle(0.5 + i / 100) for i in range(8)}
    vectors |= {f"attr1{i}": (1, 0) for i in range(8)} | {f"attr2{i}": (-1, 0) for i in range(8)}
    found = only(list((c := Weat(data=written(tmp_path / "small.json", small))).measure(c.probe(Known(vectors)))))
    assert found.value < -1.9
    assert found.p_value == pytest.approx(2 / comb(16, 8))


def test_null_models_are_cleared_and_a_detectable_effect_is_caught(tmp_path):
    check = Weat(**word_lists(tmp_path), limit=8)
    null = [only(list(check.measure(check.probe(Associating(0.0, seed))))) for seed in range(150)]
    assert sum(not m.interval.low <= 0 <= m.interval.high for m in null) / 150 <= 0.09
    # two groups of 8, power 0.9: Cohen's d of 1.7445 (statsmodels), in units of the spread of all
    assert [m.smallest_detectable for m in null] == pytest.approx([1.3147] * 150, abs=1e-3)
    planted = [only(list(check.measure(check.probe(Associating(1.3147, seed))))) for seed in range(150)]
    assert sum(m.interval.low > 0 for m in planted) / 150 >= 0.78
    assert np.mean([m.value for m in planted]) == pytest.approx(1.2547, abs=0.1)
    covered = sum(m.interval.low <= 1.3147 <= m.interval.high for m in planted)
    assert covered / 150 >= 0.9


def test_words_out_of_vocabulary_are_missing_with_a_reason(tmp_path):
    lists = {**SMALL, "targ1": {"category": "X", "examples": [f"x{i}" for i in range(8)]}}
    check = Weat(data=written(tmp_path / "w.json", lists))
    vectors = {f"x{i}": angle(0.1 * i) for i in range(6)} | {f"y{i}": angle(0.05 * i) for i in range(1, 5)}
    observations = list(check.probe(Known({**vectors, "a": (1, 0), "b": (0, 1)})))
    unknown = [o for o in observations if o.score is None]
    assert [o.item for o in unknown] == ["w/targ1/x6", "w/targ1/x7"]
    assert all("no vector for this word" in o.reason for o in unknown)
    json.dumps([asdict(o) for o in observations], allow_nan=False)
    found = only(list(check.measure(observations)))
    assert (found.n, found.missing) == (10, 2)
    assert "No vector for 2 of 14 words: w/targ1/x6, w/targ1/x7." in found.note


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (["x1", "y1", "y2", "y3", "y4", "a", "b"], "vectors for 1 of the 4 words of targ1: fewer than half"),
        (["x1", "x2", "x3", "y1", "y2", "y3", "y4", "a", "b"], "a set of target words has 3 words; it needs 4"),
        (["x1", "x2", "x3", "x4", "y1", "y2", "y3", "y4", "a"], "vectors for 0 of the 1 words of attr2"),
        ([], "vectors for 0 of the 4 words of targ1"),
    ],
)
def test_a_set_that_became_too_small_has_no_result(tmp_path, known, reason):
    check = Weat(data=written(tmp_path / "w.json", SMALL))
    observations = list(check.probe(Known({word: angle(i / 20) for i, word in enumerate(known)})))
    assert len(observations) == 10
    found = only(list(check.measure(observations)))
    assert (found.value, found.interval) == (None, None)
    assert reason in found.reason or "vectors for 0 of" in found.reason
    assert found.missing >= 10 - len(known)


def test_words_that_repeat_count_once_and_the_note_says_so(tmp_path):
    lists = {**SMALL, "targ1": {"category": "X", "examples": ["x1", "x2", " x2 ", "x3", "x4", "y1"]}}
    check = Weat(data=written(tmp_path / "w.json", lists))
    words = ("x1", "x2", "x3", "x4", "y1", "y2", "y3", "y4", "a", "b")
    observations = list(check.probe(Known({word: angle(0.09 * i) for i, word in enumerate(words)})))
    assert len({o.item for o in observations}) == len(observations) == 11
    found = only(list(check.measure(observations)))
    assert found.n == 9
    assert "1 words stand twice in their list and count once. 2 words stand in two lists." in found.note


def test_needs_word_lists():
    with pytest.raises(CheckError, match=r"^bias.weat needs word lists: set bias.weat.data=PATH"):
        list(Weat().probe(Known({})))


def test_nothing_observed_is_no_number():
    found = only(list(Weat().measure([])))
    assert (found.metric, found.value, found.interval) == ("effect-size", None, None)
    assert found.reason


def test_limit_is_seeded_and_stored_observations_measure_the_same(tmp_path):
    check = Weat(**word_lists(tmp_path), limit=5)
    few = list(check.probe(Associating(0.5, 0)))
    assert [o.detail["set"] for o in few].count("targ1") == 5
    assert [o.detail["set"] for o in few].count("attr1") == 8  # attributes define what is measured
    assert [o.item for o in few] == [o.item for o in check.probe(Associating(0.5, 1))]
    assert [o.item for o in few] != [o.item for o in replace(check, seed=1).probe(Associating(0.5, 0))]
    stored = [Observation(**o) for o in json.loads(json.dumps([asdict(o) for o in few]))]
    assert list(check.measure(stored)) == list(check.measure(few))
    assert (Weat(),) == CHECKS


# The reader


def test_layouts(tmp_path):
    flat = {f"{key}.{part}": value for key, fields in SMALL.items() for part, value in fields.items()}
    lines = "\n".join(json.dumps({"language": code, **flat}) for code in ("hi", "th"))
    for name, text, names in (
        ("one.json", "\ufeff" + json.dumps(SMALL, indent=4), ["one"]),
        ("one.jsonl", json.dumps(SMALL), ["one"]),
        ("list.json", json.dumps([SMALL, SMALL]), ["list-1", "list-2"]),
        ("lines.json", lines, ["lines-1 hi", "lines-2 th"]),
    ):
        tests = read_association_tests(written(tmp_path / name, text))
        assert [test.name for test in tests] == names
        assert all(list(test.sets["targ1"].words) == ["x1", "x2", "x3", "x4"] for test in tests)
        assert {test.title.partition(": ")[2] for test in tests} == {"X - Y, A - B"}


def test_a_folder_is_read_with_all_below_it(tmp_path):
    for name in ("de/weat1.json", "de/weat2.json", "hi/weat1.jsonl", "hi/notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        written(tmp_path / name, SMALL)
    names = [test.name for test in read_association_tests(tmp_path)]
    assert names == ["de/weat1", "de/weat2", "hi/weat1"]
    written(tmp_path / "hi" / "weat1.json", SMALL)
    with pytest.raises(DatasetError, match=r"holds hi/weat1.json and hi/weat1.jsonl; rename one"):
        read_association_tests(tmp_path)


def without(key: str, **parts: object) -> str:
    return json.dumps({**SMALL, key: {k: v for k, v in {**SMALL[key], **parts}.items() if v is not None}})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"bad.json is empty"),
        ("[]", r"holds an empty list"),
        ("3", r"int where an object with targ1, targ2, attr1, attr2 was expected"),
        ('{"targ1": 1,\n "targ2"}', r"line 2: this is not JSON"),
        ("[" * 100_000, r"nested too deeply"),
        (json.dumps({k: v for k, v in SMALL.items() if k != "attr2"}), r"the field 'attr2' is missing"),
        (json.dumps({**SMALL, "targ1": ["x"]}), r"the field 'targ1' is list; it has to be dict"),
        (without("targ1", category=None), r"the one test, targ1: the field 'category' is missing"),
        (without("attr1", examples="a, b"), r"attr1: the field 'examples' is str; it has to be list"),
        (without("attr1", examples=[]), r"attr1: its examples are empty"),
        (without("targ2", examples=["a", " "]), r"targ2: word 2 of its examples is ' '"),
        (without("targ2", examples=["a", None]), r"targ2: word 2 of its examples is None"),
        ('{"targ1": {}, "targ1": {}}', r"'targ1' occurs twice"),
        (json.dumps(SMALL) + "\n" + json.dumps({"targ1": 3}), r"line 2"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, text, message):
    with pytest.raises(DatasetError, match=message):
        read_association_tests(written(tmp_path / "bad.json", text))


def test_other_encodings_and_empty_folders(tmp_path):
    path = tmp_path / "latin.json"
    path.write_bytes(
        json.dumps({**SMALL, "targ1": {"category": "é", "examples": ["é"]}}, ensure_ascii=False).encode("latin-1")
    )
    with pytest.raises(DatasetError, match=r"byte 0xe9 is not utf-8"):
        read_association_tests(path)
    assert list(read_association_tests(path, "latin-1")[0].sets["targ1"].words) == ["é"]
    (tmp_path / "none").mkdir()
    with pytest.raises(DatasetError, match=r"holds no .json or .jsonl file"):
        read_association_tests(tmp_path / "none")
    with pytest.raises(DatasetError, match=r"cannot be read"):
        read_association_tests(tmp_path / "absent.json")


def test_reads_the_public_lists(shared_data):
    tests = read_association_tests(shared_data / "weathub")
    assert len(tests) == 274
    first = next(test for test in tests if test.name == "en/weat1")
    assert first.title == "en/weat1: Flowers - Insects, Pleasant - Unpleasant"
    assert {name: len(words.words) for name, words in first.sets.items()} == dict.fromkeys(SETS, 25)
    bengali = next(test for test in tests if test.name == "bn_all/weat1")
    assert sum(bengali.sets["attr1"].words.values()) - len(bengali.sets["attr1"].words) == 8
