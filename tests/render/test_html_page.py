"""The page: its structure, that it can be read by everyone, and that it asks for nothing."""

import itertools
import re
from dataclasses import replace

import pytest

from audit.render import html
from audit.render.view import View
from audit.resources import shipped_folder
from tests.render.page import Page
from tests.render.sample import EMPTY, FINDINGS, REPORT

SOURCE = html.render(REPORT)
PAGE = Page(SOURCE)
STYLE = (shipped_folder("templates") / "html" / "style.css").read_text(encoding="utf-8")


def test_headings_follow_each_other_and_there_is_one_h1() -> None:
    for page in (PAGE, Page(html.render(EMPTY))):
        levels = [int(e.tag[1]) for e in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_the_verdict_comes_first_and_the_ledger_right_after_it() -> None:
    sections = [e.attributes["id"] for e in PAGE.all("section") if "id" in e.attributes]
    assert sections[:3] == ["verdict", "coverage", "results"]
    assert sections[-1] == "sign-off"
    verdict = next(e for e in PAGE.all("section") if e.attributes.get("id") == "verdict")
    assert "1: a blocking control failed" in verdict.text
    assert "assay-baseline, version 2026.11.0" in verdict.text


def test_the_ledger_has_a_row_for_each_check_and_language_and_says_why() -> None:
    ledger = next(e for e in PAGE.all("table") if e.has_class("ledger"))
    rows = [" ".join(row.text.split()) for row in ledger.find("tr")[1:]]
    assert len(rows) == len(View(REPORT).ledger) == 11
    assert any("sw ○ untested the detector's error in Swahili is unknown" in row for row in rows)
    assert any("am ○ run, no number The model does not tell Amharic" in row for row in rows)
    assert any("✗ crashed the check broke off" in row for row in rows)


def test_the_page_has_a_language_a_title_and_a_way_past_the_navigation() -> None:
    (root,) = PAGE.all("html")
    assert root.attributes["lang"] == "en"
    assert PAGE.all("title")[0].text == "Audit of example/letter-helper: failed"
    first = next(e for e in PAGE.all("a"))
    assert first.text == "Skip to the report"
    assert first.attributes["href"] == "#main"


def test_every_id_is_unique_and_every_inner_link_has_an_end() -> None:
    ids = [e.attributes["id"] for e in PAGE.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    ends = {e.attributes["href"][1:] for e in PAGE.all("a") if e.attributes["href"].startswith("#")}
    ends |= {i for e in PAGE.elements for i in e.attributes.get("aria-labelledby", "").split()}
    assert ends <= set(ids)


def test_tables_have_captions_and_scopes() -> None:
    for table in PAGE.all("table"):
        assert table.find("caption")[0].text.strip()
        assert all(cell.attributes.get("scope") for cell in table.find("th"))
        assert any(parent.has_class("scroll") for parent in table.parents)


def test_every_chart_is_named_and_has_a_table_with_the_same_numbers() -> None:
    charts = [e for e in PAGE.all("svg") if e.has_class("forest")]
    assert len(charts) == 5
    for chart in charts:
        assert chart.attributes["role"] == "img"
        named = chart.attributes["aria-labelledby"].split()
        assert [e.attributes["id"] for e in chart.find("title") + chart.find("desc")] == named
        assert all(e.text.strip() for e in chart.find("title") + chart.find("desc"))
        section = next(p for p in reversed(chart.parents) if p.tag == "section")
        (table,) = section.find("table")
        for number in (text for text in chart.find("text") if text.has_class("number")):
            assert number.text.split(" ", 1)[1] in table.text


def test_every_evidence_is_folded_and_a_finding_points_to_it() -> None:
    pieces = [e for e in PAGE.all("article") if e.has_class("piece")]
    assert len(pieces) == 6
    assert all(any(p.tag == "details" and "open" not in p.attributes for p in piece.parents) for piece in pieces)
    finding = next(e for e in PAGE.all("tbody") if e.attributes.get("id") == "F-003")
    links = {link.text: link.attributes["href"][1:] for link in finding.find("a")}
    assert list(links) == ["frame-12/Muslims", "frame-31/Muslims"]
    piece = next(p for p in pieces if p.attributes["id"] == links["frame-12/Muslims"])
    assert "The new neighbours are Muslims." in piece.text


def test_an_explanation_shows_every_word_with_its_number() -> None:
    (words,) = (e for e in PAGE.all("ol") if e.has_class("words"))
    shown = [" ".join(item.text.split()) for item in words.find("li")]
    assert shown[3:5] == ["are −0.04", "Muslims +1.31"]
    assert [item.attributes["style"] for item in words.find("li")][4] == "--strength: 1.000"
    assert [strong.text for strong in words.find("strong")] == ["Muslims"]


def test_the_term_of_an_explanation_may_be_given_as_text() -> None:
    held = REPORT.evidence["explain.attribution"][0]
    named = replace(held, detail={**held.detail, "term": "new Neighbours"})
    page = html.render(replace(REPORT, evidence={"explain.attribution": (named,)}))
    assert page == html.render(
        replace(REPORT, evidence={"explain.attribution": (replace(held, detail={**held.detail, "term": [1, 2]}),)})
    )


@pytest.mark.parametrize(
    "detail",
    [
        {"words": ["a"], "attributions": [1.0, 2.0]},
        {"words": "a", "attributions": [1.0]},
        {"words": ["a"], "attributions": None},
        {"words": [], "attributions": []},
    ],
)
def test_a_malformed_explanation_is_shown_as_plain_evidence(detail: dict[str, object]) -> None:
    observation = replace(REPORT.evidence["explain.attribution"][0], detail=detail)
    page = Page(html.render(replace(REPORT, evidence={"explain.attribution": (observation,)})))
    assert not [e for e in page.all("ol") if e.has_class("words")]
    assert "attributions" in next(e for e in page.all("dl") if e.has_class("texts")).text


def test_an_outcome_is_never_told_by_colour_alone() -> None:
    outcomes = [e for e in PAGE.all("span") if e.has_class("outcome")]
    assert len(outcomes) > 25
    for outcome in outcomes:
        (symbol,) = outcome.find("span")
        assert symbol.attributes["aria-hidden"] == "true"
        assert symbol.text in "✓✗?○–"
        assert re.search("[a-z]{2}", outcome.text)


def test_the_page_runs_nothing_and_loads_nothing() -> None:
    assert not PAGE.all("script", "iframe", "object", "embed", "link", "img", "base", "form")
    for element in PAGE.elements:
        assert not {name for name in element.attributes if name.startswith("on") or name in ("src", "srcset")}
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    policy = next(e for e in PAGE.all("meta") if e.attributes.get("http-equiv") == "Content-Security-Policy")
    assert policy.attributes["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_limits_values_and_intervals_are_printed_in_their_unit() -> None:
    text = " ".join(PAGE.all("main")[0].text.split())
    assert "stereotype-gap between −0.5 and 0.5 nats, in each group, in the languages en, fr" in text
    assert "correct at least 50 %, overall" in text
    assert "61.3 % 55.9 to 66.4 % 95 %, Wilson 320 320 questions" in text
    assert "0.810 nats 0.670 to 0.950 nats 95 %, cluster-robust t interval 480 40 frames" in text
    assert "1 1 to 1 census of 3 licences" in text


def test_a_control_without_a_finding_is_untested() -> None:
    report = replace(REPORT, findings=tuple(f for f in FINDINGS if f.control != "supply-chain.files"))
    control = next(c for c in View(report).controls if c.control.id == "supply-chain.files")
    assert control.word == "untested"
    assert "The record holds no finding for this control, so it is untested." in html.render(report)


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{3,6})\b", block))


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.2, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21.0)


@pytest.mark.parametrize("mode", ["light", "dark", "print"])
def test_every_ink_has_enough_contrast_on_every_ground(mode: str) -> None:
    blocks = re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    assert len(blocks) == 3
    used = {**colours(blocks[0]), **colours(blocks[("light", "dark", "print").index(mode)])}
    inks = ("ink", "muted", "link", "passed", "failed", "inconclusive", "untested", "inapplicable")
    for ink in inks:
        for ground in ("paper", "panel"):
            assert contrast(used[ink], used[ground]) >= 4.5, (mode, ink, ground)
    for mark in ("passed", "failed", "inconclusive", "untested", "ink"):
        assert contrast(used[mark], used["good"]) >= 3.0, (mode, mark)
    for bar in ("up", "down"):
        assert contrast(used[bar], used["paper"]) >= 3.0, (mode, bar)


def test_focus_is_visible_and_nothing_moves() -> None:
    assert ":focus-visible { outline: 3px solid" in STYLE
    assert not re.search(r"\b(animation|transition|scroll-behavior)\b", STYLE)


def test_a_link_to_a_source_is_a_link_only_to_the_web() -> None:
    links = [e.attributes["href"] for e in PAGE.all("a") if not e.attributes["href"].startswith("#")]
    assert links
    assert all(link.startswith("https://") for link in links)
    record = REPORT.checks[0]
    metric = replace(record.metrics[0], source="javascript:alert(1)")
    hostile = Page(html.render(replace(REPORT, checks=(replace(record, metrics=(metric,)),))))
    assert not [e for e in hostile.all("a") if "javascript" in e.attributes["href"]]
    assert "javascript:alert(1)" in hostile.all("main")[0].text
