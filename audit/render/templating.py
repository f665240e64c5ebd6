"""Jinja environments in which no text from outside can reach a page unescaped.

``finalize`` is called on whatever an expression prints: one place that cleans and escapes everything.
"""

from functools import cache
from typing import Any, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from audit.render import wording
from audit.render.cleaning import LIMIT
from audit.resources import shipped_folder

WHOLE = 50_000
"""Characters of a text that a report cannot do without: the verdict, the list of what was not tested."""


class Printed(Protocol):
    """How a format prints a text from outside, at most ``limit`` characters of it."""

    def __call__(self, text: str, limit: int | None) -> str: ...


@cache
def environment(printed: Printed, *, html: bool) -> Environment:
    """Templates of the shipped folder; every printed text goes through ``printed``, and is escaped for HTML."""

    def finalize(value: Any) -> Any:
        if value is None:
            return wording.NOT_MEASURED
        if isinstance(value, str) and not isinstance(value, Markup):
            return printed(value, LIMIT)
        return value

    def whole(text: str) -> Markup:
        shown = printed(text, WHOLE)
        return escape(shown) if html else Markup(shown)  # noqa: S704  printed() has escaped it

    made = Environment(
        loader=FileSystemLoader(shipped_folder("templates")),
        autoescape=html,  # noqa: S701  what is not HTML is escaped by printed()
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["whole"] = whole
    return made
