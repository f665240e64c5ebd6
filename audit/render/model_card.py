"""The model card for Hugging Face: their headings to the letter, the maker's own words, and what was measured."""

from collections.abc import Mapping

from markupsafe import Markup

from audit.render import wording
from audit.render.areas import key_of
from audit.render.front_matter import front_matter, licence
from audit.render.limitations import limitations
from audit.render.maker_card import STANDARD, quoted, sections
from audit.render.markdown_text import code, escape
from audit.render.rows import ControlView
from audit.render.templating import environment
from audit.render.view import CheckView, View
from audit.report import Report

NOT_PROVIDED = Markup("Not provided.")
FROM_THE_MAKER = Markup("From the maker's card:")


def render(report: Report) -> str:
    """README.md with YAML front matter; the same report gives the same text."""
    view = View(report)
    card = report.target.card
    given = sections(card.text) if card else {}
    page = environment(escape, html=False).get_template("markdown/model_card.md")
    return page.render(
        view=view,
        report=report,
        front_matter=Markup(front_matter(view)),  # noqa: S704  YAML of cleaned values
        licence=licence(report.target),
        contradicted=len({declaration.value.lower() for declaration in report.target.licences}) > 1,
        given=lambda heading: _given(given, heading) or NOT_PROVIDED,
        maker=lambda heading: _given(given, heading) or Markup(f"{FROM_THE_MAKER} not provided."),  # noqa: S704
        others=[(title, quoted(text)) for title, text in given.items() if title and title not in STANDARD],
        limitations=limitations(view),
        in_area=lambda area: _in_area(view, area),
        checks_in=lambda area: _checks_in(view, area),
        code=code,
        words=wording,
    )


def _given(texts: Mapping[str, str], heading: str) -> Markup:
    """What the maker wrote under a heading, marked as theirs; empty when that is nothing."""
    key = heading.casefold()
    text = texts.get(key) or (texts.get("") if key == "model description" else None)
    return Markup("\n\n").join((FROM_THE_MAKER, quoted(text))) if text else Markup("")


def _in_area(view: View, area: str) -> list[ControlView]:
    return [c for c in view.controls if area in (key_of(c.control.area), *_families(c))]


def _families(control: ControlView) -> list[str]:
    return [key_of(requirement.check.split(".")[0]) for requirement in control.control.requires]


def _checks_in(view: View, area: str) -> list[CheckView]:
    return [check for check in view.checks if key_of(check.record.check.split(".")[0]) == area]
