"""Forest plots: the right place for every number."""

import re
from dataclasses import replace

import pytest

from audit.record import Finding, Interval, Measurement, Outcome, Requirement
from audit.render.chart import MARGIN, Axis, forest_plot
from audit.render.view import View
from audit.resources import shipped_folder
from tests.render.page import Page
from tests.render.sample import EMPTY, FINDINGS, WITHIN


def plot(requirement: Requirement, *findings: Finding) -> Page:
    report = replace(EMPTY, findings=tuple(replace(f, requirement=requirement) for f in findings))
    return Page(str(forest_plot(View(report).findings, requirement, "r")))


def finding(value: float, low: float, high: float, outcome: Outcome = Outcome.PASSED) -> Finding:
    measurement = Measurement("m", value, Interval(low, high, 0.95, "t interval"))
    return Finding("c", None, outcome, "", measurement)


@pytest.mark.parametrize(
    ("number", "place"), [(0.0, "0.00%"), (1.0, "50.00%"), (2.0, "100.00%"), (-5.0, "0.00%"), (9.0, "100.00%")]
)
def test_a_number_has_its_place_and_sticks_to_the_edge_beyond_it(number: float, place: str) -> None:
    assert Axis(0.0, 2.0).place(number) == place


@pytest.mark.parametrize("stretch", [(0.0, 1.0), (-0.74, 1.3), (0.0503, 0.1397), (-3e-7, 4e-7), (100.0, 1e6)])
def test_an_axis_has_three_to_seven_round_ticks(stretch: tuple[float, float]) -> None:
    ticks = Axis(*stretch).ticks()
    assert 3 <= len(ticks) <= 7
    assert all(stretch[0] <= tick <= stretch[1] for tick in ticks)


def test_points_intervals_limits_and_the_good_side_stand_where_they_should() -> None:
    page = plot(Requirement("c", "m", low=0.0, high=1.0), finding(0.5, 0.25, 0.75))
    scale = 1 - 2 * MARGIN

    def at(number: float) -> str:
        return f"{100 * (MARGIN + scale * number):.2f}%"

    (good,) = (e.attributes for e in page.all("rect"))
    assert (good["x"], good["width"]) == (at(0.0), f"{100 * scale:.2f}%")
    (interval,) = (e.attributes for e in page.all("line") if e.has_class("interval"))
    assert (interval["x1"], interval["x2"]) == (at(0.25), at(0.75))
    assert [e.attributes["x1"] for e in page.all("line") if e.has_class("limit")] == [at(0.0), at(1.0)]
    (circle,) = page.all("circle")
    assert circle.parents[-1].attributes["x"] == at(0.5)


def test_a_limit_on_one_side_shades_to_the_edge() -> None:
    page = plot(Requirement("c", "m", high=1.0), finding(0.5, 0.0, 0.75))
    (good,) = (e.attributes for e in page.all("rect"))
    assert good["x"] == "0.00%"
    assert float(good["width"][:-1]) == pytest.approx(100 * (1 - MARGIN))


def test_outcomes_differ_in_shape() -> None:
    shapes = []
    for outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.UNTESTED):
        page = plot(Requirement("c", "m", high=1.0), finding(0.5, 0.0, 0.75, outcome))
        mark = page.all("svg")[-1].children[0]
        shapes.append((mark.tag, mark.attributes.get("class", "")))
    assert len(set(shapes)) == 4


def test_stricter_intervals_are_drawn_under_the_interval_and_never_beyond_the_axis() -> None:
    page = plot(WITHIN, *FINDINGS[:5])
    assert len([e for e in page.all("line") if e.has_class("stricter")]) == 15
    for line in page.all("line"):
        for name in ("x1", "x2"):
            assert 0 <= float(line.attributes[name].rstrip("%")) <= 100


def test_a_row_without_a_value_says_so_and_has_no_mark() -> None:
    untested = Finding("c", None, Outcome.UNTESTED, "no data", Measurement("m", None, reason="no data"))
    page = plot(Requirement("c", "m", high=1.0), finding(0.5, 0.0, 0.75), untested)
    assert "○ not measured" in [e.text for e in page.all("text")]
    assert len([e for e in page.all("line") if e.has_class("interval")]) == 1


@pytest.mark.parametrize(
    "findings",
    [
        (finding(3.0, 3.0, 3.0),),
        (Finding("c", None, Outcome.UNTESTED, "no data"),),
        (finding(float("nan"), 0.0, 1.0),),
        (finding(1.0, float("-inf"), float("inf")),),
    ],
    ids=["census", "nothing", "not a number", "no finite bound"],
)
def test_where_no_interval_has_a_width_there_is_no_plot(findings: tuple[Finding, ...]) -> None:
    assert plot(Requirement("c", "m", high=1.0), *findings).elements == []


def test_labels_are_escaped_and_cut() -> None:
    requirement = Requirement("c", "<m>", high=1.0)
    measurement = Measurement("m", 0.5, Interval(0.0, 0.7, 0.95, "t"), group="<b>" * 100)
    report = replace(EMPTY, findings=(Finding("c", requirement, Outcome.PASSED, "", measurement),))
    source = str(forest_plot(View(report).findings, requirement, "r"))
    assert "<b>" not in source
    assert "<m>" not in source
    (label,) = (e.text for e in Page(source).all("text") if e.has_class("label"))
    assert len(label) == 40
    assert not re.search("[^…]$", label)


def test_the_shipped_folders_are_found() -> None:
    assert (shipped_folder("templates") / "html" / "report.html").is_file()
    assert shipped_folder("policies").is_dir()
