"""Stopping early does not decide wrongly more often: a smaller copy of benchmarks/early_stopping.py.

The bounds are the nominal 5 % and what chance adds to so many audits: a rate of 5 % exceeds them in 1 of 1,000
tests (binomial).
"""

from statistics import median

import pytest
from scipy.stats import binom

from audit.record import Outcome
from benchmarks.early_stopping import at_most_a_tenth, gap, refusals, simulate, simulate_whole, small

NOMINAL = 0.05


def most(audits: int) -> int:
    """The most wrong verdicts that a rate of 5 % leaves plausible."""
    return int(binom.ppf(0.999, audits, NOMINAL))


@pytest.mark.parametrize("wrong", [Outcome.PASSED, Outcome.FAILED])
def test_independent_shares_at_the_limit_hold_the_nominal_rate(wrong: Outcome) -> None:
    tally = simulate(at_most_a_tenth(0.1, wrong), 2000)
    assert sum(tally.wrong["looks"]) <= NOMINAL * 2000  # no slack is needed: it is about 2 %
    if wrong is Outcome.FAILED:  # looking as often at plain 95 % intervals is caught
        assert sum(tally.wrong["naive"]) > most(2000)


@pytest.mark.parametrize(
    "scenario",
    [
        gap(0.7, Outcome.PASSED, "lognormal"),
        small(0.7, Outcome.PASSED, "lognormal"),
        small(0.7, Outcome.PASSED, "exponential"),
        refusals(0.8, Outcome.FAILED),
    ],
    ids=lambda scenario: scenario.name,
)
def test_skewed_clustered_and_detected_items_hold_it_too(scenario) -> None:
    audits = 250
    assert sum(simulate(scenario, audits).wrong["looks"]) <= most(audits)


def test_whole_audits_use_less_than_half_of_the_items() -> None:
    tally = simulate_whole(60)
    verdicts = len(tally.wrong["looks"])
    assert verdicts == 6 * 60
    assert sum(tally.wrong["looks"]) <= most(verdicts)
    assert median(tally.used) < 0.5


def test_what_is_far_from_the_limit_takes_a_part() -> None:
    for rate in (0.01, 0.3):
        tally = simulate(at_most_a_tenth(rate, Outcome.FAILED), 200)
        assert median(tally.used) <= 0.25
        assert not any(tally.open["looks"])
