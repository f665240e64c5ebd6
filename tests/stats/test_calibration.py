"""Expected calibration error: by hand, and how its interval behaves where the estimate is biased."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.stats.calibration import calibration_error, expected_calibration_error

quick = settings(deadline=None, derandomize=True, max_examples=15, database=None)


def test_expected_calibration_error_by_hand() -> None:
    """Bins [0.9, 1], [0.6, 0.7), [0, 0.1): gaps 0.95 - 0.5, 0.6 - 1 and 0.05 - 0, weights 2, 1 and 1 of 4."""
    confidence = np.array([0.92, 0.98, 0.6, 0.05])
    correct = np.array([True, False, True, False])
    assert expected_calibration_error(confidence, correct) == pytest.approx((2 * 0.45 + 0.4 + 0.05) / 4)


@pytest.mark.parametrize(
    ("confidence", "right", "expected"), [(1.0, True, 0.0), (1.0, False, 1.0), (0.0, True, 1.0)]
)
def test_the_ends_of_the_scale(confidence: float, right: bool, expected: float) -> None:
    assert expected_calibration_error(np.full(5, confidence), np.full(5, right)) == expected


def test_over_and_underconfidence_in_one_bin_cancel_and_across_bins_do_not() -> None:
    one = expected_calibration_error(np.array([0.5, 0.5]), np.array([True, False]))
    two = expected_calibration_error(np.array([0.5, 0.5, 0.85, 0.85]), np.array([True, True, False, True]))
    assert one == 0.0
    assert two == pytest.approx((2 * 0.5 + 2 * 0.35) / 4)


def names(n: int) -> list[str]:
    return [str(i) for i in range(n)]


def sample(generator: np.random.Generator, n: int, overconfidence: float) -> tuple[list[float], list[bool]]:
    confidence = generator.uniform(0.5, 1.0, n)
    return confidence.tolist(), (generator.random(n) < confidence - overconfidence).tolist()


def test_the_interval_repeats_and_holds_the_estimate() -> None:
    confidence, correct = sample(np.random.default_rng(1), 120, 0.2)
    first = calibration_error(confidence, correct, names(120), seed=3)
    assert first == calibration_error(confidence, correct, names(120), seed=3)
    assert first != calibration_error(confidence, correct, names(120), seed=4)
    assert first.interval is not None
    assert first.value is not None
    intervals = [first.interval, *first.stricter]
    assert all(0 <= i.low <= first.value <= i.high for i in intervals)
    assert all(a.low >= b.low and a.high <= b.high for a, b in pairwise(intervals))
    assert (first.n, first.n_clusters) == (120, 120)


def test_bias_alone_does_not_put_the_interval_above_a_limit() -> None:
    """100 answers of a calibrated model: the estimate is near 0.07, all of it bias."""
    generator = np.random.default_rng(8)
    lows = []
    for _ in range(20):
        interval = calibration_error(*sample(generator, 100, 0.0), names(100), seed=0).interval
        assert interval is not None
        lows.append(interval.low)
    assert max(lows) < 0.05


@pytest.mark.slow
@pytest.mark.parametrize(("n", "overconfidence"), [(100, 0.06), (300, 0.1), (1000, 0.2)])
def test_coverage_of_the_calibration_error(n: int, overconfidence: float) -> None:
    """The true error is inside in 90 % of samples or more (percentiles alone: in 42 % of the first case)."""
    generator, covered, draws = np.random.default_rng(12), 0, 120
    for _ in range(draws):
        interval = calibration_error(*sample(generator, n, overconfidence), names(n), seed=1).interval
        assert interval is not None
        covered += interval.low <= overconfidence <= interval.high
    assert covered / draws >= 0.90


def test_variants_of_one_question_are_one_cluster() -> None:
    confidence, correct = sample(np.random.default_rng(2), 60, 0.2)
    copied = calibration_error(confidence * 5, correct * 5, names(60) * 5, seed=0).interval
    alone = calibration_error(confidence, correct, names(60), seed=0).interval
    pretended = calibration_error(confidence * 5, correct * 5, names(300), seed=0).interval
    assert copied is not None
    assert alone is not None
    assert pretended is not None
    assert copied.high - copied.low == pytest.approx(alone.high - alone.low, rel=0.05)
    assert pretended.high - pretended.low < 0.7 * (copied.high - copied.low)


@quick
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50))
def test_the_error_is_a_share(items: list[tuple[float, bool]]) -> None:
    value = expected_calibration_error(np.array([c for c, _ in items]), np.array([y for _, y in items]))
    assert -1e-12 <= value <= 1 + 1e-12


def test_what_cannot_be_measured_has_a_reason() -> None:
    assert "no answer" in calibration_error([], [], [], seed=0).reason
    assert "one cluster" in calibration_error([0.5, 0.6], [True, False], ["a", "a"], seed=0).reason
    for bad in (float("nan"), 1.2, -0.1):
        estimate = calibration_error([0.5, bad], [True, False], ["a", "b"], seed=0)
        assert estimate.value is None
        assert "not a number from 0 to 1" in estimate.reason
