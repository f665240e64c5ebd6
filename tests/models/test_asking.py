"""Requests become batches, and a killed call is repeated in the very batches it had."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.errors import StorageError
from audit.models.asking import Asking, ask
from audit.models.response_cache import ResponseCache
from audit.models.task import Task, sized
from audit.models.trial import Trial


class Killed(BaseException):
    """Stands for kill -9."""


def lengths(compute: Callable[[list[str]], list[int]], kind: str = "length") -> Task[str]:
    """Asks how long texts are."""
    return Task(
        kind,
        compute=compute,
        batching=lambda texts: sized(texts, len, 8),
        work=len,
        tokens=len,
        tokens_together=lambda batch: sum(map(len, batch)),
    )


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
        answers = ask(asking, lengths(compute, kind), texts)
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
        ask(asking, lengths(lambda b: [len(t) for t in b]), TEXTS)
        assert sum(told) == sum(len(text) for text in set(TEXTS))


def test_batches_keep_their_budget():
    for batch in sized(TEXTS, len, 8):
        assert len(batch) == 1 or max(map(len, batch)) * len(batch) <= 8


def test_a_cache_that_is_no_database_says_what_to_do(tmp_path: Path):
    (tmp_path / "c.sqlite").write_bytes(b"not a database at all, but long enough to be looked at" * 100)
    with pytest.raises(StorageError, match="set ASSAY_CACHE"):
        ResponseCache(tmp_path / "c.sqlite")


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ...")]
)
def test_a_batch_that_is_too_large_is_halved_until_it_fits(error: Exception):
    computed: list[list[str]] = []

    def compute(batch: list[str]) -> list[int]:
        if len(batch) > 1:
            raise error
        computed.append(batch)
        return [len(text) for text in batch]

    asking = Asking()
    assert ask(asking, lengths(compute), TEXTS) == [len(text) for text in TEXTS]
    assert sorted(text for batch in computed for text in batch) == sorted(set(TEXTS))
    assert asking.notes["batches halved"] > 0


def test_a_request_too_large_for_the_memory_has_no_answer_and_is_asked_again(tmp_path: Path):
    def compute(batch: list[str]) -> list[int]:
        if any(len(text) > 4 for text in batch):
            raise MemoryError
        return [len(text) for text in batch]

    asking = Asking("model", ResponseCache(tmp_path / "c.sqlite"))
    assert ask(asking, lengths(compute), TEXTS) == [len(t) if len(t) <= 4 else None for t in TEXTS]
    assert asking.notes["requests too large for the memory"] == 1
    assert batches_of(tmp_path / "c.sqlite", TEXTS) == [["ggggg"]]


def test_another_error_is_not_taken_for_too_little_memory():
    def compute(_: list[str]) -> list[int]:
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        ask(Asking(), lengths(compute), TEXTS)


def test_a_trial_asks_a_few_batches_and_reckons_the_rest():
    texts = [letter * 4 for letter in "abcdefghijklmnop"]  # eight batches of two
    computed: list[list[str]] = []

    def compute(batch: list[str]) -> list[int]:
        computed.append(batch)
        time.sleep(0.01)
        return [len(text) for text in batch]

    trial = Trial()
    assert ask(Asking(trial=trial), lengths(compute), texts) == [4] * 16
    assert len(computed) == 3
    assert (trial.requests, trial.tokens_alone, trial.tokens) == (16, 64, 64)
    assert trial.seconds >= 8 * 0.01
