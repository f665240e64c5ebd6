"""What is kept between runs can be seen and removed."""

from pathlib import Path

from tests.command import assay, gate
from tests.tiny import causal_folder


def test_answers_are_counted_and_cleared(tmp_path: Path):
    own = {"ASSAY_CACHE": str(tmp_path / "cache")}
    assert "0 answers" in assay("cache", "info", env=own).out
    done = assay("run", causal_folder(tmp_path / "model"), *gate(tmp_path), "--out", tmp_path / "run", env=own)
    assert done.code == 0, done.err
    shown = assay("cache", "info", env=own)
    assert str(tmp_path / "cache") in shown.out
    assert " 1 answers" in shown.out
    assert "Freed" in assay("cache", "clear", env=own).out
    assert "0 answers" in assay("cache", "info", env=own).out


def test_converted_models_stay_unless_everything_goes(tmp_path: Path):
    own = {"ASSAY_CACHE": str(tmp_path)}
    (tmp_path / "converted" / "x").mkdir(parents=True)
    (tmp_path / "converted" / "x" / "weights").write_bytes(b"x" * 2_000_000)
    assay("cache", "clear", env=own)
    assert (tmp_path / "converted").exists()
    assert "Freed 2.0 MB" in assay("cache", "clear", "--all", env=own).out
    assert not (tmp_path / "converted").exists()
