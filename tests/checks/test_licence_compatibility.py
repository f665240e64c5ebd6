"""licence.compatibility: a forbidden use fails, an allowed one passes, ignorance does neither."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from audit.checks.licence.compatibility import CHECKS, LicenceCompatibility
from audit.errors import CheckError
from audit.judge import decide
from audit.options import configure
from audit.record import Measurement, Observation, Outcome, Requirement
from audit.target.target import Declaration, ModelKind, Scan, Target

NO_CONFLICTS = Requirement("licence.compatibility", "conflicts", high=0)


def target(*licences: str, bases: tuple[str, ...] = (), architecture: str = "LlamaForCausalLM") -> Target:
    return Target(
        "m",
        "m",
        Path("m"),
        ModelKind.CAUSAL_LM,
        "transformers",
        "0",
        (),
        Scan(),
        architecture=architecture,
        licences=tuple(Declaration(value, f"place {i}") for i, value in enumerate(licences)),
        bases=tuple(Declaration(value, "README.md: base_model", "finetune") for value in bases),
    )


def measured(check: LicenceCompatibility, model: Target) -> dict[str, Measurement]:
    observations = list(check.probe(model))
    assert len({each.item for each in observations}) == len(observations)
    again = [Observation(**each) for each in json.loads(json.dumps([asdict(each) for each in observations]))]
    assert list(check.measure(again)) == list(check.measure(observations))
    assert list(check.probe(model)) == observations
    return {each.metric: each for each in check.measure(observations)}


def judged(model: Target, *use: str, **options: object) -> tuple[Measurement, Outcome]:
    found = measured(LicenceCompatibility(use=use, **options), model)["conflicts"]  # type: ignore[arg-type]
    return found, decide(NO_CONFLICTS, found)[0]


def test_a_planted_conflict_fails() -> None:
    found, outcome = judged(target("cc-by-nc-4.0"), "commercial", "saas")
    assert found.value == 1.0
    assert found.interval is not None
    assert found.interval.low == 1.0
    assert found.evidence[0] == "L1-noncommercial/1"
    assert outcome == Outcome.FAILED


def test_an_allowed_use_passes() -> None:
    found, outcome = judged(target("apache-2.0"), "commercial", "saas")
    assert (found.value, found.n, found.n_clusters, found.missing, found.unit) == (0.0, 1, 1, 0, "finding")
    assert outcome == Outcome.PASSED


def test_duties_pass_and_are_listed() -> None:
    check = LicenceCompatibility(use=("commercial", "redistribute"))
    found = measured(check, target("apache-2.0"))
    assert decide(NO_CONFLICTS, found["conflicts"])[0] == Outcome.PASSED
    assert found["obligations"].value == 3.0
    assert "O-licence_copy (4(a))" in found["conflicts"].note
    detail = next(iter(check.probe(target("apache-2.0")))).detail
    assert set(detail) == {"rule", "verdict", "subject", "clause", "message", "remedy", "evidence"}
    assert detail["evidence"] == "place 0"


def test_no_use_is_no_number() -> None:
    found = measured(LicenceCompatibility(), target("apache-2.0"))
    assert {each.value for each in found.values()} == {None}
    assert "--use" in found["conflicts"].reason
    assert set(found) == {metric.name for metric in CHECKS[0].metrics}


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (target("apache-2.0", bases=("meta-llama/Llama-3.1-8B",)), "made from meta-llama/Llama-3.1-8B"),
        (target("openrail"), "family of licences"),
        (target("something-else"), "no facts"),
        (target(), "No licence is declared"),
    ],
)
def test_what_is_unknown_is_no_number(model: Target, why: str) -> None:
    found, outcome = judged(model, "commercial")
    assert found.value is None
    assert why in found.reason
    assert found.missing == 1
    assert outcome == Outcome.UNTESTED


def test_contradictions_are_inconclusive() -> None:
    found, outcome = judged(target("apache-2.0", "mit"), "commercial")
    assert found.value == 0.0
    assert "contradict" in found.reason
    assert outcome == Outcome.INCONCLUSIVE


def test_a_certain_conflict_fails_whatever_else_is_unknown() -> None:
    found, outcome = judged(target("cc-by-nc-4.0", "mystery", bases=("x/y",)), "commercial")
    assert found.value == 1.0
    assert outcome == Outcome.FAILED


def test_no_licence_at_all_fails_when_shared() -> None:
    assert judged(target(), "redistribute")[1] == Outcome.FAILED


def test_the_licence_of_a_base_model_can_be_stated() -> None:
    model = target("apache-2.0", bases=("meta-llama/Llama-3.1-8B",))
    found, outcome = judged(model, "redistribute", base_licences=("meta-llama/Llama-3.1-8B=llama3.1",))
    assert outcome == Outcome.FAILED
    assert any(item.startswith("R1-terms-dropped") for item in found.evidence)
    allowed = judged(target("apache-2.0", bases=("x/y",)), "commercial", base_licences=("X/Y = mit",))
    assert allowed[1] == Outcome.PASSED


def test_a_text_model_is_not_held_to_rules_for_multimodal_ones() -> None:
    assert judged(target("llama3.2"), "internal", region="DE")[1] == Outcome.PASSED
    unsure = target("llama3.2", architecture="MllamaForConditionalGeneration")
    assert judged(unsure, "internal", region="DE")[1] == Outcome.INCONCLUSIVE


def test_unknown_uses_are_refused_with_a_hint() -> None:
    with pytest.raises(CheckError, match='no use "comercial": did you mean commercial'):
        LicenceCompatibility(use=("comercial",))
    with pytest.raises(CheckError, match="choose from commercial"):
        replace(LicenceCompatibility(), use=("zzz",))
    with pytest.raises(CheckError, match="give one of the two"):
        LicenceCompatibility(use=("commercial", "non-commercial"))
    with pytest.raises(CheckError, match='write "base model=licence"'):
        LicenceCompatibility(base_licences=("x/y",))


def test_options_as_text() -> None:
    check = configure(CHECKS[0], {"use": "commercial, saas", "base_licences": "a/b=mit,c/d=apache-2.0"})
    assert isinstance(check, LicenceCompatibility)
    assert check.use == ("commercial", "saas")
    assert check.base_licences == ("a/b=mit", "c/d=apache-2.0")


def test_no_observations_is_no_number() -> None:
    for check in (LicenceCompatibility(), LicenceCompatibility(use=("commercial",))):
        found = list(check.measure([]))
        assert [each.value for each in found] == [None, None]
        assert all(each.reason for each in found)
