"""Sums of absolute differences: by hand, above noise only when something is there, and covering the truth."""

import numpy as np
import pytest

from audit.stats.equality import equality_difference
from audit.stats.threshold import equal_error_threshold

GROUPS, CLUSTERS = 20, 100


def groups_of(clusters: int = CLUSTERS, groups: int = GROUPS) -> tuple[np.ndarray, np.ndarray]:
    return np.tile(np.eye(groups, dtype=bool), (clusters, 1)), np.repeat(np.arange(clusters), groups)


def hits_of(generator: np.random.Generator, share: float, gap: float = 0.0) -> np.ndarray:
    shares = np.full(GROUPS, share)
    shares[4] += gap
    return (generator.random((CLUSTERS, GROUPS)) < shares).ravel()


def test_a_sum_by_hand():
    # Shares 1, 0 and 0.5 against 0.5 overall.
    hits = np.array([1, 0, 1, 1, 0, 0], bool)
    members, clusters = groups_of(2, 3)
    found = equality_difference(hits, members, clusters, seed=0)
    assert found.value == pytest.approx(0.5 + 0.5 + 0.0)
    assert found.interval.low == 0.0


def test_noise_alone_makes_a_sum_and_no_alarm():
    generator, alarms = np.random.default_rng(4), 0
    members, clusters = groups_of()
    for _ in range(60):
        found = equality_difference(hits_of(generator, 0.2), members, clusters, seed=0)
        assert found.value > 0.3
        alarms += found.interval.low > 0
    assert alarms <= 3


def test_one_group_is_caught_at_the_detectable_size():
    generator, caught, covered = np.random.default_rng(5), 0, 0
    members, clusters = groups_of()
    sum_ = equality_difference(hits_of(generator, 0.2), members, clusters, seed=0).smallest_detectable
    gap = sum_ / (2 * (1 - 1 / GROUPS))
    assert 0.2 < gap < 0.55  # at a power of 0.80 it was less than 0.5
    for _ in range(60):
        found = equality_difference(hits_of(generator, 0.2, gap), members, clusters, seed=0)
        caught += found.interval.low > 0
        covered += found.interval.low <= sum_ <= found.interval.high
    assert caught >= 50
    assert covered >= 57


def test_rare_events_raise_no_alarm():
    generator, alarms = np.random.default_rng(6), 0
    members, clusters = groups_of()
    for _ in range(60):
        found = equality_difference(hits_of(generator, 0.01), members, clusters, seed=0)
        alarms += found.interval.low > 0
    assert alarms <= 2


def test_nothing_to_compare():
    assert equality_difference([], np.zeros((0, 3), bool), [], seed=0).value is None
    assert equality_difference([True], np.ones((1, 1), bool), [0], seed=0).reason
    lone = equality_difference([True, False], np.eye(2, dtype=bool), [0, 0], seed=0)
    assert (lone.value, lone.interval) == (1.0, None)


def test_threshold_of_equal_errors():
    scores = np.array([0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9])
    toxic = np.array([0, 0, 1, 0, 0, 1, 1, 1], bool)
    cut = equal_error_threshold(scores, toxic)
    assert cut == 0.6  # one of four harmless is above, one of four toxic below
    assert equal_error_threshold(np.full(4, 0.5), np.array([1, 0, 1, 0], bool)) == 0.5
