"""A plan says what a run asks, and how long that takes here."""

import json
from pathlib import Path

import pytest

from tests.command import assay, gate
from tests.tiny import causal_folder

CHECKS = """
from dataclasses import dataclass

from audit.capability import CanGenerate, CanScore
from audit.check import Metric


@dataclass(frozen=True)
class Asks:
    \"\"\"Scores twelve continuations of one context, and asks for three answers.\"\"\"

    id = "local.asks"
    needs = (CanScore,)
    languages = ()
    metrics = (Metric("nothing", "share", 0.0, "lower", "https://example.org"),)

    def probe(self, model):
        context = "The committee met on Monday in the old library near the river"
        model.log_likelihood([(context, f" and {word}.") for word in "abcdefghijkl"])
        model.generate(["My sister", "My brother", "A cook"], max_new_tokens=8)
        yield from ()

    def measure(self, observations):
        yield from ()


CHECKS = (Asks(),)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plan")
    causal_folder(folder / "model")
    (folder / "asks.py").write_text(CHECKS)
    return folder


def planned(place: Path, *options: object) -> dict[str, object]:
    asks = ("--checks", place / "asks.py", "--only", "local.asks", "--json", *options)
    done = assay("plan", place / "model", *asks, env={"ASSAY_CACHE": str(place / "cache")})
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_a_plan_is_timed_on_the_model_and_counts_what_is_shared(place: Path):
    timings = planned(place)["timings"]
    (check,) = timings["checks"]
    assert check["check"] == "local.asks"
    assert check["new"] == 15
    assert check["tokens"] < 0.6 * check["tokens_alone"]
    assert 0 < check["seconds"] < timings["seconds"]
    assert timings["loading"] > 0


def test_an_untimed_plan_loads_nothing(place: Path):
    assert planned(place, "--untimed")["timings"] is None


def test_what_is_in_the_cache_costs_nothing(place: Path, tmp_path: Path):
    asks = ("--checks", place / "asks.py", "--only", "local.asks", "--out", tmp_path / "run")
    assay("run", place / "model", *asks, env={"ASSAY_CACHE": str(place / "cache")})
    (check,) = planned(place)["timings"]["checks"]
    assert (check["new"], check["seconds"]) == (0, 0.0)


def test_the_run_records_how_the_model_was_asked(place: Path, tmp_path: Path):
    gated = gate(tmp_path)
    done = assay(
        "run",
        place / "model",
        *gated,
        "--out",
        tmp_path / "run",
        "--batch-tokens",
        64,
        env={"ASSAY_CACHE": str(tmp_path)},
    )
    assert done.code == 0, done.err
    engine = json.loads((tmp_path / "run" / "audit.json").read_text())["times"]["engine"]
    assert engine["scoring"] == "token trie, attention by blocks"
    assert engine["tokens in one forward pass"] == 64
    assert engine["answers computed"] == 1
