"""What every format promises."""

import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from audit.errors import StorageError
from audit.record import Interval, Measurement
from audit.render import FORMATS, Format, write_all
from audit.render.text import summary
from audit.render.view import View
from audit.report import Report, report_to_json, report_type
from tests.render.sample import EMPTY, FINDINGS, FRAMES, GAPS, REPORT


def plain(text: str) -> str:
    """A format's text without what escaping added, on one line."""
    for code, letter in (("&lt;", "<"), ("&gt;", ">"), ("&#39;", "'"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(code, letter)
    return " ".join(re.sub(r"\\(?=[^\w\s])", "", text).split())


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_every_finding_stands_in_every_format_with_its_number_and_its_reason(kind: Format) -> None:
    text = plain(kind.render(REPORT))
    views = View(REPORT).findings
    assert len(views) == len(FINDINGS) == 15
    for view in views:
        assert view.id in text
        assert plain(view.reason) in text
        assert view.requirement in text
        assert view.value in text
        if view.row and view.row.method:
            assert view.row.interval in text


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_a_format_is_deterministic_and_survives_the_way_through_json(kind: Format) -> None:
    again = report_type().validate_json(report_to_json(REPORT))
    assert kind.render(REPORT) == kind.render(REPORT) == kind.render(again)


def test_formats_do_not_depend_on_the_seed_of_hashes() -> None:
    code = (
        "from tests.render.sample import REPORT; from audit.render import FORMATS; import hashlib;"
        "print(hashlib.sha256(''.join(f.render(REPORT) for f in FORMATS).encode()).hexdigest())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_an_empty_report_says_that_nothing_was_tested(kind: Format) -> None:
    text = plain(kind.render(EMPTY))
    if kind.name == "junit":
        assert 'tests="0"' in text
    else:
        assert "Nothing was tested, so nothing can be said." in text
        assert text.count("not assessed: no control of this policy covers it") == 7


def broken(number: float) -> Report:
    """The sample with ``number`` wherever a number can stand."""
    bad = Measurement(
        "stereotype-gap",
        number,
        Interval(number, number, 0.95, "t interval"),
        group="women",
        effect_size=number,
        p_value=number,
        smallest_detectable=number,
        stricter=(Interval(number, number, number, "t interval"),),
    )
    finding = replace(FINDINGS[0], measurement=bad)
    observation = replace(REPORT.evidence[FRAMES][0], score=number, detail={"a": number, "b": [number]})
    return replace(
        REPORT,
        measurements={FRAMES: (bad, *GAPS)},
        findings=(finding, *FINDINGS[1:]),
        evidence={FRAMES: (observation,)},
    )


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_what_is_not_a_number_is_printed_as_not_measured(kind: Format, number: float) -> None:
    text = kind.render(broken(number))
    assert not re.search(r"(?<![a-z])[-−]?\.?(nan|inf|infinity)(?![a-z])", text, re.IGNORECASE)
    assert "not measured" in text


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: kind.name)
def test_no_format_promises_more_than_an_audit_can(kind: Format) -> None:
    assert not re.search(r"\b(safe|unbiased|debiased|compliant|satisfies)\b", kind.render(REPORT), re.IGNORECASE)


def test_all_formats_of_a_large_report_take_less_than_a_second() -> None:
    many = tuple(replace(f, control="bias.names") for f in FINDINGS[:7]) * 60
    large = replace(REPORT, findings=many, measurements={FRAMES: GAPS * 60})
    for kind in FORMATS:
        kind.render(EMPTY)  # templates are compiled once
    started = time.process_time()
    for kind in FORMATS:
        kind.render(large)
        assert time.process_time() - started < 1.0, kind.name
        started = time.process_time()


def test_rendering_loads_no_heavy_library() -> None:
    code = "import sys, audit.render, audit.render.text; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"torch", "transformers", "scipy", "shap", "sklearn"} & set(loaded)


def test_write_all_writes_each_format_once_and_leaves_nothing_else(tmp_path: Path) -> None:
    paths = write_all(REPORT, tmp_path / "run")
    assert [path.name for path in paths] == ["report.html", "report.md", "README.md", "junit.xml"]
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == sorted(path.name for path in paths)
    assert write_all(REPORT, tmp_path / "run") == paths
    for path, kind in zip(paths, FORMATS, strict=True):
        assert path.read_text(encoding="utf-8") == kind.render(REPORT)


def test_write_all_says_what_to_do_when_the_disk_refuses(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(StorageError, match=r"report\.html cannot be written"):
        write_all(REPORT, tmp_path)


def test_the_terminal_names_every_control_and_what_stands_in_its_way() -> None:
    text = " ".join(summary(REPORT, None).split())
    for control in View(REPORT).controls:
        assert f"{control.symbol} " in text
        assert control.control.title in text
        for finding in control.open_findings:
            assert f"{finding.slice}: {finding.beside_its_limit}" in text


def test_how_long_it_took_is_said_as_people_say_it() -> None:
    assert dict(View(REPORT).times)["Took"] == "14 min"
    for kind in FORMATS:
        assert ("14 min" in plain(kind.render(REPORT))) == (kind.name in ("html", "markdown"))
    assert "Took" not in View(replace(REPORT, times={"seconds": {"a check": 3.0}})).times
