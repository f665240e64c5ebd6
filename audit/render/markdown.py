"""The compliance report in Markdown: the same order and the same numbers as the page."""

from audit.render import wording
from audit.render.evidence import as_text
from audit.render.limitations import limitations
from audit.render.markdown_text import code, escape, fenced
from audit.render.templating import environment
from audit.render.view import View
from audit.report import Report


def render(report: Report) -> str:
    """The report as GitHub-flavoured Markdown; the same report gives the same text."""
    view = View(report)
    page = environment(escape, html=False).get_template("markdown/report.md")
    return page.render(
        view=view,
        report=report,
        limitations=limitations(view),
        as_text=as_text,
        code=code,
        fenced=fenced,
        words=wording,
    )
