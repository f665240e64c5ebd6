"""Whether the licences declared for a model, and for what it was made from, allow what it is meant for.

## What it measures
Every licence that the model's files declare (model card, LICENSE files, GGUF metadata, configuration) is judged
against the use given in `use`: one or more of `commercial`, `redistribute`, `saas` (others use it over a network),
`research`, `internal` and `non-commercial`. Permissions, territory, thresholds and duties are judged for the model
and for each base model whose licence is stated in `base_licences` ("name=licence"), and so is whether the model's
licence keeps what theirs asks for. Each finding names its rule, the clause, the evidence and a remedy.

`conflicts` counts findings that the licences forbid (ideal 0). `obligations` counts duties that come with the use
(ideal 0, but a duty is no fault): they do not forbid it, and whether they are met is not checked. The sampling
unit is the finding. The numbers speak of this model's declarations as they stand; all of them were looked at, so
that no sampling error remains. Nothing is asked of the model, so training data cannot contaminate the result.

## How to read it
Verdicts: OK < OBLIGATIONS < REVIEW < UNKNOWN < CONFLICT. A conflict is counted and fails a limit of 0, whatever
else is undecided. Where a finding is UNKNOWN (a licence without facts, a base model whose licence is not stated,
none declared) there is no number of conflicts; where one needs REVIEW (contradicting declarations, a LICENSE file
with other words than its title promises) the number comes with a reason. Neither can pass. Read the duties in the
observations, and the clauses.

The harm guarded against falls on those who made the model or its data, whose rights are taken without leave, and
on users who lose a model that was never licensed to them.

## Limits
Not legal advice. Only declared lineage is seen, and one level of it: state the licences of base models, and of
what those were made from. Licences of training data are not judged, nor outputs of other models used for
training, nor code. Facts cover 33 licences; every other is UNKNOWN. Thresholds on figures that were not given
become duties to check. `region` is the licensee's seat ("EU" or a country code), `monthly_active_users` those
of licensee and affiliates in the month that the licence counts (for Llama, the calendar month before the
version was released; a figure of today neither clears nor condemns). An "or later" version is judged as the
version named. Facts were written by engineers from the licence texts; no lawyer has reviewed them.

## Source
The texts of the licences, cited by clause in `audit/licensing/data`; SPDX licence expressions,
https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions; for the shape of the rules Duan, Li and He 2024,
ModelGo, https://doi.org/10.1145/3589334.3645520.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from audit.check import Check, Metric
from audit.errors import CheckError
from audit.licensing.compatibility import judge_use
from audit.licensing.verdict import COMMERCIAL, NON_COMMERCIAL, PURPOSES, LicenceFinding, Use, Verdict
from audit.record import Measurement, Observation
from audit.stats.estimate import census
from audit.target.target import ModelKind, Target

SOURCE = "https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions"
NO_USE = "Say what the model is for with --use (" + ", ".join(PURPOSES) + ")."
TEXT_ONLY = ("ForCausalLM", "LMHeadModel", "ForMaskedLM", "ForSequenceClassification", "ForTokenClassification")


@dataclass(frozen=True)
class LicenceCompatibility:
    """Declared licences against the intended use."""

    use: tuple[str, ...] = ()
    base_licences: tuple[str, ...] = ()
    region: str = ""
    monthly_active_users: int | None = None

    id = "licence.compatibility"
    needs = (Target,)
    languages = ()
    metrics = (
        Metric("conflicts", "count", 0, "lower", SOURCE, "Findings that a licence forbids the use."),
        Metric(
            "obligations", "count", 0, "lower", SOURCE, "Duties that come with the use; not checked whether met."
        ),
    )

    def __post_init__(self) -> None:
        _refuse_unknown(self.use)
        _base_licences(self.base_licences)

    def probe(self, model: Target) -> Iterator[Observation]:
        """One observation a finding; score 1 for a conflict, None for what has to be reviewed or is unknown."""
        if not self.use:
            yield Observation("use", reason=NO_USE)
            return
        text_only = model.kind == ModelKind.SEQ2SEQ_LM or model.architecture.endswith(TEXT_ONLY)
        use = Use(frozenset(self.use), self.region, self.monthly_active_users, False if text_only else None)
        verdict = judge_use(model.licences, model.bases, use, _base_licences(self.base_licences))
        for number, finding in enumerate(verdict.findings, 1):
            yield _observation(number, finding)

    def measure(self, observations: Iterable[Observation]) -> Iterator[Measurement]:
        """Conflicts: no number where something is unknown, a reason beside it where something needs review."""
        seen = list(observations)
        judged = [each for each in seen if each.detail.get("verdict")]
        if not judged:
            reason = next((each.reason for each in seen if each.reason), "No licence finding was recorded.")
            missing = len(seen)
            yield Measurement("conflicts", None, missing=missing, unit="finding", reason=reason)
            yield Measurement("obligations", None, missing=missing, unit="finding", reason=reason)
            return
        yield _conflicts(judged)
        yield _obligations(judged)


def _refuse_unknown(purposes: Sequence[str]) -> None:
    for purpose in purposes:
        if purpose not in PURPOSES:
            close = get_close_matches(purpose.casefold(), PURPOSES, n=1)
            hint = f"did you mean {close[0]}?" if close else f"choose from {', '.join(PURPOSES)}."
            raise CheckError(f'licence.compatibility knows no use "{purpose}": {hint}')
    if {COMMERCIAL, NON_COMMERCIAL} <= set(purposes):
        raise CheckError("licence.compatibility: a use is commercial or non-commercial; give one of the two.")


def _base_licences(stated: Sequence[str]) -> Mapping[str, str]:
    found = {}
    for each in stated:
        name, _, value = each.partition("=")
        if not name.strip() or not value.strip():
            raise CheckError(f'licence.compatibility: base_licences has "{each}"; write "base model=licence".')
        found[name.strip()] = value.strip()
    return found


def _observation(number: int, finding: LicenceFinding) -> Observation:
    undecided = finding.verdict in (Verdict.REVIEW, Verdict.UNKNOWN)
    return Observation(
        item=f"{finding.rule}/{number}",
        score=None if undecided else float(finding.verdict == Verdict.CONFLICT),
        cluster=finding.rule,
        detail={
            "rule": finding.rule,
            "verdict": finding.verdict.name,
            "subject": finding.subject,
            "clause": finding.clause,
            "message": finding.message,
            "remedy": finding.remedy,
            "evidence": finding.evidence,
        },
        reason=f"{finding.message} {finding.remedy}".strip() if undecided else "",
    )


def _with(verdict: Verdict, judged: Sequence[Observation]) -> list[Observation]:
    return [each for each in judged if each.detail["verdict"] == verdict.name]


def _conflicts(judged: Sequence[Observation]) -> Measurement:
    conflicts, unknown, review = (
        _with(verdict, judged) for verdict in (Verdict.CONFLICT, Verdict.UNKNOWN, Verdict.REVIEW)
    )
    undecided = unknown + review
    facts: dict[str, Any] = {
        "unit": "finding",
        "evidence": tuple(each.item for each in (conflicts + undecided)[:5]),
        "note": _note(judged),
    }
    if conflicts or not undecided:
        # What is undecided could only add conflicts, so those that are certain can be decided on.
        return _counted("conflicts", len(conflicts), len(judged), facts)
    facts |= {"missing": len(undecided), "reason": _why(unknown or review)}
    decided = len(judged) - len(undecided)
    if unknown:
        return Measurement("conflicts", None, n=decided, n_clusters=decided, **facts)
    return _counted("conflicts", 0, decided, facts)


def _obligations(judged: Sequence[Observation]) -> Measurement:
    duties = _with(Verdict.OBLIGATIONS, judged)
    facts = {"unit": "finding", "evidence": tuple(each.item for each in duties[:5]), "note": _note(judged)}
    unknown = _with(Verdict.UNKNOWN, judged)
    if unknown:
        facts["reason"] = f"There may be more of them: {_why(unknown)}"
    return _counted("obligations", len(duties), len(judged), facts)


def _counted(metric: str, count: int, n: int, facts: Mapping[str, Any]) -> Measurement:
    return census(float(count), n, "licence findings").measurement(metric, **facts)


def _why(undecided: Sequence[Observation]) -> str:
    more = f" ({len(undecided) - 1} more)" if len(undecided) > 1 else ""
    return undecided[0].reason + more


def _note(judged: Sequence[Observation]) -> str:
    duties = [f"{each.detail['rule']} ({each.detail['clause']})" for each in _with(Verdict.OBLIGATIONS, judged)]
    found = list(dict.fromkeys(duties))
    listed = f"Duties that come with this use: {', '.join(found)}. " if found else ""
    return f"{listed}Licences of training data were not judged."


CHECKS: tuple[Check, ...] = (LicenceCompatibility(),)
