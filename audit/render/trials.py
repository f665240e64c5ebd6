"""The table of the self-test and of the estimators' coverage, as text and as Markdown pages."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from audit.trials import Coverage, Results, Rung, Trial

HEAD = (
    "check",
    "metric",
    "language",
    "claims to find",
    "false alarms",
    "finds it",
    "at half",
    "at 1.5",
    "no answer",
    "",
)


def percent(rung: Rung | None) -> str:
    """A rate with its 95 % interval, in percent: "4.5 (2.9 to 7.0)"."""
    from audit.stats.proportion import interval_of_share

    if rung is None:
        return "-"
    low, high = (100 * bound for bound in interval_of_share(rung.alarms, rung.audits, 0.95))
    return f"{100 * rung.rate:.1f} ({low:.1f} to {high:.1f})"


def row(trial: Trial) -> tuple[str, ...]:
    """What stands in the table of one trial."""
    named = f"{trial.metric} [{trial.group}]" if trial.group else trial.metric
    verdict = "does not hold" if trial.fault else "holds"
    start = (trial.check, named, trial.language or "-")
    if trial.census:
        cleared = "none" if trial.without and not trial.without.alarms else "rang"
        found = "yes" if trial.claimed and trial.claimed.alarms else "no"
        return (*start, "any (all are counted)", cleared, found, "-", "-", "0", verdict)
    at = {rung.times: rung for rung in trial.rungs}
    silent = sum(rung.unanswered for rung in trial.rungs)
    side = {-1: "below", 0: "from", 1: "above"}[trial.side]
    claim = "nothing" if trial.claim is None else f"{trial.claim:.3g} {side} {trial.null:g}"
    half, more = (f"{100 * at[times].rate:.0f}" if times in at else "-" for times in (0.5, 1.5))
    return (*start, claim, percent(at.get(0)), percent(at.get(1)), half, more, str(silent), verdict)


def trials_as_text(trials: Sequence[Trial], lacking: Sequence[str] = ()) -> str:
    """The table for a terminal, the reasons of what does not hold, and the checks that nothing was tried on."""
    rows = [HEAD, *map(row, trials)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in rows
    ]
    lines += [f"{'/'.join(filter(None, t.key))} does not hold: {t.fault}" for t in trials if t.fault]
    lines += [f"{name}: no stand-in, so nothing is known of its controls" for name in lacking]
    held = sum(not trial.fault for trial in trials)
    lines += ["", f"{held} of {len(trials)} hold. Rates in percent, with 95 % intervals. {together(trials)}"]
    return "\n".join(lines)


def together(trials: Sequence[Trial]) -> str:
    """False alarms of all null audits in one rate."""
    nulls = [trial.without for trial in trials if trial.without and not trial.census]
    if not nulls:
        return ""
    whole = Rung(0, 0.0, sum(n.audits for n in nulls), sum(n.alarms for n in nulls))
    return f"False alarms of all null audits together: {percent(whole)} of {whole.audits:,}."


def trials_as_markdown(trials: Sequence[Trial], head: Sequence[str] = HEAD[1:]) -> str:
    """The trials of one check as a table."""
    lines = ["| " + " | ".join((*head[:-1], "holds")) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row(trial)[1:]) + " |" for trial in trials]
    return "\n".join(lines)


SELFTEST = """# The self-test

`assay selftest` tries every check on models that are made up: null models, in which nothing is planted, and
models with a planted bias or fault of rising strength. Each audit is a whole one (`probe`, then `measure`)
with noise of its own. An alarm is what a gate rings on: the 95 % interval of the measurement leaves out the
null value, on the side that is worse for the metric, or on either side where the ideal lies between.

- **claims to find**: the smallest effect that the check says it detects, on the models without an effect (the
  median of `smallest_detectable`), and the null value that it adds to or takes from.
- **false alarms**: null models on which the alarm rang, in percent, with a 95 % interval.
- **finds it**: models with an effect of the claimed size on which the alarm rang; beside it the rates at half
  and at one and a half times that size.
- **no answer**: audits without a number, or with one that may not be decided on. They rang no alarm and are
  counted here.

A check **holds** for a metric and language when
- false alarms are at most 5 %, as far as the audits can tell, and certainly fewer than 8 %: the interval's
  upper bound is below 8 %, and the rate is not above 5 % with more than 99.9 % confidence. An interval that
  is exactly right rings in 5 % of null audits, and the rate found in 400 of them scatters by 2 points around
  it, so that half of the rows of an exact method lie above 5 % by chance. Rows that 400 audits do not settle
  are run on 1,600, then on 6,400; so is a row whose rate is too high at 99.9 %, but not for the most extreme of
  400 rows (Bonferroni);
- the claimed effect was found in at least 80 % of the audits; where fewer of 400 found it, but not certainly
  fewer than 80 %, the row is run again with 1,600. To leave room for what formulas do not see (heavy tails, a
  spread that is itself an estimate), claims are computed for 90 %.

A check that does not hold cannot pass a model: what it would pass is INCONCLUSIVE, with this reason. What it
fails stays failed. Checks that count everything (files, licences, fields of a card) leave nothing to chance:
one model with a planted fault and one without tell everything.

The figures speak of the code that their digests name; a test fails when it has changed. `make selftest` runs
again what is stale, and nothing else.

The pretended models are as good as their noise: items and clusters that differ as real ones do, detectors
with the error that their labelled sets leave open. They cannot tell whether a frame, a prompt or a detector
measures what it is meant to.
"""

STATISTICS = """# How often the intervals hold the truth

Every estimator in `audit/stats` on samples from populations whose truth is known, where that is hardest: few
items, extreme shares, few and unequal clusters, skewed and heavy-tailed scores, detectors of which little is
known. A 95 % interval has to hold the truth in 93 to 97 % of the samples, or in more where the last column
says why. "Too low" and "too high" count the samples whose whole interval lay below or above the truth. The
populations are in [audit/selftest/populations](../audit/selftest/populations); a test fails when an estimator
has none, or when the figures are stale (`make selftest`).

Shares follow the exact Clopper-Pearson bounds, and Wilson's from 50 items and 15 hits and misses on
([decision 8](decisions/0008-wilson-from-fifteen-hits.md)). With no events the bound is one-sided, so that the
coverage falls to 92.5 % at single shares just beyond it.
"""


def selftest_page(results: Results, planned: Sequence[tuple[str, str, str, str]]) -> str:
    """docs/selftest.md; ``planned`` are check, metric, group and language of all trials that there are."""
    run = {trial.key for trial in results.trials}
    parts = [SELFTEST, together(results.trials), "", *_not_tried([key for key in planned if key not in run])]
    for check, trials in groupby(
        sorted(results.trials, key=lambda trial: trial.key), key=lambda trial: trial.check
    ):
        known = list(trials)
        parts += [f"## {check}", "", trials_as_markdown(known), ""]
        parts += [f"- {'/'.join(filter(None, t.key[1:]))} does not hold: {t.fault}" for t in known if t.fault]
    return "\n".join(parts).rstrip() + "\n"


def _not_tried(missing: Sequence[tuple[str, str, str, str]]) -> Iterator[str]:
    if not missing:
        return
    yield f"## Not tried yet\n\nNothing is known of {len(missing)} trials, which `make selftest` would run:\n"
    for (check, metric), keys in groupby(sorted(missing), key=lambda key: key[:2]):
        languages = sorted({key[3] for key in keys} - {""})
        yield f"- {check}, {metric}" + (f": {', '.join(languages)}" if languages else "")
    yield ""


def statistics_page(coverage: Sequence[Coverage]) -> str:
    """docs/statistics.md."""
    lines = [STATISTICS, "| estimator | situation | covers | too low | too high | samples | |", "|" + "---|" * 7]
    return "\n".join([*lines, *_coverage_rows(coverage)]) + "\n"


def _coverage_rows(coverage: Sequence[Coverage]) -> Iterator[str]:
    for found in coverage:
        rates = f"{100 * found.rate:.1f} % | {found.above} | {found.below} | {found.samples:,}"
        none = f"; {found.none} without an interval" if found.none else ""
        yield f"| `{found.estimator}` | {found.situation} | {rates} | {found.stated}{none} |"
