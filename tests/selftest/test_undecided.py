"""A trial that fails by a little is run again with more audits; one that fails clearly, or holds, is not."""

from dataclasses import replace

import pytest

from audit.selftest import table
from audit.selftest.table import run, undecided
from audit.trials import Rung, Trial

HELD = Trial("c", "m", "", "en", 0.0, 0.1, (Rung(0, 0.0, 400, 20), Rung(1, 0.1, 400, 340)), "", "0")


def trial(alarms: int, found: int) -> Trial:
    return replace(HELD, rungs=(Rung(0, 0.0, 400, alarms), Rung(1, 0.1, 400, found)))


@pytest.mark.parametrize(
    ("alarms", "found", "again"),
    [
        (20, 340, False),
        (36, 340, True),  # 9 %: one row of 1,600 shows this by chance
        (60, 340, False),  # 15 %
        (20, 316, True),  # 79 %: its interval reaches 80 %
        (20, 290, False),  # 72.5 %
        (36, 316, True),
        (60, 316, False),
        (36, 290, False),
    ],
)
def test_only_what_chance_may_have_done_is_run_again(alarms: int, found: int, again: bool):
    assert undecided(trial(alarms, found)) is again


def test_what_was_counted_or_broke_off_is_not_run_again():
    assert not undecided(replace(trial(36, 316), census=True))
    assert not undecided(replace(HELD, rungs=(), fault="it broke off"))


def test_the_second_trial_decides(monkeypatch):
    asked = []

    def once(job, *, audits, seed):
        asked.append(audits)
        return trial(36, 340) if audits == 400 else replace(HELD, fault="it rang too often")

    monkeypatch.setattr(table, "run_once", once)
    assert run(None, audits=400).fault == "it rang too often"
    assert asked == [400, 1600]
