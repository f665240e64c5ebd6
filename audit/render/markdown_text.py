"""Text from outside inside Markdown: it stays text, tables keep their columns and fences stay closed."""

import re

from markupsafe import Markup

from audit.render.cleaning import LIMIT, clean, line

_SPECIAL = re.compile(r"[\\`*\[\]|~$]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")
_STARTS_A_BLOCK = re.compile(r"^(?:[-=#]|(?:\+|\d{1,9}[.)])(?=\s|$))")
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def escape(text: str, limit: int | None = LIMIT) -> str:
    """``text`` as one line of Markdown that shows its characters and means nothing else."""
    shown = _SPECIAL.sub(r"\\\g<0>", line(text, limit)).translate(_HTML)
    return _STARTS_A_BLOCK.sub(_defused, shown)


def code(text: str) -> Markup:
    """``text`` as a code span, or as plain text where a code span could not hold it in a table."""
    shown = line(text)
    if not shown or "`" in shown or "|" in shown:
        return Markup(escape(text))  # noqa: S704  escape() has escaped it
    return Markup(f"`{shown}`")  # noqa: S704  a code span without a backtick ends where it should


def fenced(text: str) -> Markup:
    """``text`` in a fence that is longer than any run of backticks in it."""
    shown = clean(text)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return Markup(f"{fence}text\n{shown}\n{fence}")  # noqa: S704  the fence holds it


def _defused(match: re.Match[str]) -> str:
    start = match.group()
    return f"{start[:-1]}\\{start[-1]}"
