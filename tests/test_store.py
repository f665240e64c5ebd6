"""The run folder: whole or resumable, never half written as if whole."""

import json
from pathlib import Path

import pytest

from audit.errors import RunFolderError, StorageError
from audit.record import Observation
from audit.store import RunFolder, plain, to_line


def test_what_was_seen_comes_back(tmp_path: Path):
    seen = [Observation("a", 0.5, "women", "en", "frame-1", {"text": "x"}), Observation("b", reason="empty")]
    with RunFolder(tmp_path / "run", "digest") as folder:
        folder.store("bias.x", seen)
        assert list(folder.read("bias.x")) == seen
        assert len(folder.digest("bias.x")) == 64


def test_a_check_that_broke_off_does_not_count_as_seen(tmp_path: Path):
    def observations():
        yield Observation("a", 1.0)
        raise RuntimeError("killed")

    with RunFolder(tmp_path, "digest") as folder:
        with pytest.raises(RuntimeError):
            folder.store("bias.x", observations())
        assert not folder.has("bias.x")


def test_the_same_plan_goes_on_and_another_is_refused(tmp_path: Path):
    with RunFolder(tmp_path, "one") as folder:
        folder.store("bias.x", [Observation("a", 1.0)])
    with RunFolder(tmp_path, "one") as folder:
        assert folder.has("bias.x")
    with pytest.raises(RunFolderError, match="another audit"), RunFolder(tmp_path, "two"):
        pass
    with RunFolder(tmp_path, "two", fresh=True) as folder:
        assert not folder.has("bias.x")


def test_the_card_of_somebody_else_is_not_overwritten(tmp_path: Path):
    (tmp_path / "README.md").write_text("the maker's card")
    with pytest.raises(RunFolderError, match=r"README.md"), RunFolder(tmp_path, "one", fresh=True):
        pass
    assert [file.read_text() for file in tmp_path.iterdir()] == ["the maker's card"]


def test_two_processes_do_not_share_a_folder(tmp_path: Path):
    with (
        RunFolder(tmp_path, "one"),
        pytest.raises(RunFolderError, match="in use"),
        RunFolder(tmp_path, "one"),
    ):
        pass


def test_a_damaged_line_is_named(tmp_path: Path):
    with RunFolder(tmp_path, "one") as folder:
        folder.store("bias.x", [Observation("a", 1.0)])
        (tmp_path / "observations" / "bias.x.jsonl").write_text('{"item": "a"\n')
        with pytest.raises(RunFolderError, match="line 1"):
            list(folder.read("bias.x"))


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -float("inf")])
def test_a_score_that_is_no_number_becomes_missing_with_a_reason(score):
    record = json.loads(to_line(Observation("a", score)))
    assert record["score"] is None
    assert "finite" in record["reason"]


def test_whatever_a_model_says_becomes_json():
    line = to_line(Observation("a", 1.0, detail={"answer": "\ud800<script>\x1b[2J", "x": [float("nan"), 1]}))
    assert json.loads(line)["detail"] == {"answer": "?<script>\x1b[2J", "x": [None, 1]}
    assert line.isascii()
    assert plain({1: (2, object)})["1"][0] == 2


def test_a_full_disk_is_one_sentence(tmp_path: Path):
    with RunFolder(tmp_path, "one") as folder:
        (tmp_path / "observations" / "bias.x.jsonl.part").symlink_to("/dev/full")
        with pytest.raises(StorageError, match="free space and run the same command again"):
            folder.store("bias.x", [Observation("a", 1.0, detail={"text": "x" * 100_000})])
        assert not folder.has("bias.x")
