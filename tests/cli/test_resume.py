"""kill -9 at random moments: the resumed run ends with the very audit.json of an undisturbed one."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.command import ASSAY


def start(out: Path, cache: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [str(ASSAY), "run", "demo", *arguments, "--out", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "ASSAY_CACHE": str(cache)},
        start_new_session=True,
    )


def audited(out: Path) -> dict[str, object]:
    report = json.loads((out / "audit.json").read_text())
    del report["times"]
    return report


def own_cache(folder: Path, cache: Path) -> Path:
    """A cache without answers that shares the converted model."""
    folder.mkdir()
    (folder / "converted").symlink_to(cache / "converted")
    return folder


@pytest.mark.slow
def test_a_killed_run_ends_as_an_undisturbed_one(tmp_path: Path, cache: Path):
    (cache / "converted").mkdir(exist_ok=True)
    arguments = ("--limit", "6")
    began = time.monotonic()
    assert start(tmp_path / "calm", own_cache(tmp_path / "cache-1", cache), *arguments).wait() in (0, 1, 3)
    lasted = time.monotonic() - began
    moments, other = random.Random(11), own_cache(tmp_path / "cache-2", cache)
    for _ in range(10):
        process = start(tmp_path / "killed", other, *arguments)
        time.sleep(moments.uniform(0.2, max(1.0, lasted / 3)))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert start(tmp_path / "killed", other, *arguments).wait() in (0, 1, 3)
    assert audited(tmp_path / "killed") == audited(tmp_path / "calm")
