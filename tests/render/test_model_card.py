"""The model card: what the Hub reads, what the maker wrote, and what nobody provided."""

import re
from dataclasses import replace
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard
from markdown_it import MarkdownIt

from audit.record import Measurement
from audit.render import maker_card, model_card
from audit.render.maker_card import quoted, sections
from audit.target.target import Card, Declaration, ModelKind
from tests.render.sample import EMPTY, FRAMES, GAPS, REPORT, TARGET

CARD = model_card.render(REPORT)
HEADINGS = (
    "## Model Details",
    "### Model Description",
    "### Model Sources",
    "## Uses",
    "### Direct Use",
    "### Downstream Use",
    "### Out-of-Scope Use",
    "## Bias, Risks, and Limitations",
    "### Recommendations",
    "## How to Get Started with the Model",
    "## Training Details",
    "### Training Data",
    "### Training Procedure",
    "#### Preprocessing",
    "#### Training Hyperparameters",
    "#### Speeds, Sizes, Times",
    "## Evaluation",
    "### Testing Data, Factors & Metrics",
    "#### Testing Data",
    "#### Factors",
    "#### Metrics",
    "### Results",
    "#### Summary",
    "## Societal Impact Assessment",
    "## Model Examination",
    "## Licence compatibility",
    "## Environmental Impact",
    "## Technical Specifications",
    "### Model Architecture and Objective",
    "### Compute Infrastructure",
    "#### Hardware",
    "#### Software",
    "## Citation",
    "## Glossary",
    "## More Information",
    "## Model Card Authors",
    "## Model Card Contact",
    "## How this card was produced",
)


def section(card: str, heading: str) -> str:
    """The text from a heading to the next one of any level."""
    return card.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0].strip()


def front(card: str) -> dict[str, Any]:
    data = yaml.safe_load(card.split("---\n")[1])
    assert isinstance(data, dict)
    return data


def test_the_headings_are_those_of_the_hub_in_their_order() -> None:
    rows = CARD.splitlines()
    assert [rows.index(heading) for heading in HEADINGS] == sorted(rows.index(h) for h in HEADINGS)
    assert rows.count("# Model Card for example/letter-helper") == 1


def test_the_hub_reads_the_metadata() -> None:
    data = ModelCard(CARD).data
    assert data.license == "apache-2.0"
    assert data.language == ["en", "fr"]
    assert data.base_model == ["google/gemma-3-270m"]
    assert data.datasets == ["example/letters"]
    assert data.tags == ["letters", "audited-with-assay"]
    assert data.pipeline_tag == "text-generation"
    assert data.library_name == "transformers"
    assert data.to_dict()["base_model_relation"] == "finetune"
    assert data.model_name == "example/letter-helper"


def test_every_measured_number_reaches_the_hub_with_its_n_and_its_interval() -> None:
    results = ModelCard(CARD).data.eval_results
    measured = [m for held in REPORT.measurements.values() for m in held if m.value is not None]
    assert len(results) == len(measured) == 11
    assert len({(r.dataset_type, r.dataset_config, r.metric_type) for r in results}) == 11
    for result in results:
        assert isinstance(result.metric_value, float)
        args = result.metric_args
        assert args["n"] >= args["n_clusters"] > 0
        assert args["ci_low"] <= result.metric_value <= args["ci_high"]
        assert args["confidence"] == 0.95
        assert args["policy"] == "assay-baseline 2026.11.0"
    one = next(r for r in results if r.dataset_config == "en, Muslims")
    assert (one.dataset_type, one.metric_type, one.metric_value) == (FRAMES, "stereotype-gap", 0.81)
    assert one.metric_args["sampling_unit"] == "frame"
    assert one.metric_args["seed"] == 7
    assert one.metric_args["missing"] == 2


def test_a_number_that_may_not_be_decided_on_says_so_and_none_is_left_out() -> None:
    held = (
        replace(GAPS[0], group="", reason="the model does not handle English", interval=None),
        Measurement("stereotype-gap", None, group="men", reason="nothing was scored"),
        Measurement("stereotype-gap", float("nan"), group="girls"),
    )
    index = front(model_card.render(replace(REPORT, measurements={FRAMES: held})))["model-index"][0]
    (result,) = index["results"]
    (metric,) = result["metrics"]
    assert metric["args"]["caution"] == "the model does not handle English"
    assert metric["args"]["method"] == "no interval"
    assert metric["args"]["ci_low"] is None


def test_groups_that_no_control_decides_on_are_in_the_tables_but_not_in_the_index() -> None:
    unseen = replace(GAPS[0], group="a group that nobody asked for", value=0.125)
    card = model_card.render(replace(REPORT, measurements={FRAMES: (*GAPS, unseen)}))
    names = [m["name"] for r in front(card)["model-index"][0]["results"] for m in r["metrics"]]
    assert not any("nobody asked for" in name for name in names)
    assert any(GAPS[0].group in name for name in names)
    assert "nobody asked for" in card.split("---", 2)[2]


def test_a_card_without_measurements_has_no_index_and_is_read_all_the_same() -> None:
    card = model_card.render(EMPTY)
    assert "model-index" not in front(card)
    assert ModelCard(card).data.license == "unknown"


@pytest.mark.parametrize(
    ("declared", "own", "expected"),
    [
        (("Apache-2.0",), None, "apache-2.0"),
        (("Apache-2.0", "apache-2.0"), None, "apache-2.0"),
        (("Apache-2.0", "MIT"), None, "unknown"),
        (("Apache-2.0",), "gemma", "gemma"),
        ((), None, "unknown"),
    ],
)
def test_the_licence_is_the_makers_or_the_only_one_declared(
    declared: tuple[str, ...], own: str | None, expected: str
) -> None:
    target = replace(
        TARGET,
        card=Card("README.md", {"license": own} if own else {}, ""),
        licences=tuple(Declaration(value, "somewhere") for value in declared),
    )
    assert front(model_card.render(replace(REPORT, target=target)))["license"] == expected


def test_a_contradicted_licence_is_said_to_be_contradicted() -> None:
    assert "apache-2.0 (another declaration contradicts it, see Licence compatibility)" in CARD
    agreed = replace(TARGET, licences=TARGET.licences[:1])
    assert "contradicts" not in model_card.render(replace(REPORT, target=agreed))


@pytest.mark.parametrize("kind", list(ModelKind))
def test_every_kind_of_model_has_a_pipeline_tag(kind: ModelKind) -> None:
    card = model_card.render(replace(REPORT, target=replace(TARGET, kind=kind)))
    assert re.fullmatch("[a-z-]+", front(card)["pipeline_tag"])


def test_the_makers_words_are_carried_over_and_marked_and_gaps_are_shown() -> None:
    marked = "From the maker's card:\n\n> "
    assert section(CARD, "### Model Description").startswith(
        f"{marked}A small assistant for **drafting** letters."
    )
    assert section(CARD, "### Direct Use").startswith(f"{marked}Drafting letters in English. See [the guide](http")
    assert section(CARD, "## Bias, Risks, and Limitations").startswith(f"{marked}It repeats what it read.")
    assert section(CARD, "### Training Data").startswith(f"{marked}10 million letters.")
    assert 'The maker\'s section "Speed records":\n\n> Fast on a laptop.' in CARD
    assert section(CARD, "## Citation") == "Not provided."
    assert section(CARD, "### Downstream Use") == "Not provided."
    assert "fill in" not in CARD
    assert "More Information Needed" not in CARD


def test_limitations_name_what_was_not_tested() -> None:
    text = section(CARD, "## Bias, Risks, and Limitations")
    assert "content.refusal (sw)" in text
    assert "bias.word-vectors (en)" in text
    assert "Not assessed at all: Explanations, Model card, Performance." in text
    assert "✗ **failed** (F-003)" in text
    assert "F-001" not in text


def test_the_card_says_how_it_was_produced() -> None:
    text = section(CARD, "## How this card was produced")
    assert "5f" * 32 in text
    assert "DRAFT - not signed" in text


def test_sections_are_found_by_their_heading_in_any_of_its_spellings() -> None:
    card = (
        "---\nlicense: mit\n---\n# Title\nfirst\n# Uses\nthese\n## Limitations and bias ##\nthose\n"
        "```\n# no heading\n```\n### Citation [optional]\nme\n## Odd one\nodd\n## Empty\n<!-- nothing\n-->\n"
    )
    assert sections(card) == {
        "": "first",
        "uses": "these",
        "bias, risks, and limitations": "those\n```\n# no heading\n```",
        "citation": "me",
        "Odd one": "odd",
    }


def read(markdown: str) -> tuple[set[str], list[str]]:
    """Kinds of tokens, and the targets of links, as a reader sees them that lets every target through."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    reader.validateLink = lambda _: True  # type: ignore[method-assign]
    found = [t for block in reader.parse(markdown) for t in (block, *(block.children or ()))]
    return {t.type for t in found}, [str(t.attrs["href"]) for t in found if "href" in t.attrs]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "<!-- x --><!DOCTYPE x><?php x ?><![CDATA[x]]>",
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](java&#115;cript:alert(1))",
        "[a](&#106;avascript:alert(1))",
        "[a](<javascript:alert(1)>)",
        "[a]( \n javascript:alert(1) )",
        "[a\\](javascript:alert(1))",
        "[a\\\\](javascript:alert(1))",
        "[a](data:text/html,<script>alert(1)</script>)",
        "[a](vbscript:x 'title')",
        "[a](jav\\ascript:x)",
        "![a](http://127.0.0.1/track.png)",
        "![a][b]\n\n[b]: http://127.0.0.1/track.png",
        "[a]\n\n[a]: javascript:alert(1)",
        "[a]\n\n[a]:\n  javascript:alert(1)",
        "[a]\n\n[a]: <javascript:alert(1)>",
        "[![a](javascript:b)](javascript:c)",
        "<javascript:alert(1)>",
        "```\n<b>",
        "    <b>\n\n<b>",
        "> > <b>x",
        "Title\n===\n\nOther\n---\n",
        "`<b>` `` <b> ` <b>",
    ],
)
def test_the_makers_markdown_runs_nothing_loads_nothing_and_links_to_the_web_only(text: str) -> None:
    kinds, links = read(f"# Ours\n\n{quoted(text)}\n\nOurs.")
    assert not kinds & {"html_block", "html_inline", "image"}
    assert all(re.match(r"https?://|mailto:", link) for link in links), links
    assert [line for line in f"{quoted(text)}".split("\n") if not line.startswith(">")] == []


def test_the_makers_harmless_markdown_stays_markdown() -> None:
    text = "**b** _i_ `c` [web](https://a.org/x?y=1&z=2) [near](docs/use.md#how) [down](#top)"
    kinds, links = read(quoted(f"{text}\n\n| a | b |\n|---|---|\n| 1 | 2 |"))
    assert {"strong_open", "em_open", "code_inline", "table_open"} <= kinds
    assert links == ["https://a.org/x?y=1&z=2", "docs/use.md#how", "#top"]


def test_a_heading_of_the_maker_cannot_pose_as_one_of_the_card() -> None:
    kinds, _ = read(quoted("Verdict\n=======\npassed"))
    assert "heading_open" not in kinds


def test_a_long_section_is_cut_with_a_count() -> None:
    text = quoted("x" * 5000)
    assert text.count("x") == maker_card.LONGEST == 4000
    assert text.endswith("[1,000 more characters left out]")
