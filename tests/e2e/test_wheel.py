"""The wheel, installed by an old pip into an empty environment, works as it is."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


def run(*command: object, cwd: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, **env},
    )


def test_the_wheel_runs_in_an_empty_environment(tmp_path: Path, cache: Path):
    built = run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT, cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    # torch is named so that the resolver takes the tested build, not one for an accelerator
    installed = run(python, "-m", "pip", "install", "torch==2.13.0", wheel, cwd=tmp_path)
    assert installed.returncode == 0, installed.stderr[-3000:]
    assert "INFO: pip is looking at multiple versions" not in installed.stdout
    assert run(python, "-m", "pip", "check", cwd=tmp_path).returncode == 0
    command = tmp_path / "venv" / "bin" / "assay"
    assert "release-gate" in run(command, "policy", "list", cwd=tmp_path).stdout
    done = run(command, "run", "demo", "--limit", "5", "--out", tmp_path / "run", cwd=tmp_path, HF_HUB_OFFLINE="0")
    assert done.returncode in (1, 3), done.stderr
    assert (tmp_path / "run" / "report.html").stat().st_size > 50_000
