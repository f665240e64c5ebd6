"""What the terms of one licence mean for a use: permissions, thresholds, territory and duties."""

from collections.abc import Iterator
from dataclasses import dataclass

from audit.licensing.facts import ANY, Licence, Permission, Threshold
from audit.licensing.verdict import (
    COMMERCIAL,
    NON_COMMERCIAL,
    REDISTRIBUTE,
    RESEARCH,
    SAAS,
    LicenceFinding,
    Use,
    Verdict,
)

EU = frozenset("AT BE BG HR CY CZ DE DK EE ES FI FR GR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split())  # noqa: SIM905
ASK = "Ask the rights holder for a licence that allows it, or use another model."


@dataclass(frozen=True, slots=True)
class Licensed:
    """What a licence covers ("this model", "the base model X"), the proof, and whether it was changed."""

    subject: str
    evidence: str
    modified: bool = False


def judge_terms(licence: Licence, what: Licensed, use: Use) -> list[LicenceFinding]:
    """Findings on one licence; a single OK one when nothing stands in the way and nothing is asked for."""
    found = [
        *_unverified(licence, what),
        *_commercial(licence, what, use),
        *_permission(licence.redistribute, "L1-no-redistribution", REDISTRIBUTE, licence, what, use),
        *_permission(licence.saas, "L1-no-service", SAAS, licence, what, use),
        *_territory(licence, what, use),
        *_thresholds(licence, what, use),
        *_duties(licence, what, use),
    ]
    purposes = ", ".join(sorted(use.purposes))
    allowed = f"{licence.name} allows this use ({purposes}) and asks for nothing in return."
    return found or [
        LicenceFinding(
            Verdict.OK, "L1-permitted", what.subject, allowed, licence.commercial.clause, "", what.evidence
        )
    ]


def _unverified(licence: Licence, what: Licensed) -> Iterator[LicenceFinding]:
    if licence.confidence != "verified":
        yield LicenceFinding(
            Verdict.REVIEW,
            "L0-unverified",
            what.subject,
            f"What Assay knows of {licence.name} was not read in its text ({licence.confidence}).",
            remedy=f"Read the licence at {licence.source}.",
            evidence=what.evidence,
        )


def _commercial(licence: Licence, what: Licensed, use: Use) -> Iterator[LicenceFinding]:
    terms, said = licence.commercial, f": {licence.commercial.text}" if licence.commercial.text else ""
    if terms.answer == "yes" or (COMMERCIAL not in use.purposes and use.purposes & {RESEARCH, NON_COMMERCIAL}):
        return
    if terms.answer == "no" and COMMERCIAL in use.purposes:
        message, verdict, remedy = f"{licence.name} does not allow commercial use{said}.", Verdict.CONFLICT, ASK
    elif terms.answer == "no":
        message = (
            f"{licence.name} does not allow commercial use{said}. Whether this use is commercial was not said."
        )
        verdict, remedy = Verdict.REVIEW, "Add commercial, non-commercial or research to the use."
    else:
        message = f"{licence.name} allows commercial use under conditions{said}."
        verdict, remedy = Verdict.REVIEW, "Read the clause and check that the conditions are met."
    yield LicenceFinding(verdict, "L1-noncommercial", what.subject, message, terms.clause, remedy, what.evidence)


def _permission(
    terms: Permission, rule: str, purpose: str, licence: Licence, what: Licensed, use: Use
) -> Iterator[LicenceFinding]:
    if purpose not in use.purposes or terms.answer == "yes":
        return
    said = f": {terms.text}" if terms.text else ""
    if terms.answer == "no":
        message, verdict, remedy = f"{licence.name} does not allow it to {purpose}{said}.", Verdict.CONFLICT, ASK
    else:
        message = f"{licence.name} allows it to {purpose} under conditions{said}."
        verdict, remedy = Verdict.REVIEW, "Read the clause and check that the conditions are met."
    yield LicenceFinding(verdict, rule, what.subject, message, terms.clause, remedy, what.evidence)


def _territory(licence: Licence, what: Licensed, use: Use) -> Iterator[LicenceFinding]:
    for region in licence.territory:
        if region.only_multimodal and use.multimodal is False:
            continue
        if not use.region:
            verdict, remedy = Verdict.REVIEW, "State the region in which the licensee has its seat."
        elif not _within(use.region, region.excluded):
            continue
        elif region.only_multimodal and use.multimodal is None:
            verdict, remedy = Verdict.REVIEW, "Check whether the model takes or gives more than text."
        else:
            verdict, remedy = Verdict.CONFLICT, ASK
        message = f"{licence.name}: {region.text}."
        yield LicenceFinding(verdict, "L3-territory", what.subject, message, region.clause, remedy, what.evidence)


def _within(region: str, excluded: str) -> bool:
    return region.upper() == excluded or (excluded == "EU" and region.upper() in EU)


def _thresholds(licence: Licence, what: Licensed, use: Use) -> Iterator[LicenceFinding]:
    for limit in licence.thresholds:
        verdict = _reached(limit, use)
        if verdict is None:
            continue
        remedy = (
            ASK
            if verdict == Verdict.CONFLICT
            else "Make sure that this does not apply to you, and keep the proof."
        )
        message = f"{licence.name}: {limit.text}."
        yield LicenceFinding(verdict, "L4-threshold", what.subject, message, limit.clause, remedy, what.evidence)


def _reached(limit: Threshold, use: Use) -> Verdict | None:
    """CONFLICT beyond the limit, None below it; a duty to check where the figure was not stated."""
    figure = use.monthly_active_users if limit.metric == "monthly_active_users" else None
    if figure is None:
        return Verdict.OBLIGATIONS
    return Verdict.CONFLICT if figure > limit.limit else None


def _duties(licence: Licence, what: Licensed, use: Use) -> Iterator[LicenceFinding]:
    for duty in licence.obligations:
        due = ANY in duty.when or use.purposes & set(duty.when)
        if not due or (duty.modified and not what.modified):
            continue
        text = duty.text
        if duty.kind == "aup" and licence.banned:
            text += f" (among what it bans: {', '.join(ban.field for ban in licence.banned)})"
        yield LicenceFinding(
            Verdict.OBLIGATIONS,
            f"O-{duty.kind}",
            what.subject,
            f"{licence.name}: {text}.",
            duty.clause,
            f"{duty.text[0].upper()}{duty.text[1:]}.",
            what.evidence,
        )
