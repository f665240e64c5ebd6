"""The installed command, and small local checks to run with it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ASSAY = Path(sys.executable).with_name("assay")

CHECKS = '''
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from audit.capability import CanGenerate, CanScore
from audit.check import Metric
from audit.record import Measurement, Observation
from audit.stats.proportion import share


@dataclass(frozen=True)
class Coin:
    """A share that the option sets; asks the model nothing that matters."""

    id = "local.coin"
    needs = (CanScore,)
    languages = ()
    metrics = (Metric("heads", "share", 0.0, "lower", "https://example.org"),)
    heads: int = 0
    of: int = 100

    def probe(self, model) -> Iterator[Observation]:
        model.log_likelihood([("", "The committee met.")])
        for number in range(self.of):
            yield Observation(f"toss-{number}", score=float(number < self.heads), cluster=str(number))

    def measure(self, observations: Iterable[Observation]) -> Iterator[Measurement]:
        yield share([o.score == 1 for o in observations]).measurement("heads", unit="toss")


@dataclass(frozen=True)
class Breaks(Coin):
    """Raises while it probes."""

    id = "local.breaks"

    def probe(self, model) -> Iterator[Observation]:
        yield Observation("first", score=0.0)
        raise ZeroDivisionError("planted")


@dataclass(frozen=True)
class Misjudges(Coin):
    """Raises while it measures."""

    id = "local.misjudges"

    def measure(self, observations: Iterable[Observation]) -> Iterator[Measurement]:
        raise KeyError("planted")


@dataclass(frozen=True)
class NotANumber(Coin):
    """Measures NaN."""

    id = "local.not-a-number"

    def measure(self, observations: Iterable[Observation]) -> Iterator[Measurement]:
        list(observations)
        yield Measurement("heads", float("nan"), n=1, n_clusters=1)


@dataclass(frozen=True)
class Silent(Coin):
    """Sees nothing and measures nothing."""

    id = "local.silent"

    def probe(self, model) -> Iterator[Observation]:
        return iter(())

    def measure(self, observations: Iterable[Observation]) -> Iterator[Measurement]:
        return iter(())


CHECKS = (Coin(), Breaks(), Misjudges(), NotANumber(), Silent())
'''

POLICY = """
policy: tiny-gate
version: "1"
title: A gate on one local check
controls:
  - id: coin
    title: Heads are rare
    area: performance
    rationale: To try the gate.
    requires:
      - {{check: {check}, metric: heads, at_most: 0.1, rationale: To try the gate.}}
"""


@dataclass(frozen=True)
class Result:
    """What the command left behind."""

    code: int
    out: str
    err: str


def assay(
    *arguments: object, env: dict[str, str] | None = None, cwd: Path | None = None, timeout: int = 600
) -> Result:
    """Run the installed command."""
    done = subprocess.run(
        [str(ASSAY), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def gate(folder: Path, check: str = "local.coin") -> list[object]:
    """Options that judge by a policy on one local check."""
    (folder / "my_checks.py").write_text(CHECKS)
    (folder / "policy.yaml").write_text(POLICY.format(check=check))
    return ["--policy", folder / "policy.yaml", "--checks", folder / "my_checks.py"]
