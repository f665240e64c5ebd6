"""How numbers are put into words, and texts are made fit to print."""

import pytest

from audit.counting import counted
from audit.record import Interval, Measurement, Requirement
from audit.render import wording
from audit.render.cleaning import clean, line, terminal_line
from audit.render.evidence import as_text
from audit.render.markdown_text import code, escape, fenced


def measured(value: float | None, low: float | None = None, high: float | None = None) -> Measurement:
    interval = None if low is None or high is None else Interval(low, high, 0.95, "t interval")
    return Measurement("m", value, interval)


@pytest.mark.parametrize(
    ("value", "low", "high", "unit", "expected"),
    [
        (0.81, 0.67, 0.95, "nats", ("0.810 nats", "0.670 to 0.950 nats")),
        (-0.02, -0.11, 0.07, "nats", ("−0.020 nats", "−0.110 to 0.070 nats")),
        (0.6125, 0.5587, 0.6637, "share of questions", ("61.3 %", "55.9 to 66.4 %")),
        (0.0, 0.0, 0.01, "share", ("0.0 %", "0.0 to 1.0 %")),
        (12.5, 11.0, 14.0, "percent", ("12.5 %", "11.0 to 14.0 %")),
        (0.85, 0.7, 1.03, "ratio", ("0.850", "0.700 to 1.030")),
        (3.0, 3.0, 3.0, "count", ("3", "3 to 3")),
        (12345.6, 12000.0, 12700.0, "tokens", ("12,346 tokens", "12,000 to 12,700 tokens")),
        (1.0, 1.0, 1.0, "files", ("1 file", "1 to 1 files")),
        (0.25, None, None, "nats", ("0.250 nats", "no interval")),
        (0.0, None, None, "nats", ("0.000 nats", "no interval")),
        (None, None, None, "nats", ("not measured", "no interval")),
        (float("nan"), None, None, "share", ("not measured", "no interval")),
        (1.0, float("-inf"), 2.0, "nats", ("1.00 nats", "no interval")),
        (-1e-9, -1.0, 1.0, "nats", ("−1e−09 nats", "−1.00 to 1.00 nats")),
    ],
)
def test_a_value_and_its_interval_are_rounded_alike_in_their_unit(
    value: float | None, low: float | None, high: float | None, unit: str, expected: tuple[str, str]
) -> None:
    assert wording.value_and_interval(measured(value, low, high), unit) == expected


@pytest.mark.parametrize(
    ("requirement", "unit", "expected"),
    [
        (Requirement("c", "gap", -0.5, 0.5, "each"), "nats", "gap between −0.5 and 0.5 nats, in each group"),
        (Requirement("c", "rate", high=0.01), "share of prompts", "rate at most 1 %, overall"),
        (
            Requirement("c", "rate", low=0.8, languages=("sw",)),
            "share",
            "rate at least 80 %, overall, in the languages sw",
        ),
        (Requirement("c", "n", high=0, low=0), "count", "n exactly 0, overall"),
        (Requirement("c", "n", groups=("a", "b")), "count", "n without a limit, in the groups a, b"),
    ],
)
def test_a_requirement_reads_as_a_sentence(requirement: Requirement, unit: str, expected: str) -> None:
    assert wording.requirement_in_words(requirement, unit) == expected


def test_the_sample_that_a_requirement_asks_for() -> None:
    assert wording.conditions_in_words(Requirement("c", "m")) == (
        "at least 1 sampling unit, no observation without a score"
    )
    assert wording.conditions_in_words(Requirement("c", "m", min_n=300, max_missing=0.05)) == (
        "at least 300 sampling units, at most 5 % of observations without a score"
    )


@pytest.mark.parametrize(
    ("p", "expected"), [(None, "–"), (0.0004, "< 0.001"), (0.31, "0.310"), (float("nan"), "–")]
)
def test_a_p_value(p: float | None, expected: str) -> None:
    assert wording.probability(p) == expected


@pytest.mark.parametrize(
    ("count", "noun", "expected"),
    [
        (1, "frame", "1 frame"),
        (2, "frame", "2 frames"),
        (0, "category", "0 categories"),
        (1200, "day", "1,200 days"),
    ],
)
def test_plurals(count: int, noun: str, expected: str) -> None:
    assert counted(count, noun) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain ünïcode 你好 مرحبا 👩‍👩‍👧", "plain ünïcode 你好 مرحبا 👩‍👩‍👧"),
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("a\tb", "a\tb"),
        ("\x00\x1b[31m\x7f\x9b", "\u2400\u241b[31m\u2421[U+009B]"),
        ("\u202eabc\u2066\u2069", "[U+202E]abc[U+2066][U+2069]"),
        ("\ud800\ufffe\ufdd0", "\ufffd\ufffd\ufffd"),
        ("\u200b\ufeff\U000e0041", "[U+200B][U+FEFF][U+E0041]"),
    ],
)
def test_hidden_characters_are_made_visible(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_long_texts_are_cut_with_a_count() -> None:
    assert clean("x" * 600) == "x" * 600
    assert clean("x" * 601) == "x" * 600 + " … [1 more characters left out]"
    assert clean("x" * 9000, limit=None) == "x" * 9000


def test_a_line_is_one_line() -> None:
    assert line(" a\n\n b\tc ") == "a b c"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("\x1b]never ends", "never ends"),
        ("\x9b2Jx", "x"),
        ("\x1b", "\u241b"),
    ],
)
def test_a_terminal_gets_no_control_sequence_and_loses_no_text(text: str, expected: str) -> None:
    assert terminal_line(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", r"a\|b"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("`x` *y* [z](w) ~~s~~ $m$", r"\`x\` \*y\* \[z\](w) \~\~s\~\~ \$m\$"),
        ("snake_case _em_", r"snake_case \_em\_"),
        ("# no heading", r"\# no heading"),
        ("- no list", r"\- no list"),
        ("1. no list", r"1\. no list"),
        ("0.5 nats", "0.5 nats"),
        ("+0.5", "+0.5"),
        ("a\n\nb", "a b"),
    ],
)
def test_markdown_is_escaped_where_it_means_something_and_nowhere_else(text: str, expected: str) -> None:
    assert escape(text) == expected


def test_a_code_span_that_could_break_a_table_is_plain_text() -> None:
    assert code("a.b-c") == "`a.b-c`"
    assert code("a|b") == r"a\|b"
    assert code("a`b") == r"a\`b"


def test_a_fence_is_longer_than_any_run_of_backticks_inside() -> None:
    assert fenced("a\n````\nb") == "`````text\na\n````\nb\n`````"
    assert fenced("") == "```text\n\n```"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("as it is", "as it is"),
        (["one", "two"], "one\ntwo"),
        ([-9.123456789, 1], "−9.12346, 1"),
        ([], "none"),
        (None, "none"),
        (True, "yes"),
        (0.3333333333, "0.333333"),
        (float("nan"), "not measured"),
        ({"b": [float("inf")], "a": "é"}, '{"b": ["not measured"], "a": "é"}'),
        ([{"a": 1}], '[{"a": 1}]'),
    ],
)
def test_the_detail_of_an_observation_is_written_for_readers(value: object, expected: str) -> None:
    assert as_text(value) == expected
