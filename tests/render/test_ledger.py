"""The coverage ledger, the areas and the limitations: what was not done is never left out."""

from dataclasses import replace

from audit.policy.policy import Control
from audit.record import Measurement, Requirement, Untested
from audit.render.limitations import limitations
from audit.render.view import View
from audit.report import CheckRecord, Report, Status
from tests.render.sample import EMPTY, FRAMES, GAP, REPORT


def rows(report: Report) -> list[tuple[str, str, str, str]]:
    return [(row.record.check, row.language, row.word, row.reason) for row in View(report).ledger]


def with_check(record: CheckRecord, *measurements: Measurement, untested: tuple[Untested, ...] = ()) -> Report:
    return replace(EMPTY, checks=(record,), measurements={record.check: measurements}, untested=untested)


ENGLISH = CheckRecord(FRAMES, "Frames", Status.RUN, languages=("en",), metrics=(GAP,), observations=10)
VALUE = Measurement("stereotype-gap", 0.1, language="en", n=10, n_clusters=10)


def test_a_check_that_ran_and_measured_is_complete() -> None:
    report = with_check(ENGLISH, VALUE)
    assert rows(report) == [(FRAMES, "en", "run", "")]
    assert View(report).ledger[0].complete


def test_a_check_that_ran_and_measured_nothing_is_not() -> None:
    assert rows(with_check(ENGLISH)) == [(FRAMES, "en", "run, no number", "")]
    nothing = replace(VALUE, value=None, reason="no answer could be scored")
    assert rows(with_check(ENGLISH, nothing)) == [(FRAMES, "en", "run, no number", "no answer could be scored")]
    assert rows(with_check(ENGLISH, VALUE, nothing)) == [
        (FRAMES, "en", "run in part", "no answer could be scored")
    ]


def test_a_language_that_was_asked_for_and_not_spoken_has_its_row() -> None:
    gap = Untested(FRAMES, "the check does not speak it", language="yo")
    assert rows(with_check(ENGLISH, VALUE, untested=(gap,))) == [
        (FRAMES, "en", "run", ""),
        (FRAMES, "yo", "untested", "the check does not speak it"),
    ]


def test_a_gap_of_the_whole_check_reaches_every_language() -> None:
    gap = Untested(FRAMES, "it broke off", crashed=True)
    two = replace(ENGLISH, languages=("en", "fr"))
    assert [row[2] for row in rows(with_check(two, VALUE, untested=(gap,)))] == ["crashed", "crashed"]


def test_a_check_that_the_record_forgot_is_untested() -> None:
    forgotten = replace(REPORT, checks=REPORT.checks[1:])
    assert (
        FRAMES,
        "en",
        "untested",
        "The policy rests on this check and the record says nothing about it.",
    ) in rows(forgotten)


def test_a_check_recorded_twice_has_its_rows_once() -> None:
    record = CheckRecord("bias.x", "", Status.UNTESTED, "no data")
    gaps = (Untested("bias.x", "no data", "en"), Untested("bias.x", "no data", "fr"))
    report = replace(EMPTY, checks=(record, record), untested=gaps)
    assert [row[1] for row in rows(report)] == ["en", "fr"]
    assert len(View(report).checks) == 1


def test_a_check_of_a_control_that_does_not_apply_was_not_asked_for() -> None:
    assert "performance.image-groups" not in {row[0] for row in rows(REPORT)}


def test_all_areas_of_the_mission_are_listed_also_when_no_policy_names_them() -> None:
    areas = View(EMPTY).areas
    assert [area.area for area in areas] == [
        "bias",
        "explain",
        "hallucination",
        "content",
        "licence",
        "supply-chain",
        "card",
    ]
    assert not any(area.assessed for area in areas)


def test_an_area_is_found_in_any_spelling_and_by_the_family_of_a_check() -> None:
    requirement = Requirement("supply_chain.file-scan", "threats", high=0)
    control = Control("c", "t", "License", "high", True, (requirement,))
    areas = {a.area: a for a in View(replace(EMPTY, policy=replace(EMPTY.policy, controls=(control,)))).areas}
    assert areas["licence"].summary == areas["supply-chain"].summary == "not assessed; 1 control: 1 untested"
    assert len(areas) == 7


def test_what_is_measured_without_a_control_is_said_to_decide_nothing() -> None:
    area = View(with_check(ENGLISH, VALUE)).areas[0]
    assert area.assessed
    assert area.summary == f"measured by {FRAMES}, but no control decides on it"


def test_numbers_without_an_entry_in_the_record_are_shown_as_such() -> None:
    (check,) = View(replace(EMPTY, measurements={FRAMES: (VALUE,)})).checks
    assert check.record.status is Status.UNTESTED
    assert "no entry" in check.record.reason


def test_limitations_count_what_could_not_be_scored() -> None:
    sentences = limitations(View(REPORT))
    assert "46 of 2,202 observations could not be scored; each is kept with its reason." in sentences
    assert "1 file of the target could not be scanned." in sentences
    assert "No news, neither good nor bad (inconclusive): hallucination.facts." in sentences


def test_controls_are_counted_with_their_waivers() -> None:
    waived = tuple(f for f in REPORT.findings if f.waiver or f.control != "bias.names")
    counts = View(replace(REPORT, findings=waived)).counts
    assert counts == "7 controls: 1 passed, 1 failed, 2 inconclusive (1 waived), 2 untested, 1 not applicable"
