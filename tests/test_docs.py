"""Documentation that is generated is fresh; what is written by hand names things that exist."""

import importlib.util
import re
from pathlib import Path

import pytest

from audit.catalogue import documentation, find_checks
from audit.target.target import ModelKind

ROOT = Path(__file__).resolve().parents[1]
HEADINGS = ("## What it measures", "## How to read it", "## Limits", "## Source")


def generated() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.pages())


def test_generated_pages_are_fresh():
    for path, text in generated().items():
        assert (ROOT / "docs" / path).read_text(encoding="utf-8") == text, f"docs/{path} is stale: run `make docs`"


def test_no_page_of_a_check_is_left_over():
    expected = {path.removeprefix("checks/") for path in generated() if path.startswith("checks/")}
    assert {file.name for file in (ROOT / "docs" / "checks").iterdir()} == expected


def test_the_page_on_policies_names_every_kind_of_target():
    page = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
    assert [kind.value for kind in ModelKind if kind.value not in page] == []


@pytest.mark.parametrize("check", find_checks().values(), ids=lambda check: check.id)
def test_every_check_has_a_whole_page(check):
    page = documentation(check)
    assert [heading for heading in HEADINGS if heading not in page] == []
    assert len(page.splitlines()[0]) < 120


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", "docs/policies.md", "docs/scoring.md", "docs/languages.md"]
)
def test_links_lead_somewhere(page: str):
    text = (ROOT / page).read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", text):
        assert ((ROOT / page).parent / link).exists(), f"{page} links to {link}"


def test_checks_named_in_the_readme_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    families = {name.split(".")[0] for name in find_checks()}
    named = {n for n in re.findall(r"`([a-z-]+\.[a-z-]+)`", text) if n.split(".")[0] in families}
    assert named
    assert named <= set(find_checks())
