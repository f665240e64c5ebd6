"""Whether a model's declared licences, and those of what it was made from, go together with what it is meant for.

The first part of a longer procedure: licences are resolved, expressions folded; permissions, thresholds, territory
and duties are judged for the model and for base models whose licence is stated, and relicensing between them.
Training data, outputs of other models and code are not judged. Not legal advice: a finding's clause decides.
"""

from collections.abc import Iterator, Mapping, Sequence

from audit.licensing.expressions import Expression, parse_licence
from audit.licensing.facts import identifiers
from audit.licensing.relicensing import always, judge_relicensing
from audit.licensing.terms import Licensed, judge_terms
from audit.licensing.verdict import REDISTRIBUTE, SAAS, Declared, LicenceFinding, LicenceVerdict, Use, Verdict

MODEL = "this model"
WHOLE, ALTERED, TITLE = "text", "altered", "title"
"""What a licence file's identification rests on; the same words as in the room that read the file."""


def judge_use(
    licences: Sequence[Declared],
    bases: Sequence[Declared],
    use: Use,
    base_licences: Mapping[str, str] | None = None,
) -> LicenceVerdict:
    """Judge a use of a model by what its makers declared.

    ``base_licences`` gives the licences of base models, which their own files state and this model's do not.
    Verdicts: OK < OBLIGATIONS < REVIEW < UNKNOWN < CONFLICT; the worst wins, and absent knowledge is never OK.
    """
    own = _resolved(licences)
    result = _all_of(list(dict.fromkeys(own.values())))
    found = [*_doubts(licences, own, use)]
    for expression in dict.fromkeys(own.values()):
        evidence = ", ".join(declared.evidence for declared, same in own.items() if same == expression)
        found += judge_expression(expression, Licensed(MODEL, evidence, modified=bool(bases)), use)
    found += _judge_bases(bases, base_licences or {}, result, use)
    return LicenceVerdict(tuple(dict.fromkeys(found)))


def judge_expression(expression: Expression, what: Licensed, use: Use) -> list[LicenceFinding]:
    """Findings on an expression: all of them for AND, those of the best alternative for OR."""
    if expression.operator == "OR":
        alternatives = [(part, judge_expression(part, what, use)) for part in expression.parts]
        part, found = min(alternatives, key=lambda each: max(finding.verdict for finding in each[1]))
        chosen = f"Of {expression} the alternative {part} was taken, which fits this use best."
        return [LicenceFinding(Verdict.OK, "L0-choice", what.subject, chosen, evidence=what.evidence), *found]
    if expression.operator == "AND":
        return [finding for part in expression.parts for finding in judge_expression(part, what, use)]
    licence = expression.licence
    return [_unresolved(expression.identifier, what)] if licence is None else judge_terms(licence, what, use)


def _resolved(licences: Sequence[Declared]) -> dict[Declared, Expression]:
    """What each declaration stands for, without placeholders ("other") where a licence was found elsewhere."""
    named = {each: parse_licence(each.value) for each in licences}
    known = {each: found for each, found in named.items() if not _is_placeholder(each)}
    # A licence file with unknown words binds all the same: only a metadata field may be a mere placeholder.
    files = {each: found for each, found in named.items() if _is_placeholder(each) and each.relation}
    return (known | files) or named


def _is_placeholder(declared: Declared) -> bool:
    return declared.value.casefold() in identifiers().placeholders


def _all_of(expressions: Sequence[Expression]) -> Expression:
    return expressions[0] if len(expressions) == 1 else Expression("AND", parts=tuple(expressions))


def _doubts(
    licences: Sequence[Declared], own: Mapping[Declared, Expression], use: Use
) -> Iterator[LicenceFinding]:
    """What is doubtful about the declarations themselves: none, contradicting ones, licence files that differ."""
    if not licences:
        shared = bool(use.purposes & {REDISTRIBUTE, SAAS})
        yield LicenceFinding(
            Verdict.CONFLICT if shared else Verdict.UNKNOWN,
            "L0-no-licence",
            MODEL,
            "No licence is declared anywhere, so that all rights are reserved.",
            remedy="Ask its makers for a licence; a maker declares one in README.md and adds the LICENSE file.",
        )
    if len(set(own.values())) > 1:
        stated = "; ".join(f"{expression} ({each.evidence})" for each, expression in own.items())
        yield LicenceFinding(
            Verdict.REVIEW,
            "L0-intra-model",
            MODEL,
            f"The declarations contradict each other: {stated}. All of them were judged.",
            remedy="Find out which one holds, and correct the others.",
            evidence=", ".join(each.evidence for each in own),
        )
    yield from (_doubtful_text(each, own) for each in own if _is_doubtful(each, own))


def _is_doubtful(declared: Declared, own: Mapping[Declared, Expression]) -> bool:
    agreed = any(other != declared and own[other] == own[declared] for other in own)
    known = own[declared].licence is not None
    return known and (declared.relation == ALTERED or (declared.relation == TITLE and not agreed))


def _doubtful_text(declared: Declared, own: Mapping[Declared, Expression]) -> LicenceFinding:
    altered = declared.relation == ALTERED
    how = "but its words are not those that Assay knows" if altered else "and nothing else names that licence"
    return LicenceFinding(
        Verdict.REVIEW,
        "L0-altered-text" if altered else "L0-title-only",
        MODEL,
        f"{declared.evidence} bears the title of {own[declared]}, {how}.",
        remedy="Read the file and compare it with the published text.",
        evidence=declared.evidence,
    )


def _unresolved(identifier: str, what: Licensed) -> LicenceFinding:
    if identifier.casefold() in identifiers().without_version:
        rule, why = "L0-no-version", f'"{identifier}" is a family of licences with different terms'
        remedy = "State the licence with its version."
    else:
        rule, why = "L0-unresolved", f'Assay has no facts on the licence "{identifier}"'
        remedy = "Read the licence; Assay cannot judge it."
    return LicenceFinding(Verdict.UNKNOWN, rule, what.subject, f"{why}.", remedy=remedy, evidence=what.evidence)


def _judge_bases(
    bases: Sequence[Declared], stated: Mapping[str, str], result: Expression, use: Use
) -> Iterator[LicenceFinding]:
    licences = {name.casefold(): (name, value) for name, value in stated.items()}
    declared = {base.value.casefold(): base for base in reversed(bases)}
    for name, base in reversed(declared.items()):
        if name not in licences:
            yield _unknown_base(base)
    for name, (given, value) in licences.items():
        relation = declared[name].relation if name in declared else ""
        evidence = (
            f"{declared[name].evidence}; licence stated by the user" if name in declared else "stated by the user"
        )
        yield from _judge_base(f"the base model {given}", value, evidence, relation, result, use)


def _judge_base(
    subject: str, value: str, evidence: str, relation: str, result: Expression, use: Use
) -> Iterator[LicenceFinding]:
    what = Licensed(subject, evidence, modified=True)
    expression = parse_licence(value)
    yield from judge_expression(expression, what, use)
    base = expression.licence
    if base is not None and always(result, lambda _: True):
        yield from judge_relicensing(result, base, what, relation, use)
    elif expression.parts:
        yield LicenceFinding(
            Verdict.REVIEW,
            "R0-expression",
            subject,
            f"Whether {result} keeps what {expression} asks for was not judged.",
            remedy="Compare the terms of the two.",
            evidence=evidence,
        )


def _unknown_base(base: Declared) -> LicenceFinding:
    how = f" ({base.relation})" if base.relation else ""
    return LicenceFinding(
        Verdict.UNKNOWN,
        "L0-base-unknown",
        f"the base model {base.value}",
        f"This model was made from {base.value}{how}, whose licence is not stated in its files.",
        remedy=f'Read it at its source and state it: base_licences = ["{base.value}=<licence>"], '
        "and so on for what that model was made from.",
        evidence=base.evidence,
    )
