"""What licences are judged for, and what a judgement is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

COMMERCIAL, REDISTRIBUTE, SAAS = "commercial", "redistribute", "saas"
RESEARCH, INTERNAL, NON_COMMERCIAL = "research", "internal", "non-commercial"
PURPOSES: Mapping[str, str] = {
    COMMERCIAL: "for commercial advantage or monetary compensation",
    REDISTRIBUTE: "the weights, or a model made from them, are handed to others",
    SAAS: "others use the model over a network",
    RESEARCH: "non-commercial research",
    INTERNAL: "within the organisation only",
    NON_COMMERCIAL: "any other use that is not commercial",
}


class Verdict(IntEnum):
    """What can be said of a use, from best to worst; the worst finding decides."""

    OK = 0
    OBLIGATIONS = 1
    REVIEW = 2
    UNKNOWN = 3
    CONFLICT = 4


@dataclass(frozen=True, slots=True)
class Use:
    """What the model is meant for. ``region`` is where the licensee has its seat (an ISO 3166 code, or "EU")."""

    purposes: frozenset[str]
    region: str = ""
    monthly_active_users: int | None = None
    multimodal: bool | None = None


class Declared(Protocol):
    """A licence or base model as stated at one place; ``relation`` says how, where that matters."""

    @property
    def value(self) -> str: ...
    @property
    def evidence(self) -> str: ...
    @property
    def relation(self) -> str: ...


@dataclass(frozen=True, slots=True)
class LicenceFinding:
    """One thing to say about a licence: the rule, what it concerns, the clause, and what to do."""

    verdict: Verdict
    rule: str
    subject: str
    message: str
    clause: str = ""
    remedy: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class LicenceVerdict:
    """All findings, in the order found; there is always at least one."""

    findings: tuple[LicenceFinding, ...] = field(default_factory=tuple)

    @property
    def verdict(self) -> Verdict:
        """The worst of the findings; UNKNOWN where nothing was looked at."""
        return max((finding.verdict for finding in self.findings), default=Verdict.UNKNOWN)
