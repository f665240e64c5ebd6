"""What is kept between runs can be seen and removed."""

import json
import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

from tests.command import ASSAY, assay, gate
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


def test_one_of_two_runs_that_share_a_cache_may_be_killed(tmp_path: Path):
    """The other completes, the cache stays whole, and the killed one ends with the same numbers."""
    own = {"ASSAY_CACHE": str(tmp_path / "cache")}
    options = [*gate(tmp_path), "--set", "local.coin.of=200"]
    checks = tmp_path / "my_checks.py"
    many = '[("", f"The committee met {number} times and approved the plan.") for number in range(1500)]'
    checks.write_text(checks.read_text().replace('[("", "The committee met.")]', many))
    model = causal_folder(tmp_path / "model")
    runs = [
        subprocess.Popen(
            [str(word) for word in (ASSAY, "run", model, *options, "--out", tmp_path / name)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **own},
        )
        for name in ("one", "two")
    ]
    answers = tmp_path / "cache" / "responses.sqlite"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not rows(answers):
        time.sleep(0.05)
    assert rows(answers) > 0
    os.kill(runs[0].pid, signal.SIGKILL)
    runs[0].wait()
    assert runs[1].wait(timeout=300) == 0
    with closing(sqlite3.connect(answers)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert assay("run", model, *options, "--out", tmp_path / "one", env=own).code == 0
    first, second = (json.loads((tmp_path / name / "audit.json").read_text()) for name in ("one", "two"))
    assert {**first, "times": {}} == {**second, "times": {}}


def rows(path: Path) -> int:
    """Answers in a cache that others may be writing."""
    try:
        with closing(sqlite3.connect(path)) as database:
            return int(database.execute("SELECT count(*) FROM response").fetchone()[0])
    except sqlite3.Error:
        return 0
