"""Licence facts, expressions and judgements, with the cases an expert would try."""

import re
from collections.abc import Iterable

import pytest

from audit.licensing.compatibility import judge_use
from audit.licensing.expressions import Expression, is_identifier, parse_licence
from audit.licensing.facts import find_licence, identifiers, keys_of, licences
from audit.licensing.verdict import PURPOSES, LicenceVerdict, Use, Verdict
from audit.target.target import Declaration


def judge(
    declared: str | Iterable[str],
    *purposes: str,
    bases: dict[str, str] | None = None,
    relation: str = "finetune",
    **facts: object,
) -> LicenceVerdict:
    """``bases`` maps base models to their licence; "" leaves it unstated."""
    values = [declared] if isinstance(declared, str) else list(declared)
    stated = {name: value for name, value in (bases or {}).items() if value}
    return judge_use(
        [Declaration(value, f"place {i}") for i, value in enumerate(values)],
        [Declaration(name, "README.md: base_model", relation) for name in bases or {}],
        Use(frozenset(purposes), **facts),  # type: ignore[arg-type]
        stated,
    )


def rules(verdict: LicenceVerdict, at: Verdict | None = None) -> set[str]:
    return {finding.rule for finding in verdict.findings if at is None or finding.verdict == at}


# Facts


def test_facts_are_complete_and_agree_with_themselves() -> None:
    known = {licence.id for licence in licences()}
    assert len(known) == len(licences()) == 33
    for licence in licences():
        terms = (licence.commercial, licence.redistribute, licence.saas, licence.derivatives)
        assert all(each.answer in {"yes", "no", "conditional"} for each in terms), licence.id
        assert licence.relicense.answer in {"any", "same", "flow-down", "accompany", "none"}, licence.id
        assert set(licence.relicense.compatible) <= known, licence.id
        assert licence.confidence in {"verified", "reported", "memory"}, licence.id
        assert licence.source.startswith("https://"), licence.id
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", licence.read_on), licence.id
        for each in (*terms, licence.relicense, *licence.obligations, *licence.thresholds, *licence.banned):
            assert isinstance(each.clause, str), licence.id
            assert each.clause, licence.id
        for duty in licence.obligations:
            assert duty.when, licence.id
            assert set(duty.when) <= {*PURPOSES, "any"}, licence.id


def test_no_spelling_means_two_licences() -> None:
    owners: dict[str, str] = {}
    for licence in licences():
        for key in keys_of(licence):
            assert owners.setdefault(key, licence.id) == licence.id, key


HUB = """
apache-2.0 mit bsd-2-clause bsd-3-clause cc0-1.0 cc-by-4.0 cc-by-sa-4.0 cc-by-nc-4.0 cc-by-nc-sa-4.0 cc-by-nd-4.0
cc-by-nc-nd-4.0 gpl-3.0 agpl-3.0 lgpl-3.0 mpl-2.0 unlicense bigscience-openrail-m creativeml-openrail-m openrail++
bigscience-bloom-rail-1.0 bigcode-openrail-m llama2 llama3 llama3.1 llama3.2 llama3.3 llama4 gemma openmdw-1.0
cdla-permissive-2.0
"""


@pytest.mark.parametrize("hub", HUB.split())
def test_identifiers_of_the_hub_have_facts(hub: str) -> None:
    assert find_licence(hub) is not None
    assert find_licence(hub.upper()) is find_licence(hub)
    assert is_identifier(hub)


@pytest.mark.parametrize(
    "value", ["openrail", "bsd", "cc", "gpl", "lgpl", "gfdl", "wtfpl", "artistic-2.0", "intel-research"]
)
def test_identifiers_without_facts_are_still_identifiers(value: str) -> None:
    assert is_identifier(value)
    assert find_licence(value) is None


@pytest.mark.parametrize("value", ["other", "unknown", "", "my-licence", "free for all"])
def test_what_is_no_identifier(value: str) -> None:
    assert not is_identifier(value)


def test_families_and_placeholders_have_no_facts() -> None:
    listed = identifiers()
    assert not any(find_licence(each) for each in listed.placeholders | listed.without_version)


# Expressions


def test_expressions() -> None:
    assert parse_licence("apache-2.0") == Expression(identifier="Apache-2.0")
    assert str(parse_licence("mit OR apache-2.0")) == "Apache-2.0 OR MIT"
    assert parse_licence("MIT OR Apache-2.0") == parse_licence("(apache-2.0 or mit)")
    assert (
        str(parse_licence("llama3.1 AND (CC-BY-NC-4.0 OR mit)")) == "(CC-BY-NC-4.0 OR MIT) AND LicenseRef-llama3.1"
    )
    assert parse_licence("MIT AND mit") == Expression(identifier="MIT")
    assert parse_licence("no such thing").licence is None
    for hostile in ("AND", "MIT AND", "(" * 200 + " AND ", "MIT OR OR MIT", "a AND \x00"):
        assert parse_licence(hostile).licence is None


# Cases: declared licence, purposes, base models, verdict, rules that must be named

CASES = [
    ("apache-2.0", "commercial saas", {}, "OK", ""),
    (
        "cc-by-nc-4.0",
        "non-commercial redistribute",
        {"b": "apache-2.0"},
        "OBLIGATIONS",
        "O-licence_copy O-changes",
    ),
    ("cc-by-nc-4.0", "internal commercial", {}, "CONFLICT", "L1-noncommercial"),
    ("apache-2.0", "redistribute commercial", {"b": "llama3.1"}, "CONFLICT", "R1-terms-dropped O-naming"),
    (
        "llama3.1",
        "redistribute",
        {"b": "llama3.1"},
        "OBLIGATIONS",
        "O-display O-notice_file O-licence_copy O-naming",
    ),
    ("mit", "redistribute", {"b": "gemma"}, "CONFLICT", "R2-flowdown-dropped"),
    ("mit", "saas", {"b": "gemma"}, "CONFLICT", "R2-flowdown-dropped"),
    ("mit", "redistribute", {"b": "bigscience-openrail-m"}, "CONFLICT", "R2-flowdown-dropped"),
    ("llama3.1", "commercial", {"a": "llama3.1", "b": "cc-by-nc-4.0"}, "CONFLICT", "L1-noncommercial"),
    ("apache-2.0", "non-commercial redistribute", {"b": "cc-by-nc-4.0"}, "CONFLICT", "R6-nc-dropped"),
    ("llama3.1 AND CC-BY-NC-4.0", "non-commercial redistribute", {"b": "llama3.1"}, "OBLIGATIONS", "O-naming"),
    ("mit", "redistribute", {"b": "llama3.1"}, "CONFLICT", "R1-terms-dropped O-naming"),
    ("other", "commercial", {}, "UNKNOWN", "L0-unresolved"),
    ("openrail", "research", {}, "UNKNOWN", "L0-no-version"),
    ("qwen-research", "research", {}, "UNKNOWN", "L0-unresolved"),
    ("GPL-3.0-only WITH Classpath-exception-2.0", "internal", {}, "UNKNOWN", "L0-unresolved"),
    ("apache-2.0", "commercial", {"meta-llama/Llama-3.1-8B": ""}, "UNKNOWN", "L0-base-unknown"),
    ("apache-2.0", "commercial", {"b": "other"}, "UNKNOWN", "L0-unresolved"),
    ("mit", "redistribute", {"b": "gpl-3.0"}, "CONFLICT", "R3-copyleft"),
    ("gpl-3.0", "redistribute", {"b": "cc-by-sa-4.0"}, "OBLIGATIONS", "O-source O-share_alike"),
    ("cc-by-nd-4.0", "redistribute", {"b": "cc-by-nd-4.0"}, "CONFLICT", "R4-no-derivatives"),
    ("agpl-3.0", "saas", {"b": "apache-2.0"}, "OBLIGATIONS", "O-network_source"),
    ("cc-by-nc-4.0", "redistribute", {}, "REVIEW", "L1-noncommercial"),
    ("cc-by-nc-4.0", "research internal", {}, "OK", ""),
    ("mit OR cc-by-nc-4.0", "commercial", {}, "OK", "L0-choice"),
    ("llama3.1 OR mit", "redistribute", {"b": "llama3.1"}, "CONFLICT", "R1-terms-dropped"),
    ("openmdw-1.1", "commercial", {}, "REVIEW", "L0-unverified"),
    ("creativeml-openrail-m", "redistribute", {"b": "bigscience-openrail-m"}, "REVIEW", "R2-flowdown-dropped"),
]


@pytest.mark.parametrize(("declared", "purposes", "bases", "verdict", "named"), CASES)
def test_cases(declared: str, purposes: str, bases: dict[str, str], verdict: str, named: str) -> None:
    found = judge(declared, *purposes.split(), bases=bases)
    assert found.verdict.name == verdict, found.findings
    assert set(named.split()) <= rules(found), rules(found)
    assert all(finding.message for finding in found.findings)
    assert all(finding.remedy for finding in found.findings if finding.verdict > Verdict.OK)
    assert all(
        finding.clause for finding in found.findings if finding.rule[0] in "ORL" and finding.rule[:2] != "L0"
    )


@pytest.mark.parametrize("purposes", [("redistribute",), ("saas",), ("commercial", "redistribute")])
def test_no_licence_is_a_conflict_when_shared_or_served(purposes: tuple[str, ...]) -> None:
    found = judge([], *purposes)
    assert found.verdict == Verdict.CONFLICT
    assert rules(found) == {"L0-no-licence"}


@pytest.mark.parametrize("purpose", ["commercial", "internal", "research", "non-commercial"])
def test_no_licence_is_unknown_otherwise(purpose: str) -> None:
    assert judge([], purpose).verdict == Verdict.UNKNOWN


def test_contradicting_declarations_need_review_and_are_all_judged() -> None:
    found = judge(["apache-2.0", "mit"], "commercial")
    assert found.verdict == Verdict.REVIEW
    assert rules(found, Verdict.REVIEW) == {"L0-intra-model"}
    assert judge(["apache-2.0", "cc-by-nc-4.0"], "commercial").verdict == Verdict.CONFLICT


def test_spellings_of_one_licence_do_not_contradict() -> None:
    assert judge(["apache-2.0", "Apache-2.0", "Apache License 2.0"], "commercial").verdict == Verdict.OK
    assert "L0-intra-model" not in rules(judge(["gpl-3.0", "GPL-3.0-or-later"], "redistribute"))


def texts(*declared: tuple[str, str]) -> LicenceVerdict:
    stated = [Declaration(value, f"place {i}", relation) for i, (value, relation) in enumerate(declared)]
    return judge_use(stated, [], Use(frozenset({"commercial"})))


def test_licence_files_count_by_what_they_rest_on() -> None:
    assert texts(("MIT", "text")).verdict == Verdict.OK
    assert rules(texts(("mit", ""), ("MIT", "altered")), Verdict.REVIEW) == {"L0-altered-text"}
    assert rules(texts(("LicenseRef-llama3", "title")), Verdict.REVIEW) == {"L0-title-only"}
    assert texts(("llama3", ""), ("LicenseRef-llama3", "title")).verdict == Verdict.OBLIGATIONS
    assert texts(("mit", ""), ("other", "title")).verdict == Verdict.UNKNOWN
    assert texts(("other", ""), ("MIT", "text")).verdict == Verdict.OK


def test_a_stated_licence_counts_for_a_base_that_is_not_declared() -> None:
    found = judge_use(
        [Declaration("mit", "README.md")], [], Use(frozenset({"redistribute"})), {"grandparent": "llama3.1"}
    )
    assert "R1-terms-dropped" in rules(found, Verdict.CONFLICT)


def test_thresholds() -> None:
    assert "L4-threshold" in rules(judge("llama3.1", "commercial"), Verdict.OBLIGATIONS)
    assert "L4-threshold" in rules(
        judge("llama3.1", "commercial", monthly_active_users=800_000_000), Verdict.CONFLICT
    )
    assert "L4-threshold" not in rules(judge("llama3.1", "commercial", monthly_active_users=1000))


def test_territory() -> None:
    assert judge("llama3.2", "internal").verdict == Verdict.REVIEW
    assert judge("llama3.2", "internal", region="DE", multimodal=True).verdict == Verdict.CONFLICT
    assert judge("llama3.2", "internal", region="EU").verdict == Verdict.REVIEW
    assert judge("llama3.2", "internal", region="EU", multimodal=False).verdict == Verdict.OBLIGATIONS
    assert judge("llama3.2", "internal", region="KE", multimodal=True).verdict == Verdict.OBLIGATIONS
    assert "L3-territory" not in rules(judge("llama3.1", "internal", region="DE", multimodal=True))


def test_a_quantised_version_of_a_no_derivatives_model_needs_review() -> None:
    found = judge("cc-by-nd-4.0", "redistribute", bases={"b": "cc-by-nd-4.0"}, relation="quantized")
    assert rules(found, Verdict.REVIEW) == {"R4-no-derivatives"}
    assert rules(found, Verdict.CONFLICT) == set()


def test_duties_of_a_changed_work_only_where_there_is_a_base() -> None:
    assert "O-naming" not in rules(judge("llama3.1", "redistribute"))
    assert "O-naming" in rules(judge("llama3.1", "redistribute", bases={"b": "llama3.1"}))


def test_nothing_looked_at_is_unknown() -> None:
    assert LicenceVerdict().verdict == Verdict.UNKNOWN


def test_the_same_question_gets_the_same_answer() -> None:
    first, second = (judge(["mit", "gemma"], "saas", bases={"b": "llama3.1", "c": ""}) for _ in range(2))
    assert first == second
