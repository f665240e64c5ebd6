"""The demo model served by a process of its own on loopback, against the same model in this process."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from audit.capability import CanGenerate, CanScore
from audit.endpoint.client import Pace
from audit.models.open import open_model
from audit.target.open import open_target
from tests.command import assay

pytestmark = pytest.mark.slow
SERVER = Path(__file__).parents[2] / "examples" / "serve" / "serve.py"
START = "<|im_start|>"
REQUESTS = [
    ("The capital of France is", " Paris."),
    ("The capital of France is", " Berlin."),
    ("The nurse said that", " she was tired after the night shift."),
    ("El hospital contrató a una", " enfermera con mucha experiencia."),
    ("A café in Zürich", " serves crème brûlée, naïvely."),
    ("我喜欢", "喝茶🍵。"),
    ("To be or not to b", "e, that is the question"),
    ("Two lines:\n", "one\n\ntwo  three"),
]
PROMPTS = ["Name three colours.", "¿Cuál es la capital de Francia?", "Write one sentence about the sea."]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-u", str(SERVER), "demo", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def test_it_is_the_same_model_through_http(url: str):
    direct, served = open_model(open_target("demo")), open_model(open_target(url, Pace(2), START))
    assert isinstance(direct, CanScore)
    assert isinstance(served, CanScore)
    requests = [*REQUESTS, ("", "A short text that stands alone."), ("", "我喜欢喝茶。")]
    expected = direct.log_likelihood(requests)
    assert np.isfinite(expected).all()
    assert served.log_likelihood(requests) == pytest.approx(expected, abs=1e-3)
    assert isinstance(direct, CanGenerate)
    assert isinstance(served, CanGenerate)
    asked = {"max_new_tokens": 16}
    assert served.generate(PROMPTS, **asked) == direct.generate(PROMPTS, **asked)


def test_an_audit_of_it_ends_with_a_verdict(url: str, tmp_path: Path):
    only = ("--only", "hallucination.closed-book", "--language", "en", "--limit", "4")
    done = assay("run", url, *only, "--out", tmp_path / "served", "--concurrency", "2")
    assert done.code == 3, done.err  # what the policy asks for was left out
    assert assay("run", "demo", *only, "--out", tmp_path / "direct").code == 3
    served, direct = (
        json.loads((tmp_path / name / "audit.json").read_text())["measurements"]["hallucination.closed-book"]
        for name in ("served", "direct")
    )
    assert [m["value"] for m in served] == pytest.approx([m["value"] for m in direct], abs=1e-3, nan_ok=True)
    assert any(m["value"] is not None for m in served)
