"""Whether the licence of a model leaves standing what the licence of its base model asks for."""

from collections.abc import Callable, Iterator

from audit.licensing.expressions import Expression
from audit.licensing.facts import Licence
from audit.licensing.terms import Licensed
from audit.licensing.verdict import REDISTRIBUTE, SAAS, LicenceFinding, Use, Verdict

RULES = {
    "accompany": ("R1-terms-dropped", "its terms stay on whatever contains the weights"),
    "flow-down": ("R2-flowdown-dropped", "its use restrictions must be carried along"),
    "same": ("R3-copyleft", "what is made from it must be under the same or a compatible licence"),
    "none": ("R4-no-derivatives", "changed versions may not be passed on"),
}


def judge_relicensing(
    result: Expression, base: Licence, what: Licensed, relation: str, use: Use
) -> Iterator[LicenceFinding]:
    """Findings on a base model's licence against the model's own expression, in which every licence is known."""
    handed_on = REDISTRIBUTE in use.purposes or (SAAS in use.purposes and base.relicense.answer == "flow-down")
    if not handed_on:
        return
    if base.relicense.answer in RULES:
        verdict = _verdict(result, base, relation)
        if verdict != Verdict.OK:
            rule, why = RULES[base.relicense.answer]
            yield _finding(verdict, rule, base, what, result, why, base.relicense.clause)
    if base.commercial.answer == "no" and not always(result, lambda licence: licence.commercial.answer == "no"):
        why = "it does not allow commercial use, which the model's own licence grants"
        yield _finding(Verdict.CONFLICT, "R6-nc-dropped", base, what, result, why, base.commercial.clause)


def _verdict(result: Expression, base: Licence, relation: str) -> Verdict:
    terms = base.relicense
    if terms.answer == "none":
        # Creative Commons 2(a)(4): a change of format alone adapts nothing; whether quantising is one is open.
        return Verdict.REVIEW if relation == "quantized" else Verdict.CONFLICT
    if always(result, lambda licence: licence.id == base.id or licence.id in terms.compatible):
        return Verdict.OK
    similar = terms.answer == "flow-down" and always(
        result, lambda licence: licence.relicense.answer == "flow-down"
    )
    return Verdict.REVIEW if similar else Verdict.CONFLICT


def always(expression: Expression, fits: Callable[[Licence], bool]) -> bool:
    """Whether a fitting licence applies whichever alternative a recipient takes."""
    if expression.operator == "AND":
        return any(always(part, fits) for part in expression.parts)
    if expression.operator == "OR":
        return all(always(part, fits) for part in expression.parts)
    licence = expression.licence
    return licence is not None and fits(licence)


def _finding(
    verdict: Verdict, rule: str, base: Licence, what: Licensed, result: Expression, why: str, clause: str
) -> LicenceFinding:
    return LicenceFinding(
        verdict,
        rule,
        what.subject,
        f"{what.subject} is under {base.name}: {why}; this model is declared {result}.",
        clause,
        f"Release under terms that keep those of {base.id}, or start from another base model.",
        what.evidence,
    )
