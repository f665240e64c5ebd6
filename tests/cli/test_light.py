"""What does not run a model does not import one."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import assay, gate
from tests.tiny import causal_folder

HEAVY = {"torch", "transformers", "shap", "sklearn", "scipy", "pandas", "datasets", "evaluate", "fairlearn"}
MODELS = {"torch", "transformers"}


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("light")
    done = assay("run", causal_folder(folder / "model"), *gate(folder), "--out", folder / "run")
    assert done.code == 0, done.err
    return folder / "run"


def imported(*arguments: object) -> set[str]:
    """Top-level packages that a command imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "audit", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in lines}


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["run", "--help"], ["checks", "--help"], ["policy", "list"], ["--version"]],
    ids=" ".join,
)
def test_help_imports_nothing_heavy(arguments: list[str]):
    assert not HEAVY & imported(*arguments)


def test_judging_and_rendering_import_no_model_library(run_folder: Path, tmp_path: Path):
    assert not HEAVY & imported("judge", run_folder)
    assert not HEAVY & imported("render", run_folder, "--out", tmp_path)
    assert not MODELS & imported("checks", "list")
    assert not MODELS & imported("plan", run_folder.parent / "model", "--untimed", "--limit", "2")
