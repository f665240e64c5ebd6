"""Lines of progress: the time left is told by the pace of the work, not by how long a model took to load."""

from dataclasses import dataclass

import pytest

from audit.cli import progress
from audit.cli.progress import SECONDS_BETWEEN_LINES, Lines


@dataclass
class Clock:
    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_loading_does_not_count_as_pace(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    watcher = Lines(1000)
    watcher.begins("bias.bbq", 1, 3)
    clock.now += 60  # the model is loaded
    watcher.advance(10)
    for _ in range(2):
        clock.now += 20
        watcher.advance(100)
    assert lines(capsys) == [
        "[1/3] bias.bbq",
        "bias.bbq: 1% of the work, estimating the time left",
        "bias.bbq: 11% of the work, about 3 min left",  # 890 at 5 a second
        "bias.bbq: 21% of the work, about 3 min left",
    ]


def test_lines_come_now_and_then(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    watcher = Lines(100)
    for _ in range(10):
        clock.now += SECONDS_BETWEEN_LINES / 5
        watcher.advance(1)
    assert len(lines(capsys)) == 2


def test_work_that_was_not_foreseen_is_no_time_below_zero(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    for total in (0.0, 10.0):
        watcher = Lines(total)
        for _ in range(3):
            clock.now += 20
            watcher.advance(10)
    told = lines(capsys)
    assert len(told) == 6
    assert all("100% of the work" in line and "-" not in line for line in told)
