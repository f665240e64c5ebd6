"""Looking several times: the levels, and what is left alone."""

from dataclasses import replace

import pytest

from audit.record import Interval, Measurement
from audit.stats.estimate import LEVELS, census
from audit.stats.looks import ALPHA, PARTS, SPENT, anytime
from audit.stats.power import detectable
from audit.stats.proportion import clopper_pearson, share


def measured(**facts: object) -> Measurement:
    """A measurement whose interval at level L goes from -L to L."""
    first, *rest = (Interval(-level, level, level, "identity") for level in LEVELS)
    return Measurement("m", 0.0, first, n=9, n_clusters=9, stricter=tuple(rest), **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("looks", SPENT)
def test_all_looks_together_spend_no_more_than_is_allowed_and_the_last_the_most(looks: int) -> None:
    spent = SPENT[looks]
    assert len(spent) == looks
    assert sum(spent) <= ALPHA + 1e-12
    assert max(spent) == spent[-1]
    for one in spent:
        assert min(abs(1 - one - level) for level in LEVELS) < 1e-12


def test_parts_grow_to_the_whole() -> None:
    assert list(PARTS) == sorted(PARTS)
    assert PARTS[-1] == 1.0
    assert len(PARTS) == max(SPENT)


@pytest.mark.parametrize(
    ("look", "computed"),
    [
        (1, {0.95: 0.995, 0.975: 0.9975, 0.99: 0.999, 0.995: 0.9995, 0.9975: 0.9999, 0.999: 0.9999}),
        (2, {0.95: 0.99, 0.975: 0.995, 0.99: 0.999, 0.995: 0.999, 0.9975: 0.9995, 0.999: 0.9999, 0.9995: 0.9999}),
        (4, {0.95: 0.975, 0.975: 0.99, 0.99: 0.995, 0.995: 0.9975, 0.9975: 0.999, 0.999: 0.9995, 0.9995: 0.9999}),
    ],
)
def test_each_level_of_the_sequence_is_computed_at_a_level_as_strict_as_it_needs(
    look: int, computed: dict[float, float]
) -> None:
    m = anytime(measured(), look, 4)
    assert m.interval is not None
    assert {i.level: i.high for i in (m.interval, *m.stricter)} == computed
    for nominal, level in computed.items():
        assert 1 - level <= (1 - nominal) * SPENT[4][look - 1] / ALPHA + 1e-12


def test_the_report_says_at_which_look_and_level() -> None:
    m = anytime(measured(note="Before."), 2, 4)
    assert m.interval is not None
    assert (m.interval.level, m.interval.method) == (0.95, "identity at 99 %, look 2 of 4")
    assert m.note == "Before. Looked at up to 4 times; the interval holds at all looks together (95 %)."


def test_the_interval_of_a_look_is_the_closed_form() -> None:
    m = anytime(share([True] * 10 + [False] * 40).measurement("m"), 1, 4)
    assert m.interval is not None
    assert (m.interval.low, m.interval.high) == pytest.approx(clopper_pearson(10, 50, 0.995))


def test_p_and_the_smallest_effect_speak_of_what_a_look_spends() -> None:
    m = anytime(measured(p_value=0.001, smallest_detectable=1.0), 1, 4)
    assert m.p_value == pytest.approx(0.01)
    assert m.smallest_detectable == pytest.approx(detectable(1, alpha=0.005) / detectable(1))
    assert anytime(measured(p_value=0.5), 1, 4).p_value == 1.0


def test_a_single_look_changes_nothing() -> None:
    assert anytime(measured(), 1, 1) == measured()


def test_what_has_no_value_stays_as_it_is() -> None:
    nothing = Measurement("m", None, reason="the model was silent")
    assert anytime(nothing, 1, 4) == nothing


@pytest.mark.parametrize(
    "m",
    [census(0.0, 7, "files").measurement("m"), replace(measured(), stricter=())],
    ids=["census", "one level"],
)
def test_what_cannot_be_widened_is_decided_at_the_last_look_only(m: Measurement) -> None:
    assert "decided when all items were asked" in anytime(m, 3, 4).reason
    assert anytime(m, 4, 4) == m


def test_a_level_that_nobody_knows_is_not_made_up() -> None:
    m = replace(measured(), stricter=measured().stricter[:2])  # up to 99 %
    assert anytime(m, 1, 4).reason
    second = anytime(m, 2, 4)
    assert (second.reason, second.stricter) == ("", ())
