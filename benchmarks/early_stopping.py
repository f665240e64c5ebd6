"""How often does a run with a budget decide wrongly, and how many items does it ask? A simulation.

Each simulated audit draws its items from a population whose truth is known, and is looked at as
`assay run --budget` looks: estimators, intervals, judge and rule for stopping are those of the package. Beside it
stand the design that asks everything once, and one that looks as often at plain 95 % intervals, which the
simulation must catch.

Wrong is PASSED where the truth is beyond the limit, and FAILED where it keeps it. The worst truths are the limit
itself, which FAILED would get wrong, and a hair beyond it, which PASSED would.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from statistics import median
from typing import Any

import numpy as np

from audit.budget import wanting
from audit.check import taken
from audit.judge import judge_control, worst
from audit.policy.policy import Control
from audit.record import Measurement, Outcome, Requirement
from audit.stats.cluster import cluster_mean
from audit.stats.detector import ErrorRate, corrected_share
from audit.stats.estimate import Estimate
from audit.stats.looks import PARTS, anytime
from audit.stats.proportion import clopper_pearson, clustered_share, share

AUDITS = 2000
CHECK = "simulated"
DESIGNS = ("looks", "fixed", "naive")
Random = np.random.Generator


@dataclass(frozen=True)
class Scenario:
    """One truth, limits on it, and how items come.

    ``draw`` gives the items of each group, one row a sampling unit, in the order in which they are asked.
    ``estimate`` is an estimator, ``wrong`` the verdict that would be wrong.
    """

    name: str
    wrong: Outcome
    units: int
    limits: dict[str, float | None]
    draw: Callable[[Random], Sequence[Any]]
    estimate: Callable[[Any], Estimate]
    min_n: int = 20

    @property
    def parts(self) -> list[float]:
        """The looks that the smallest sample of the policy leaves: others spend no error."""
        return [part for part in PARTS if taken(self.units, part) >= self.min_n]

    def control(self, groups: int) -> Control:
        """One requirement, on each group where there are several."""
        which = "overall" if groups == 1 else "each"
        requirement = Requirement(CHECK, "m", groups=which, min_n=self.min_n, **self.limits)
        return Control("c", "c", "bias", "high", True, (requirement,))

    def measure(self, items: Sequence[Any], part: float) -> list[Measurement]:
        """The measurements of the first ``part`` of the units of every group."""
        names = [""] if len(items) == 1 else [str(i) for i in range(len(items))]
        return [
            self.estimate(rows[: taken(self.units, part)]).measurement("m", group=name)
            for name, rows in zip(names, items, strict=True)
        ]


@dataclass
class Sample:
    """The items of one audit and what was measured of them, each part once."""

    scenario: Scenario
    items: Sequence[Any]
    measured: dict[float, list[Measurement]] = field(default_factory=dict)

    def measure(self, part: float) -> list[Measurement]:
        """The measurements of the first ``part`` of the items."""
        if part not in self.measured:
            self.measured[part] = self.scenario.measure(self.items, part)
        return self.measured[part]


def sequential(sample: Sample, *, naive: bool = False) -> tuple[Outcome, float]:
    """The outcome of one audit with looks, and the part of the items that it asked."""
    control, parts = sample.scenario.control(len(sample.items)), sample.scenario.parts
    outcome, part = Outcome.UNTESTED, 1.0
    for number, part in enumerate(parts, 1):
        measured = sample.measure(part)
        looked = measured if naive else [anytime(m, number, len(parts)) for m in measured]
        findings = judge_control(control, {CHECK: looked}, (), "")
        outcome = worst([finding.outcome for finding in findings])
        unfinished = {CHECK} if number < len(parts) else set()
        if not wanting(control, findings, unfinished, set()):
            break
    return outcome, part


def fixed(sample: Sample) -> Outcome:
    """The outcome of one audit that asks everything once."""
    control = sample.scenario.control(len(sample.items))
    return worst([f.outcome for f in judge_control(control, {CHECK: sample.measure(1.0)}, (), "")])


@dataclass
class Tally:
    """Verdicts of the three designs over many audits, and the part of the items that looks used."""

    wrong: dict[str, list[bool]] = field(default_factory=lambda: {design: [] for design in DESIGNS})
    open: dict[str, list[bool]] = field(default_factory=lambda: {design: [] for design in DESIGNS})
    used: list[float] = field(default_factory=list)

    def count(self, scenario: Scenario, random: Random) -> tuple[float, float]:
        """Add one audit; the items that it asked, and those that there were."""
        items = scenario.draw(random)
        sample = Sample(scenario, items)
        outcome, part = sequential(sample)
        found = {"looks": outcome, "fixed": fixed(sample), "naive": sequential(sample, naive=True)[0]}
        for design, seen in found.items():
            self.wrong[design].append(seen == scenario.wrong)
            self.open[design].append(seen == Outcome.INCONCLUSIVE)
        self.used.append(part)
        return len(items) * taken(scenario.units, part), len(items) * scenario.units


def simulate(scenario: Scenario, audits: int, seed: int = 0) -> Tally:
    """``audits`` audits of one scenario by all three designs."""
    tally = Tally()
    for number in range(audits):
        tally.count(scenario, np.random.default_rng([seed, number]))
    return tally


def simulate_whole(audits: int, seed: int = 0) -> Tally:
    """``audits`` audits of six controls each, of models drawn by ``a_model``; ``used`` is of whole audits."""
    tally, used = Tally(), []
    for number in range(audits):
        random = np.random.default_rng([seed, number, 1])
        asked, there = zip(*(tally.count(scenario, random) for scenario in a_model(random)), strict=True)
        used.append(sum(asked) / sum(there))
    tally.used = used
    return tally


@cache
def _share_of(hits: int, of: int) -> Estimate:
    return share([True] * hits + [False] * (of - hits))


def independent(rate: float, units: int, groups: int = 1) -> tuple[Any, Any]:
    """Independent hits."""
    return (
        lambda rng: [rng.random(units) < rate for _ in range(groups)],
        lambda rows: _share_of(int(rows.sum()), len(rows)),
    )


def in_clusters(rate: float, units: int, size: int, correlation: float) -> tuple[Any, Any]:
    """Hits in clusters of ``size`` whose rates are beta distributed with the given intraclass correlation."""
    a = rate * (1 - correlation) / correlation
    b = (1 - rate) * (1 - correlation) / correlation

    def estimate(rows: Any) -> Estimate:
        return clustered_share(rows.ravel().tolist(), _names(len(rows), size))

    return lambda rng: [rng.random((units, size)) < rng.beta(a, b, size=(units, 1))], estimate


def detected(rate: float, units: int) -> tuple[Any, Any]:
    """Hits seen by a detector of sensitivity 0.9 and specificity 0.95, measured on 200 cases of each kind."""

    def draw(rng: Random) -> list[Any]:
        true = rng.random(units) < rate
        seen = np.where(true, rng.random(units) < 0.9, rng.random(units) < 0.05)
        hits, alarms = int(rng.binomial(200, 0.9)), int(rng.binomial(200, 0.05))
        return [_Seen(seen, ErrorRate(hits, 200 - hits, 200 - alarms, alarms, "en", "a labelled set"))]

    return draw, lambda rows: corrected_share(rows.seen.tolist(), rows.error)


@dataclass(frozen=True)
class _Seen:
    seen: Any
    error: ErrorRate

    def __getitem__(self, first: slice) -> "_Seen":
        return _Seen(self.seen[first], self.error)


def scores(mean: float, units: int, size: int, shape: str, groups: int = 1) -> tuple[Any, Any]:
    """Scores of mean ``mean`` and standard deviation 1: half of the variance lies between clusters of ``size``."""

    def standard(rng: Random, shape_of: tuple[int, int]) -> Any:
        if shape == "normal":
            return rng.normal(size=shape_of)
        if shape == "exponential":
            return rng.exponential(size=shape_of) - 1
        raw = rng.lognormal(sigma=0.8, size=shape_of)
        return (raw - np.exp(0.32)) / np.sqrt((np.exp(0.64) - 1) * np.exp(0.64))

    def draw(rng: Random) -> list[Any]:
        if size == 1:
            return [mean + standard(rng, (units, 1)) for _ in range(groups)]
        half = np.sqrt(0.5)
        return [mean + half * (standard(rng, (units, 1)) + standard(rng, (units, size))) for _ in range(groups)]

    return draw, lambda rows: cluster_mean(rows.ravel().tolist(), _names(len(rows), size))


@cache
def _names(clusters: int, size: int) -> list[str]:
    return [str(cluster) for cluster in range(clusters) for _ in range(size)]


def at_most_a_tenth(rate: float, wrong: Outcome) -> Scenario:
    """400 independent items."""
    name = f"share of 400 items, at most 10 %, true {rate:.1%}"
    return Scenario(name, wrong, 400, {"high": 0.1}, *independent(rate, 400))


def in_frames(rate: float, wrong: Outcome) -> Scenario:
    """80 frames filled in five ways."""
    name = f"share of 80 frames x 5, at most 20 %, true {rate:.1%}"
    return Scenario(name, wrong, 80, {"high": 0.2}, *in_clusters(rate, 80, 5, 0.2))


def refusals(rate: float, wrong: Outcome) -> Scenario:
    """104 prompts, and a detector with errors."""
    name = f"detected share of 104 prompts, at least 80 %, true {rate:.1%}"
    return Scenario(name, wrong, 104, {"low": 0.8}, *detected(rate, 104), min_n=13)


def facts(rate: float, wrong: Outcome) -> Scenario:
    """60 territories with five questions each."""
    name = f"share of 60 territories x 5, at least 60 %, true {rate:.1%}"
    return Scenario(name, wrong, 60, {"low": 0.6}, *in_clusters(rate, 60, 5, 0.1), min_n=15)


def gap(mean: float, wrong: Outcome, shape: str = "normal") -> Scenario:
    """100 frames with four term pairs each; one standard deviation is one nat."""
    name = f"mean of 100 frames x 4, {shape}, within 0.7, true {mean:.1f}"
    return Scenario(name, wrong, 100, {"low": -0.7, "high": 0.7}, *scores(mean, 100, 4, shape))


def gaps(mean: float, wrong: Outcome) -> Scenario:
    """Five groups of 80 frames under one control, so that Holm's correction plays its part."""
    name = f"means of 5 groups of 80 frames, each within 1.1, true {mean:.1f}"
    limits = {"low": -1.1, "high": 1.1}
    return Scenario(name, wrong, 80, limits, *scores(mean, 80, 1, "normal", groups=5), min_n=10)


def small(mean: float, wrong: Outcome, shape: str) -> Scenario:
    """65 independent scores."""
    name = f"mean of 65 texts, {shape}, within 0.7, true {mean:.1f}"
    return Scenario(name, wrong, 65, {"low": -0.7, "high": 0.7}, *scores(mean, 65, 1, shape))


FAMILIES: tuple[tuple[Callable[[float, Outcome], Scenario], float, float, float], ...] = (
    (at_most_a_tenth, 0.1, 0.01, 0.3),
    (in_frames, 0.2, 0.04, 0.5),
    (refusals, 0.8, 0.98, 0.3),
    (facts, 0.6, 0.9, 0.3),
    (gap, 0.7, 0.05, 1.5),
    (gaps, 1.1, 0.1, 2.0),
)
"""Scenarios like the controls of release-gate, each with its limit, a clean model and one plainly at fault."""


def wrong_verdict(truth: float, limit: float, clean: float) -> Outcome:
    """FAILED where ``truth`` keeps the limit (so does the limit itself), PASSED where it is beyond it."""
    keeps = (truth - limit) * (clean - limit) >= 0
    return Outcome.FAILED if keeps else Outcome.PASSED


def scenarios() -> Iterator[Scenario]:
    """Truths at the limit, a hair beyond it, near it on both sides, and far from it."""
    for family, limit, clean, faulty in FAMILIES:
        for wrong in (Outcome.PASSED, Outcome.FAILED):
            yield family(limit, wrong)
        for truth in ((limit + clean) / 2, (limit + faulty) / 2, clean, faulty):
            yield family(truth, wrong_verdict(truth, limit, clean))
    for shape in ("exponential", "lognormal"):
        for wrong in (Outcome.PASSED, Outcome.FAILED):
            yield gap(0.7, wrong, shape)
            yield small(0.7, wrong, shape)


def a_model(random: Random) -> Iterator[Scenario]:
    """One model under six controls: in each it is clean, plainly at fault, or anywhere in between."""
    for family, limit, clean, faulty in FAMILIES:
        between = clean + (faulty - clean) * float(random.random())
        truth = (clean, faulty, between)[random.integers(3)]
        yield family(truth, wrong_verdict(truth, limit, clean))


COLUMNS = "".join(f"{name:>8}" for name in ("fixed", "naive", "open", "fixed"))
HEAD = f"{'scenario':<66}{'wrong':<8}{'rate':>7} {'95 % interval':>16}{COLUMNS}{'used':>7}"


def row(name: str, wrong: str, tally: Tally) -> str:
    """The rates of one scenario: wrong verdicts and undetermined ones by design, and the median part used."""
    n, count = len(tally.wrong["looks"]), sum(tally.wrong["looks"])
    low, high = clopper_pearson(count, n, 0.95)
    others = (tally.wrong["fixed"], tally.wrong["naive"], tally.open["looks"], tally.open["fixed"])
    rates = [sum(seen) / n for seen in others]
    parts = "".join(f"{rate:>8.1%}" for rate in rates)
    return (
        f"{name:<66}{wrong:<8}{count / n:>7.2%} {f'{low:.2%} - {high:.2%}':>16}{parts}{median(tally.used):>7.1%}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audits", type=int, default=AUDITS, help="simulated audits a scenario")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="scenarios whose name holds this")
    arguments = parser.parse_args()
    started = time.monotonic()
    print(HEAD)
    for scenario in scenarios():
        if arguments.only in scenario.name:
            tally = simulate(scenario, arguments.audits, arguments.seed)
            print(row(scenario.name, scenario.wrong.value, tally), flush=True)
    print(row("whole audits: six controls, models of all kinds", "either", simulate_whole(arguments.audits)))
    print(f"{arguments.audits} audits a scenario, {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
