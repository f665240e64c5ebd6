"""Every exit code through the installed command; a crash never looks like a verdict."""

import json
import sys
from pathlib import Path

import pytest

from tests.command import assay, gate
from tests.tiny import causal_folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return causal_folder(tmp_path_factory.mktemp("model"))


def test_0_when_every_blocking_control_passed(model: Path, tmp_path: Path):
    done = assay("run", model, *gate(tmp_path), "--out", tmp_path / "run")
    assert done.code == 0, done.err
    assert "PASSED" in done.out.upper()
    assert json.loads((tmp_path / "run" / "audit.json").read_text())["verdict"]["exit_code"] == 0


def test_1_when_a_blocking_control_failed(model: Path, tmp_path: Path):
    done = assay("run", model, *gate(tmp_path), "--set", "local.coin.heads=90", "--out", tmp_path / "run")
    assert done.code == 1, done.err


def test_2_when_the_input_is_wrong(model: Path, tmp_path: Path):
    done = assay("run", tmp_path / "nowhere", *gate(tmp_path), "--out", tmp_path / "run")
    assert done.code == 2
    assert not (tmp_path / "run").exists()
    assert assay("run").code == 2
    assert assay("no-such-command").code == 2


def test_3_when_the_interval_reaches_across_the_limit(model: Path, tmp_path: Path):
    done = assay("run", model, *gate(tmp_path), "--set", "local.coin.heads=8", "--out", tmp_path / "run")
    assert done.code == 3, done.err


@pytest.mark.parametrize("check", ["local.breaks", "local.misjudges", "local.not-a-number", "local.silent"])
def test_3_when_a_check_breaks_off_or_sees_nothing(model: Path, tmp_path: Path, check: str):
    done = assay("run", model, *gate(tmp_path, check), "--out", tmp_path / "run")
    assert done.code == 3, done.err
    assert "Traceback" not in done.out + done.err
    (finding,) = json.loads((tmp_path / "run" / "audit.json").read_text())["findings"]
    assert finding["outcome"] == "untested"
    assert finding["reason"]


def test_3_when_an_unrelated_check_breaks_off_beside_a_pass(model: Path, tmp_path: Path):
    options = gate(tmp_path)
    only = ["--only", "local.coin", "--only", "local.breaks"]
    assert assay("run", model, *options, *only, "--out", tmp_path / "run").code == 3


def test_4_when_assay_itself_breaks(model: Path, tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text(
        "import audit.judge\n"
        "def broken(*a, **k):\n"
        "    raise RuntimeError('a bug planted by the test')\n"
        "audit.judge.judge = broken\n"
    )
    options = gate(tmp_path)
    done = assay("run", model, *options, "--out", tmp_path / "run", env={"PYTHONPATH": str(tmp_path)})
    assert done.code == 4, done.err
    assert "this is a bug and no verdict" in done.err
    assert not (tmp_path / "run" / "audit.json").exists()


def test_judging_again_has_the_same_exit_codes(model: Path, tmp_path: Path):
    options = gate(tmp_path)
    assay("run", model, *options, "--out", tmp_path / "run")
    assert assay("judge", tmp_path / "run").code == 0
    strict = tmp_path / "strict.yaml"
    strict.write_text((tmp_path / "policy.yaml").read_text().replace("at_most: 0.1", "at_least: 0.9"))
    assert assay("judge", tmp_path / "run", "--policy", strict).code == 1
    other = tmp_path / "other.yaml"
    other.write_text((tmp_path / "policy.yaml").read_text().replace("local.coin", "content.refusal"))
    assert assay("judge", tmp_path / "run", "--policy", other).code == 3


def test_the_module_and_the_command_are_the_same(model: Path):
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "audit", "--version"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout == assay("--version").out
