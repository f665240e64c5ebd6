"""From estimates to measurements."""

import pytest
from scipy.stats import binom

from audit.stats.estimate import LEVELS, at_levels, census, nothing
from audit.stats.proportion import share


def test_the_first_level_is_reported_and_the_others_are_stricter() -> None:
    interval, stricter = at_levels(lambda level: (-level, level), "identity")
    assert (interval.low, interval.high, interval.level, interval.method) == (-0.95, 0.95, 0.95, "identity")
    assert [i.level for i in stricter] == list(LEVELS[1:])
    assert list(LEVELS) == sorted(LEVELS)


def test_nothing_is_none_with_a_reason() -> None:
    measurement = nothing("the model was silent").measurement("rate", missing=4)
    assert measurement.value is None
    assert measurement.interval is None
    assert (measurement.n, measurement.missing, measurement.reason) == (0, 4, "the model was silent")


def test_a_census_has_no_width_at_any_level() -> None:
    estimate = census(3.0, 7, "files")
    assert estimate.interval is not None
    assert {(i.low, i.high) for i in (estimate.interval, *estimate.stricter)} == {(3.0, 3.0)}
    assert estimate.interval.method == "census of 7 files"
    assert (estimate.n, estimate.n_clusters) == (7, 7)


def test_a_measurement_keeps_the_numbers_and_joins_the_notes() -> None:
    estimate = share([True] * 30 + [False] * 70)
    measurement = estimate.measurement(
        "rate", group="x", language="en", unit="prompt", note="A note.", reason="not competent", p_value=0.5
    )
    assert (measurement.value, measurement.interval, measurement.stricter) == (
        0.3,
        estimate.interval,
        estimate.stricter,
    )
    assert (measurement.note, measurement.reason, measurement.p_value) == ("A note.", "not competent", 0.5)
    # 41 hits are the first whose exact bound leaves out 31 of 102; at that much more they come in 9 of 10 samples
    assert measurement.smallest_detectable is not None
    assert binom.sf(40, 100, 31 / 102 + measurement.smallest_detectable) == pytest.approx(0.9)


def test_a_reason_given_replaces_that_of_the_estimate_and_silence_keeps_it() -> None:
    assert nothing("a").measurement("m", reason="b").reason == "b"
    assert nothing("a").measurement("m").reason == "a"
