"""bias.language-parity: finds a language that is not handled, clears equals, needs a reference."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pytest
from scipy.stats import norm

from audit.checks.bias.language_parity import CHECKS, LanguageParity
from audit.errors import CheckError
from audit.languages.load import language_codes, load_language
from audit.record import Measurement, Observation
from audit.selftest.stand_ins.bias_language_parity import STAND_INS, gap


class Knows:
    """Tells ordinary from scrambled sentences in languages that it knows; the rest is equally likely."""

    def __init__(self, *codes: str) -> None:
        self.known = {sentence for code in codes for sentence in load_language(code).ordinary}
        self.calls = 0

    def log_likelihood(self, requests: Sequence[tuple[str, str]]) -> np.ndarray:
        self.calls += 1
        return np.array([5.0 * (text in self.known) - len(text) for _, text in requests])


def measured(check: LanguageParity, model: object) -> dict[tuple[str, str], Measurement]:
    found = list(check.measure(list(check.probe(model))))
    assert len({(m.metric, m.language) for m in found}) == len(found)
    return {(m.metric, m.language): m for m in found}


def test_a_model_that_knows_one_language_only_is_found_out_in_all_others():
    model = Knows("en")
    found = measured(LanguageParity(), model)
    assert model.calls == 1
    assert {code for metric, code in found if metric == "competence"} == set(language_codes())
    assert {code for metric, code in found if metric == "competence-gap"} == set(language_codes()) - {"en"}
    assert found["competence", "en"].value == 1.0
    for code in set(language_codes()) - {"en"}:
        m = found["competence-gap", code]
        assert (m.value, m.reason, m.unit) == (-1.0, "", "sentence")
        assert m.interval.high < -0.8
        assert m.n == len(load_language(code).ordinary) + 30
        assert m.evidence[0].startswith(f"{code}/competence/")


def test_a_model_that_knows_all_languages_is_cleared():
    found = measured(LanguageParity(), Knows(*language_codes()))
    gaps = [m for (metric, _), m in found.items() if metric == "competence-gap"]
    assert len(gaps) == 25
    for m in gaps:
        assert (m.value, m.reason) == (0.0, "")
        assert -0.15 < m.interval.low < 0 < m.interval.high
        # two shares of 30 sentences or so around one half, found with a power of 0.9
        fewer = min(m.n - len(load_language("en").ordinary), 30)
        quantiles = norm.ppf(0.975) + norm.ppf(0.9)
        assert m.smallest_detectable == pytest.approx(quantiles * (2 * 0.25 / fewer) ** 0.5)


def test_equals_ring_in_one_audit_of_twenty_and_a_planted_gap_is_found():
    check, (stand_in,) = LanguageParity(language=("sw",)), STAND_INS

    def audits(effect: float) -> list[Measurement]:
        runs = (check.measure(list(check.probe(gap(check, effect, seed)))) for seed in range(100))
        return [m for run in runs for m in run if m.metric == stand_in.metric]

    null, planted = audits(0.0), audits(-0.37)
    assert sum(not m.interval.low <= 0 <= m.interval.high for m in null) <= 8
    assert sum(m.interval.high < 0 and not m.reason for m in planted) >= 80
    assert np.mean([m.value for m in planted]) == pytest.approx(-0.37, abs=0.04)


def test_a_reference_that_is_not_handled_settles_nothing():
    found = measured(LanguageParity(language=("sw", "hi")), Knows("hi"))
    assert found["competence-gap", "sw"].value == 0.0
    assert found["competence-gap", "hi"].value == 1.0
    for code in ("sw", "hi"):
        assert found["competence-gap", code].reason == (
            "the model does not reliably tell well-formed from scrambled text in 'en'"
        )


def test_the_reference_is_an_option_and_is_asked_once():
    check = LanguageParity(language=("sw", "hi"), reference="hi")
    items = [o.item for o in check.probe(Knows("sw"))]
    assert len(items) == len(set(items)) == 29 + 30
    assert set(measured(check, Knows("hi", "sw"))) == {
        ("competence", "hi"),
        ("competence", "sw"),
        ("competence-gap", "sw"),
    }
    with pytest.raises(CheckError, match=r"reference cannot be 'tlh': choose from am, ar"):
        list(LanguageParity(reference="tlh").probe(Knows()))


def test_the_reference_alone_has_no_gap():
    found = measured(LanguageParity(language=("en",)), Knows("en"))
    assert found["competence", "en"].value == 1.0
    assert found["competence-gap", "en"].value is None
    assert "only the reference language 'en' was asked" in found["competence-gap", "en"].reason


class Fills:
    """A model that fills gaps and knows English."""

    def pseudo_log_likelihood(self, texts: Sequence[str]) -> np.ndarray:
        return Knows("en").log_likelihood([("", text) for text in texts])

    def fill(self, texts: Sequence[str], candidates: Sequence[str]) -> np.ndarray:
        raise AssertionError("not asked")


def test_a_model_that_fills_gaps_is_asked_too():
    found = measured(LanguageParity(language=("sw",)), Fills())
    assert (found["competence", "en"].value, found["competence-gap", "sw"].value) == (1.0, -1.0)


def test_golden_case():
    def seen(code: str, scores: list[float | None]) -> list[Observation]:
        return [
            Observation(
                f"{code}/competence/{i}", s, "competence", code, f"{code}/competence/{i}", reason="" if s else "x"
            )
            for i, s in enumerate(scores)
        ]

    observations = seen("en", [1.0] * 9 + [-1.0]) + seen("sw", [1.0] * 5 + [-2.0] * 5 + [None])
    found = {(m.metric, m.language): m for m in LanguageParity(language=("sw",)).measure(observations)}
    m = found["competence-gap", "sw"]
    assert m.value == pytest.approx(0.5 - 0.9)
    # Newcombe 1998, method 10: Wilson bounds (0.237, 0.763) of 5 / 10 and (0.596, 0.982) of 9 / 10
    assert (m.interval.low, m.interval.high) == pytest.approx(
        (-0.4 - np.hypot(0.5 - 0.2366, 0.9821 - 0.9), -0.4 + np.hypot(0.7634 - 0.5, 0.9 - 0.5958)), abs=1e-3
    )
    assert (m.n, m.missing) == (20, 1)
    assert found["competence", "sw"].missing == 1


def test_nothing_observed_is_no_number():
    found = list(LanguageParity().measure([]))
    assert [m.metric for m in found] == ["competence", "competence-gap"]
    assert all(m.value is None and m.interval is None and m.reason for m in found)
    observations = [o for o in LanguageParity(language=("sw", "hi")).probe(Knows("en")) if o.language != "hi"]
    silent = [m for m in LanguageParity(language=("sw", "hi")).measure(observations) if m.language == "hi"]
    assert [m.metric for m in silent] == ["competence", "competence-gap"]
    assert all(m.value is None and m.reason for m in silent)


def test_limit_is_nested_and_seeded_and_storing_changes_nothing():
    def items(**options: int) -> set[str]:
        return {o.item for o in LanguageParity(language=("sw",), **options).probe(Knows("en"))}

    assert len(items(limit=5)) == 10
    assert items(limit=5) < items(limit=9) < items()
    assert items(limit=5) != items(limit=5, seed=1)
    check = LanguageParity(language=("sw", "zh"), limit=12)
    observations = list(check.probe(Knows("en", "zh")))
    stored = [Observation(**o) for o in json.loads(json.dumps([asdict(o) for o in observations]))]
    assert list(check.measure(stored)) == list(check.measure(observations))
    assert (LanguageParity(),) == CHECKS
