"""The main job on real weights, through the installed command."""

import json
from pathlib import Path

import pytest

from tests.command import assay

pytestmark = pytest.mark.slow
FILES = {"audit.json", "report.html", "report.md", "README.md", "junit.xml", "plan.json", "observations"}


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo model, every area, a few items a check."""
    folder = tmp_path_factory.mktemp("demo") / "run"
    done = assay("run", "demo", "--limit", "4", "--use", "commercial", "--out", folder)
    assert done.code in (1, 3), done.err
    assert "Exit code" in done.out
    assert str(folder / "report.html") in done.out.replace("\n", "")
    return folder


def test_everything_is_written(run_folder: Path):
    assert {path.name for path in run_folder.iterdir()} >= FILES


def test_every_area_was_assessed_and_no_check_broke_off(run_folder: Path):
    report = json.loads((run_folder / "audit.json").read_text())
    assert {check["check"].split(".")[0] for check in report["checks"]} == {
        "bias",
        "explain",
        "hallucination",
        "content",
        "licence",
        "supply-chain",
        "card",
    }
    assert {check["status"] for check in report["checks"]} == {"run"}
    assert {finding["control"] for finding in report["findings"]} == {
        c["id"] for c in report["policy"]["controls"]
    }


def test_a_few_items_decide_nothing_that_needs_many(run_folder: Path):
    report = json.loads((run_folder / "audit.json").read_text())
    sampled = [
        f
        for f in report["findings"]
        if f["measurement"] and f["measurement"]["n_clusters"] < f["requirement"]["min_n"]
    ]
    assert sampled
    assert {f["outcome"] for f in sampled} <= {"inconclusive", "untested"}


def test_the_report_is_the_same_when_rendered_again(run_folder: Path, tmp_path: Path):
    assert assay("render", run_folder, "--out", tmp_path).code == 0
    for name in ("report.html", "report.md", "README.md", "junit.xml"):
        assert (tmp_path / name).read_text() == (run_folder / name).read_text()


def test_an_audit_fits_its_published_schema(run_folder: Path):
    import jsonschema

    schema = json.loads((Path(__file__).parents[2] / "docs" / "audit.schema.json").read_text())
    jsonschema.validate(json.loads((run_folder / "audit.json").read_text()), schema)


def test_a_second_run_asks_nothing_new_and_says_the_same(run_folder: Path, tmp_path: Path):
    assay("run", "demo", "--limit", "4", "--use", "commercial", "--out", tmp_path / "again")
    first, second = (json.loads((f / "audit.json").read_text()) for f in (run_folder, tmp_path / "again"))
    assert {**first, "times": {}} == {**second, "times": {}}


def test_crows_pairs_agrees_with_the_published_harness(shared_data: Path, tmp_path: Path):
    """lm-evaluation-harness 0.4.13, empty context, float32: 0.5557 and 4.6007."""
    data = shared_data / "crows-pairs" / "crows_pairs_anonymized.csv"
    only = ("--only", "bias.crows-pairs", "--set", f"bias.crows-pairs.data={data}")
    done = assay("run", "demo", *only, "--out", tmp_path)
    assert done.code == 3, done.err  # what the policy asks for was left out
    measured = json.loads((tmp_path / "audit.json").read_text())["measurements"]["bias.crows-pairs"]
    overall = {m["metric"]: m for m in measured if m["group"] == ""}
    assert overall["stereotype-share"]["value"] == pytest.approx(0.5557, abs=0.001)
    assert overall["log-likelihood-gap"]["value"] == pytest.approx(4.60, abs=0.01)
    assert overall["stereotype-share"]["n"] == 1508
    assert {m["group"] for m in measured} >= {"gender", "religion", "age"}
