"""Progress with the time left: a bar on a terminal, now and then a line elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from audit.audit import Watcher
from audit.duration import duration

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

SECONDS_BETWEEN_LINES = 15.0


class Silent(Watcher):
    """Says nothing."""


class Lines(Watcher):
    """One line when a check begins, and one every SECONDS_BETWEEN_LINES while it works."""

    def __init__(self, total: float) -> None:
        self._total, self._done, self._last = total, 0.0, time.monotonic()
        self._check = ""
        self._loaded: tuple[float, float] | None = None  # when the first work was done, and how much: no pace yet

    def begins(self, check: str, number: int, of: int) -> None:
        """A check begins."""
        self._check = check
        self._write(f"[{number}/{of}] {check}")

    def says(self, text: str) -> None:
        """Something worth a line."""
        self._write(text)

    def advance(self, work: float) -> None:
        """Some work is done."""
        self._done += work
        moment = time.monotonic()
        self._loaded = self._loaded or (moment, self._done)
        if moment - self._last >= SECONDS_BETWEEN_LINES:
            share = min(1.0, self._done / self._total) if self._total else 1.0
            self._write(f"{self._check}: {share:.0%} of the work, {self._left(moment, *self._loaded)}")

    def _left(self, moment: float, loaded: float, before: float) -> str:
        """By the pace since the model was loaded and measured, which takes equally long for any audit."""
        since = self._done - before
        if since <= 0.01 * self._total:
            return "estimating the time left"
        return f"about {duration((moment - loaded) * max(0.0, self._total - self._done) / since)} left"

    def _write(self, text: str) -> None:
        self._last = time.monotonic()
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


class Bar(Watcher):
    """A bar on standard error."""

    def __init__(self, bar: "Progress", task: "TaskID") -> None:
        self._bar, self._task = bar, task

    def begins(self, check: str, number: int, of: int) -> None:
        """A check begins."""
        self._bar.update(self._task, description=f"[{number}/{of}] {check}".replace("[", r"\["))

    def says(self, text: str) -> None:
        """Something worth a line."""
        self._bar.console.print(text, markup=False, highlight=False)

    def advance(self, work: float) -> None:
        """Some work is done."""
        self._bar.advance(self._task, work)


@contextmanager
def progress(work: float, *, quiet: bool) -> Iterator[Watcher]:
    """Whoever watches so much work: nobody when quiet, a bar on a terminal, lines elsewhere."""
    if quiet:
        yield Silent()
    elif not sys.stderr.isatty():
        yield Lines(work)
    else:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            yield Bar(bar, bar.add_task("opening", total=max(work, 1.0)))
