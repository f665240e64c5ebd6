"""Requests become batches, and a killed call is repeated in the very batches it had."""

from pathlib import Path

import pytest

from audit.errors import StorageError
from audit.models.asking import Asking, ask, by_size
from audit.models.response_cache import ResponseCache


class Killed(BaseException):
    """Stands for kill -9."""


def batches_of(
    cache: Path, texts: list[str], *, die_after: int | None = None, kind: str = "length"
) -> list[list[str]]:
    """The batches that were computed; raises Killed after ``die_after`` of them."""
    computed: list[list[str]] = []

    def compute(batch: list[str]) -> list[int]:
        if die_after is not None and len(computed) == die_after:
            raise Killed
        computed.append(batch)
        return [len(text) for text in batch]

    asking = Asking("model", ResponseCache(cache))
    try:
        answers = ask(asking, kind, texts, compute, batching=by_size(len, 8), work=len)
    except Killed:
        return computed
    assert answers == [len(text) for text in texts]
    return computed


TEXTS = ["a", "bb", "ccc", "dddd", "bb", "ee", "f", "ggggg", "hhh"]


def test_a_killed_call_goes_on_in_the_batches_it_had(tmp_path: Path):
    undisturbed = batches_of(tmp_path / "one.sqlite", TEXTS)
    for die_after in range(len(undisturbed)):
        cache = tmp_path / f"killed-{die_after}.sqlite"
        first = batches_of(cache, TEXTS, die_after=die_after)
        second = batches_of(cache, TEXTS)
        assert first + second == undisturbed


def test_each_distinct_request_is_computed_once(tmp_path: Path):
    computed = [text for batch in batches_of(tmp_path / "c.sqlite", TEXTS) for text in batch]
    assert sorted(computed) == sorted(set(TEXTS))


def test_a_second_call_computes_only_what_is_new(tmp_path: Path):
    batches_of(tmp_path / "c.sqlite", TEXTS)
    assert batches_of(tmp_path / "c.sqlite", [*TEXTS, "new"]) == [["new"]]


def test_another_kind_of_request_is_another_request(tmp_path: Path):
    batches_of(tmp_path / "c.sqlite", TEXTS)
    assert batches_of(tmp_path / "c.sqlite", ["a"], kind="other") == [["a"]]


def test_the_work_told_adds_up_to_the_work_there_is(tmp_path: Path):
    for _ in range(2):
        told: list[float] = []
        asking = Asking("model", ResponseCache(tmp_path / "c.sqlite"), told.append)
        ask(asking, "length", TEXTS, lambda b: [len(t) for t in b], batching=by_size(len, 8), work=len)
        assert sum(told) == sum(len(text) for text in set(TEXTS))


def test_batches_keep_their_budget():
    for batch in by_size(len, 8)(TEXTS):
        assert len(batch) == 1 or max(map(len, batch)) * len(batch) <= 8


def test_a_cache_that_is_no_database_says_what_to_do(tmp_path: Path):
    (tmp_path / "c.sqlite").write_bytes(b"not a database at all, but long enough to be looked at" * 100)
    with pytest.raises(StorageError, match="set ASSAY_CACHE"):
        ResponseCache(tmp_path / "c.sqlite")
