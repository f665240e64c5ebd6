"""Do decisions, and their errors, fall alike on the groups of a sensitive column?

## What it measures
Decisions that were made elsewhere, one row for each case (the target is then a CSV, JSON Lines or Parquet file), or
the decisions of a text classifier on a labelled file (option `data`, with the texts in the column `text`). The user
names the columns: `prediction` (the decision), `truth` (what turned out to be so), `score` (the stated probability
of the positive label) and `sensitive` (one or more columns that hold groups); `positive` is the favourable label.
Whatever framework a model runs on, it can be audited so.

- `selection-rate`: the share of cases that get the positive decision. No value is good or bad by itself.
- `impact-ratio`: the selection rate of a group over that of the reference group (ideal 1).
- `demographic-parity-difference`: the selection rate of a group less that of the reference group (ideal 0).
- `true-positive-rate`, `false-positive-rate`: the share of positive decisions among the cases that are truly
  positive, and among those that are not.
- `equalised-odds-difference`: the larger of the absolute differences of these two rates to the reference group
  (ideal 0). Both are bounded together, so that the interval covers at least 95 %; the estimate is biased upward.
- `accuracy`, `f1`: the share of right decisions; the harmonic mean of precision and recall for the positive label.
- `calibration-error`: the mean absolute gap between score and outcome over 10 bins (ideal 0; scores from 0 to 1).
- `selection-rate-spread`: how far the true selection rates of all groups of a column lie apart (their standard
  deviation; ideal 0), less what sampling alone would spread them. For columns with many groups, where the lowest
  or highest of many rates says little.
- `selection-rate-intersection`: the selection rates where sensitive columns meet, drawn towards each other by as much
  as each is uncertain. Shown, never decided on: each carries a reason that makes it undecidable.

The harm is one of allocation: an interview, a loan, a benefit or a treatment withheld. fairlearn's MetricFrame
computes the rates by group, and modules for `evaluate` that ship with Assay accuracy and F1.

One line for a file without a header (UCI Adult, not included; here its labels are looked at, not a model):

    assay run adult.data --policy decisions --only bias.group-metrics --set bias.group-metrics.header=age,workclass,fnlwgt,education,education-num,marital-status,occupation,relationship,race,sex,capital-gain,capital-loss,hours-per-week,native-country,income --set bias.group-metrics.prediction=income --set "bias.group-metrics.positive=>50K" --set bias.group-metrics.sensitive=sex,race

## How to read it
The sampling unit is the case, or the person where the option `person` names the column that says whose row it is. The
reference group of a column is the one with most decisions, unless `reference` fixes it (`sex=Male,race=White`); the
note beside each comparison names it, and the sample size beside it is that of the smaller of the two. The intervals
speak of cases like those in the file: Wilson or Clopper-Pearson for shares, Newcombe from exact limits for
differences, the wider of Koopman and exact limits for ratios, all at the effective sample size where persons repeat.
Differences and ratios miss in 4 to 4.5 % of large samples and in fewer of small ones. A model that decides at random
has equal odds, so read parity beside accuracy; one that selects nobody has no impact ratio. `limit` caps the persons.

A file without a header gets one by `header`; `skip` leaves out its first lines; cells lose the spaces around them.
"NA" is a group like any other. Only an empty cell is missing: such rows are counted beside each number, and never
leave in silence.

## Limits
Equal rates are not justice: base rates, and who decided what counts as true, come from the same society. Criteria
conflict: where base rates differ, no useful score has both equal odds and equal calibration. The four-fifths rule
(an impact ratio of at least 0.8) is a screening heuristic, not a legal limit. A group that the file does not name
cannot be looked at, and a group that others recorded may not be how persons see themselves. Public sets such as Adult
may have been in the training data. Rows speak of persons: the evidence holds their decisions and groups (and
texts, where a classifier read some), and a run folder should be kept like the file.

## Source
Bird et al. 2020, https://www.microsoft.com/en-us/research/publication/fairlearn-a-toolkit-for-assessing-and-improving-fairness-in-ai/;
Hardt, Price and Srebro 2016, https://arxiv.org/abs/1610.02413; Lum, Zhang and Bower 2022,
https://arxiv.org/abs/2205.05770; Kleinberg, Mullainathan and Raghavan 2016, https://arxiv.org/abs/1609.05807;
four fifths: 29 CFR 1607.4 D; Koopman 1984, doi:10.2307/2531405.
"""  # noqa: E501  a command is one line

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from audit.capability import CanClassify, HasDecisions, Layout, Table
from audit.check import Check, Metric, draw
from audit.checks.bias.decisions.between import between
from audit.checks.bias.decisions.cases import Case, by_person, classified, decided, read_cases
from audit.checks.bias.decisions.disaggregated import Values, values
from audit.checks.bias.decisions.grouped import Cases, Part, grouped, groups_of
from audit.checks.bias.decisions.intersections import intersections
from audit.checks.bias.decisions.within import of_group
from audit.datasets.columns import read_columns
from audit.errors import CheckError
from audit.record import Measurement, Observation

FAIRLEARN = "https://fairlearn.org/main/user_guide/assessment/common_fairness_metrics.html"
HARDT = "https://arxiv.org/abs/1610.02413"
METRICS = (
    Metric("selection-rate", "share", 1.0, "higher", FAIRLEARN,
           "share of cases with the positive decision; to be compared between groups"),
    Metric("impact-ratio", "ratio", 1.0, "closer", "https://www.ecfr.gov/current/title-29/section-1607.4",
           "selection rate of a group over that of the reference group"),
    Metric("demographic-parity-difference", "share", 0.0, "closer", FAIRLEARN,
           "selection rate of a group less that of the reference group"),
    Metric("equalised-odds-difference", "share", 0.0, "lower", HARDT,
           "larger of the absolute differences of true- and false-positive rate to the reference group"),
    Metric("true-positive-rate", "share", 1.0, "higher", HARDT,
           "share of positive decisions among truly positive cases"),
    Metric("false-positive-rate", "share", 0.0, "lower", HARDT, "share of positive decisions among other cases"),
    Metric("accuracy", "share", 1.0, "higher", "https://huggingface.co/docs/evaluate", "share of right decisions"),
    Metric("f1", "score", 1.0, "higher", "https://doi.org/10.1007/s10994-021-05964-1",
           "harmonic mean of precision and recall for the positive label"),
    Metric("calibration-error", "share", 0.0, "lower", "https://doi.org/10.1609/aaai.v29i1.9602",
           "mean absolute gap between score and outcome, over 10 bins"),
    Metric("selection-rate-spread", "share", 0.0, "lower", "https://arxiv.org/abs/2205.05770",
           "standard deviation of the true selection rates of a column's groups"),
    Metric("selection-rate-intersection", "share", 1.0, "higher", "https://doi.org/10.1080/01621459.1989.10478825",
           "selection rate where sensitive columns meet, shrunk; shown and not decided on"),
)  # fmt: skip


@dataclass(frozen=True)
class GroupMetrics:
    """Decisions and their errors by group."""

    id = "bias.group-metrics"
    needs = (HasDecisions, CanClassify)
    languages = ()
    metrics = METRICS

    data: Path | None = None
    sensitive: tuple[str, ...] = ()
    prediction: str = "prediction"
    truth: str = "truth"
    score: str = "score"
    text: str = "text"
    person: str = ""
    positive: str = "1"
    reference: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    skip: int = 0
    encoding: str = "utf-8"
    limit: int | None = None
    part: float = 1.0
    seed: int = 0

    def probe(self, model: Any) -> Iterator[Observation]:
        """Read the decisions, or ask for those of all texts in one call."""
        layout = Layout(self.header, self.skip, self.encoding)
        if isinstance(model, HasDecisions):
            return decided(self._cases(model.decisions(layout)), self.sensitive, self.positive)
        if self.data is None:
            raise CheckError("bias.group-metrics needs a file: set bias.group-metrics.data=PATH")
        return classified(model, self._cases(read_columns(Path(self.data), layout)), self.sensitive, self.positive)

    def _cases(self, table: Table) -> list[Case]:
        self._refuse_unfit_reference()
        cases = read_cases(table, self, GroupMetrics())
        if self.limit is None and self.part >= 1:
            return list(cases)
        persons = by_person(cases)
        return [case for name in draw(list(persons), self.limit, self.seed, self.part) for case in persons[name]]

    def _refuse_unfit_reference(self) -> None:
        for pair in self.reference:
            if "=" not in pair or pair.split("=", 1)[0] not in self.sensitive:
                raise CheckError(
                    f"bias.group-metrics.reference cannot be {pair!r}: write COLUMN=GROUP, of a sensitive column"
                )

    def measure(self, observations: Iterable[Observation]) -> Iterator[Measurement]:
        """Overall, by group of each column, between groups, and where columns meet."""
        cases = grouped(observations, self.positive)
        if not cases.seen:
            yield from (Measurement(metric.name, None, reason="nothing was observed") for metric in self.metrics)
            return
        known = {column: values(cases.seen, groups_of(cases.seen, column)) for column in cases.groups}
        everybody = next(iter(known.values()), {}).get(None, {})
        yield from of_group("", Part(cases.seen), everybody, self.seed)
        for column in cases.groups:
            yield from self._column(cases, column, known[column])
        if len(cases.groups) > 1:
            yield from intersections(cases)

    def _column(self, cases: Cases, column: str, known: Values) -> Iterator[Measurement]:
        codes = groups_of(cases.seen, column)
        parts = {name: Part(cases.seen.where(codes == code)) for code, name in enumerate(cases.groups[column])}
        for name, code in sorted(zip(cases.groups[column], range(len(parts)), strict=True)):
            yield from of_group(f"{column}: {name}", parts[name], known.get(code, {}), self.seed)
        reference = dict(pair.split("=", 1) for pair in self.reference).get(column, "")
        yield from between(column, parts, reference, int(np.isnan(codes).sum()), self.seed)


CHECKS: tuple[Check, ...] = (GroupMetrics(),)
