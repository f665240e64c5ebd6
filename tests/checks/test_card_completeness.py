"""card.completeness: an empty template scores near 0, a filled card 1, and a broken one has no number."""

import json
import re
import time
from dataclasses import asdict
from pathlib import Path

import pytest
from huggingface_hub import ModelCard, ModelCardData

from audit.checks.card.completeness import CHECKS, CardCompleteness
from audit.checks.card.sections import content, heading_words, sections_of
from audit.record import Measurement, Observation
from audit.target.card import read_card
from audit.target.target import Card, File, ModelKind, Scan, Target

METADATA = """---
license: apache-2.0
language: [en, sw]
pipeline_tag: text-generation
library_name: transformers
datasets: [org/data]
---
"""
SECTIONS = {
    "model-description": "### Model Description\n\nA small language model.\n\n- **Developed by:** Ann\n",
    "direct-use": "### Direct Use\n\nSummaries of minutes of meetings.\n",
    "out-of-scope-use": "### Out-of-Scope Use\n\nMedical or legal advice.\n",
    "bias-risks-limitations": "## Bias, Risks, and Limitations\n\nIt knows little Swahili.\n",
    "recommendations": "### Recommendations\n\nHave people read its answers.\n",
    "get-started": "## How to Get Started with the Model\n\n```python\n# load\npipeline('fill-mask')\n```\n",
    "training-data": "### Training Data\n\nMinutes of the city council.\n",
    "training-procedure": "### Training Procedure\n\n#### Training Hyperparameters\n\nfp32, three epochs\n",
    "testing-data": "#### Testing Data\n\nMinutes of another year.\n",
    "factors": "#### Factors\n\nlanguage and district\n",
    "metrics": "#### Metrics\n\naccuracy, because errors cost alike\n",
    "results": "### Results\n\n| accuracy |\n|---|\n| 0.91 |\n",
    "environmental-impact": "## Environmental Impact\n\nTwo kilowatt hours.\n",
    "contact": "## Model Card Contact\n\nann@example.org\n",
}


def target(folder: Path, text: str | None) -> Target:
    card: Card | None = None
    if text is not None:
        (folder / "README.md").write_text(text)
        card = read_card(folder, [File("README.md", 0, "")])
    return Target("m", "m", folder, ModelKind.CAUSAL_LM, "transformers", "0", (), Scan(), card=card)


def measured(model: Target) -> tuple[Measurement, dict[str, Observation]]:
    observations = list(CardCompleteness().probe(model))
    again = [Observation(**each) for each in json.loads(json.dumps([asdict(each) for each in observations]))]
    (found,) = CardCompleteness().measure(observations)
    assert list(CardCompleteness().measure(again)) == [found]
    assert len(observations) == 20
    return found, {str(each.detail["field"]): each for each in observations}


def test_a_filled_card_is_complete(tmp_path: Path) -> None:
    found, fields = measured(target(tmp_path, METADATA + "# Model\n\n" + "\n".join(SECTIONS.values())))
    assert found.value == 1.0, found.note
    assert (found.n, found.n_clusters, found.missing, found.unit) == (20, 20, 0, "field")
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == (1.0, 1.0)
    assert found.note == ""
    assert fields["developers"].detail["found"] == "developed by Ann"


@pytest.mark.parametrize("field", SECTIONS)
def test_each_section_that_is_left_out_counts(tmp_path: Path, field: str) -> None:
    rest = [text for name, text in SECTIONS.items() if name != field]
    found, fields = measured(target(tmp_path, METADATA + "\n".join(rest)))
    assert fields[field].score == 0.0
    assert fields[field].detail["why"] == "There is no such section."
    expected = 0.9 if field == "model-description" else 0.95  # its section names the developers as well
    assert found.value == pytest.approx(expected)
    assert f"section/{field}" in found.evidence
    assert field in found.note


EMPTY = [
    "",
    "[More Information Needed]",
    "TODO: write this",
    "<!-- to be written by the team -->",
    "N/A",
    "Coming soon!",
]


@pytest.mark.parametrize("filling", EMPTY)
def test_placeholders_count_as_absent(tmp_path: Path, filling: str) -> None:
    text = "\n".join(
        re.sub(r"\n\n.*", f"\n\n{filling}\n", section, flags=re.DOTALL) for section in SECTIONS.values()
    )
    found, fields = measured(target(tmp_path, METADATA + text))
    assert found.value == pytest.approx(5 / 20)
    assert fields["direct-use"].detail["why"] == "The section is empty or a placeholder."


def test_the_untouched_template_of_the_hub_says_nothing(tmp_path: Path) -> None:
    card = ModelCard.from_template(ModelCardData())
    found, _ = measured(target(tmp_path, str(card)))
    assert found.value == 0.0


def test_the_filled_template_of_the_hub_is_read(tmp_path: Path) -> None:
    words = "Something that was really written down."
    names = re.findall(r"\{\{\s*(\w+)", Path(ModelCard.default_template_path).read_text())
    facts = ModelCardData(
        license="mit", language="en", pipeline_tag="fill-mask", library_name="transformers", datasets=["a/b"]
    )
    card = ModelCard.from_template(facts, **{name: words for name in names if name != "card_data"})
    found, _ = measured(target(tmp_path, str(card)))
    assert found.value == 1.0, found.note


def test_no_card_is_an_observed_zero(tmp_path: Path) -> None:
    found, fields = measured(target(tmp_path, None))
    assert found.value == 0.0
    assert found.reason == ""
    assert {each.detail["why"] for each in fields.values()} == {"There is no README.md."}
    assert fields["factors"].detail["role"] == "sociotechnic"


def test_a_broken_front_matter_leaves_no_number(tmp_path: Path) -> None:
    found, fields = measured(target(tmp_path, METADATA.replace("[en, sw]", "[en") + "\n".join(SECTIONS.values())))
    assert found.value is None
    assert found.missing == 5
    assert found.n == 15
    assert "cannot be read (line" in found.reason
    assert fields["license"].score is None
    assert fields["direct-use"].score == 1.0


@pytest.mark.parametrize(
    ("licence", "present"),
    [
        ("mit", True),
        ("openrail", True),
        ("WTFPL", True),
        ("other", False),
        ("other\nlicense_name: my-terms", True),
        ("unknown", False),
        ("my-licence", False),
        ("[more information needed]", False),
        ("''", False),
    ],
)
def test_the_licence_must_be_one_that_is_known(tmp_path: Path, licence: str, present: bool) -> None:
    _, fields = measured(target(tmp_path, METADATA.replace("apache-2.0", licence)))
    assert fields["license"].score == float(present)
    assert bool(fields["license"].detail["why"]) != present


@pytest.mark.parametrize(
    ("language", "present"), [("en", True), ("zh-Hans", True), ("English please", False), ("5", False)]
)
def test_languages_are_codes(tmp_path: Path, language: str, present: bool) -> None:
    _, fields = measured(target(tmp_path, METADATA.replace("[en, sw]", language)))
    assert fields["language"].score == float(present)


def test_a_section_does_not_borrow_from_its_neighbours(tmp_path: Path) -> None:
    _, fields = measured(target(tmp_path, "## Uses\n\n### Out-of-Scope Use\n\nMedical or legal advice.\n"))
    assert fields["out-of-scope-use"].score == 1.0
    assert fields["direct-use"].score == 0.0


def test_headings_in_code_are_none() -> None:
    assert [each.heading for each in sections_of("# A\n```\n# B\n```\n~~~~\n# C\n~~~\n# D\n~~~~\n# E")] == [
        "a",
        "e",
    ]


def test_kinds_of_headings() -> None:
    text = (
        "A title\n=======\n\nSub\n---\n<h3>Third &amp; more</h3>\n**Bold:**\n#### 2. [Link](x) [optional] ##\n#no"
    )
    found = [(each.level, each.heading) for each in sections_of(text)]
    assert found == [(1, "a title"), (2, "sub"), (3, "third and amp more"), (7, "bold"), (4, "link")]
    assert heading_words("🎯 Bias, Risks & Limitations") == "bias risks and limitations"


def test_content_in_any_script_counts() -> None:
    assert content("会议记录摘要用于内部参考") != ""
    assert content("- - -\n***\n![picture](x.png)") == ""


def test_no_observations_is_no_number() -> None:
    (found,) = CHECKS[0].measure([])
    assert found.value is None
    assert found.reason


@pytest.mark.parametrize(
    "text",
    [
        "{{" * 400_000,
        "![" * 400_000,
        "# " + "#" * 800_000 + "x",
        "# " + "[" * 800_000,
        "\n" * 900_000,
        "# uses\n" * 90_000,
    ],
)
def test_hostile_text_ends_quickly(tmp_path: Path, text: str) -> None:
    started = time.process_time()
    found, _ = measured(target(tmp_path, "# Uses\n" + text))
    assert found.value is not None
    assert time.process_time() - started < 5
