"""The report as one HTML page that needs nothing else: no script, no request; for screen, phone and print."""

from markupsafe import Markup

from audit.render import wording
from audit.render.chart import forest_plot, legend
from audit.render.cleaning import clean
from audit.render.evidence import as_text
from audit.render.limitations import limitations
from audit.render.templating import environment
from audit.render.view import View
from audit.report import Report
from audit.resources import shipped_folder


def render(report: Report) -> str:
    """The page; the same report gives the same bytes."""
    view = View(report)
    style = (shipped_folder("templates") / "html" / "style.css").read_text(encoding="utf-8")
    page = environment(clean, html=True).get_template("html/report.html")
    return page.render(
        view=view,
        report=report,
        limitations=limitations(view),
        style=Markup(style),  # noqa: S704  our own file
        forest_plot=forest_plot,
        legend=legend,
        as_text=as_text,
        words=wording,
    )
