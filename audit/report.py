"""The record of one audit: audit.json in the run folder is this class, and every report is rendered from it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from audit.check import Metric
from audit.disk import disk_errors, write_whole
from audit.errors import RunFolderError
from audit.policy.policy import Policy
from audit.record import Finding, Measurement, Observation, Outcome, Untested
from audit.target.target import Target

SCHEMA = "assay.audit/1"

AUDIT = "audit.json"
"""The file that holds a report."""


class Status(StrEnum):
    """What became of a check that was asked for."""

    RUN = "run"
    UNTESTED = "untested"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Look:
    """One planned look of a run with a budget: after which part of the items, at what error, and whether it was
    taken. The looks of a check spend at most 0.05 together."""

    part: float
    spends: float
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a run with a budget did not ask a check to the end: its controls were settled, or time was up."""

    cause: Literal["settled", "budget"]
    reason: str


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """One row of the coverage ledger: a check that was asked for and what became of it.

    ``observations`` counts what was seen, ``missing`` how much of it had no score, and ``sha256`` is the digest of
    the file in the run folder that holds it. ``material`` is the digest of the user's files that it read and of
    its code, if that is not Assay's. ``looks`` and ``stop`` are those of a run with a budget.
    """

    check: str
    title: str
    status: Status
    reason: str = ""
    languages: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()
    observations: int = 0
    missing: int = 0
    sha256: str = ""
    material: str = ""
    looks: tuple[Look, ...] = ()
    stop: Stop | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the findings come to. ``sentence`` is fit to be read alone."""

    outcome: Outcome
    exit_code: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Report:
    """One audit, whole: what was audited, by which policy, what was seen, and what follows.

    ``evidence`` holds, for each check, the observations that its measurements point to. ``times`` is the only
    part that differs between two runs of the same plan.
    """

    target: Target
    policy: Policy
    plan_digest: str
    use: tuple[str, ...]
    checks: tuple[CheckRecord, ...]
    measurements: Mapping[str, tuple[Measurement, ...]]
    untested: tuple[Untested, ...]
    findings: tuple[Finding, ...]
    verdict: Verdict
    evidence: Mapping[str, tuple[Observation, ...]] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, Any] = field(default_factory=dict)
    schema: str = SCHEMA


@cache
def report_type() -> TypeAdapter[Report]:
    """What pydantic makes of Report: the door for audit.json, and its JSON Schema."""
    return TypeAdapter(Report)


def report_to_json(report: Report) -> str:
    """The text of audit.json: keys sorted, ASCII, no NaN, one trailing newline."""
    data = report_type().dump_python(report, mode="json")
    return json.dumps(data, indent=1, sort_keys=True, allow_nan=False) + "\n"


def write_report(report: Report, folder: Path) -> Path:
    """Write audit.json into ``folder``, whole or not at all."""
    path = folder / AUDIT
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_whole(path, report_to_json(report))
    return path


def read_report(path: Path) -> Report:
    """The report in ``path``, a run folder or an audit.json; RunFolderError when it is missing or damaged."""
    file = path / AUDIT if path.is_dir() else path
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RunFolderError(f"{file} cannot be read ({error}): give the folder of a finished audit.") from error
    try:
        return report_type().validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the top"
        raise RunFolderError(
            f"{file} is not an audit.json of this version of Assay ({place}: {first['msg']}): run the audit again."
        ) from error
