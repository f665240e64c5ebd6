"""A model that says hostile things leaves terminal, report and card intact, from the command to the browser."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.command import assay, gate
from tests.tiny import causal_folder

SAYS = """
HOSTILE = (
    "<script>document.title = 'owned'</script><img src=x onerror=\\"document.title = 'owned'\\">",
    "\\x1b]0;owned\\x07\\x1b[2J\\x1b[31mred",
    "x" * 1_000_000,
    "\\ud800 half a character, \\x00 nothing, \\u202e turned round",
    "```\\n---\\nlicense: mit\\n| a | b |\\n{{ 7 * 7 }} {% raw %}",
)
"""
PROBE = """        for number, text in enumerate(HOSTILE):
            detail = {"prompt": text, "answer": text}
            yield Observation(f"toss-{number}", reason=text, detail=detail, cluster=text[:50])
"""
MEASURE = """        seen = list(observations)
        yield Measurement(
            "heads", None, missing=len(seen), reason=HOSTILE[0] + HOSTILE[1], evidence=tuple(o.item for o in seen)
        )
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The run folder, and what the terminal got."""
    folder = tmp_path_factory.mktemp("hostile")
    options = gate(folder)
    checks = folder / "my_checks.py"
    source = checks.read_text().replace("\n@dataclass", SAYS + "\n@dataclass", 1)
    start, end = source.index("        for number in range"), source.index("    def measure")
    source = source[:start] + PROBE + "\n" + source[end:]
    start, end = source.index("        yield share"), source.index("\n\n@dataclass(frozen=True)\nclass Breaks")
    checks.write_text(source[:start] + MEASURE + source[end:])
    done = assay("run", causal_folder(folder / "model"), *options, "--out", folder / "run")
    assert done.code == 3, done.err
    return folder / "run", done.out + done.err


def test_no_control_character_reaches_the_terminal(run: tuple[Path, str]):
    _, terminal = run
    assert not [letter for letter in terminal if ord(letter) < 32 and letter != "\n"]
    assert "\u202e" not in terminal
    assert len(terminal) < 20_000


def test_files_stay_small_and_valid(run: tuple[Path, str]):
    folder, _ = run
    for name in ("report.html", "report.md", "README.md", "junit.xml"):
        text = (folder / name).read_text(encoding="utf-8")
        assert len(text) < 300_000
        assert "\x1b" not in text
        assert name == "report.md" or "<script>" not in text  # Markdown holds it in a fenced block
    assert len((folder / "observations" / "local.coin.jsonl").read_bytes()) > 2_000_000  # nothing is lost


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium on the PATH")
def test_nothing_runs_in_a_browser(run: tuple[Path, str], tmp_path: Path):
    folder, _ = run
    switches = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    done = subprocess.run(
        ["chromium", *switches, f"--user-data-dir={tmp_path}", "--dump-dom", f"file://{folder / 'report.html'}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "<title>" in done.stdout
    assert "<title>owned" not in done.stdout
    assert "<script" not in done.stdout
    assert "onerror=" not in done.stdout.replace("onerror=&quot;", "").replace('onerror="document', "")
