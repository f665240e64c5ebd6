"""One file = one format. Rendering decides nothing: it prints what the report holds."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from audit.disk import write_whole
from audit.render import html, junit, markdown, model_card
from audit.report import Report


@dataclass(frozen=True, slots=True)
class Format:
    """A format by name, the file that it is written to, and the function that makes the file's text."""

    name: str
    file_name: str
    render: Callable[[Report], str]


FORMATS = (
    Format("html", "report.html", html.render),
    Format("markdown", "report.md", markdown.render),
    Format("model-card", "README.md", model_card.render),
    Format("junit", "junit.xml", junit.render),
)


def write_all(report: Report, folder: Path) -> list[Path]:
    """Write ``report`` to ``folder`` in every format; each file is there whole or not at all."""
    texts = {folder / kind.file_name: kind.render(report) for kind in FORMATS}
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        write_whole(path, text)
    return list(texts)
