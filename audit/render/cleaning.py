"""Text from outside (models, cards, file names, policies) made fit to print.

What is invisible is shown, what is not valid Unicode is replaced, what is endless is cut, and the reader is told.
"""

import re

LIMIT = 600
"""Characters of one text that a report shows; the run folder keeps all of them."""

_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_TERMINAL_CODES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # operating system command
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # control sequence
    r"|\x1b[@-Z\\-_a-z0-9]"  # any other escape
)
_HIDDEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls
    "\u00ad\u180e\u200b\u2060-\u2064\ufeff"  # zero width
    "\u202a-\u202e\u2066-\u2069"  # bidirectional embeddings, overrides and isolates
    "\ufff9-\ufffb\U000e0000-\U000e007f"  # annotations and tags
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # not characters
    "]"
)


def clean(text: str, limit: int | None = LIMIT) -> str:
    """``text`` with hidden characters made visible, cut after ``limit`` characters with a count of the rest."""
    kept = text if limit is None else text[:limit]
    shown = _HIDDEN.sub(_visible, _LINE_ENDS.sub("\n", kept))
    left_out = len(text) - len(kept)
    return f"{shown} … [{left_out:,} more characters left out]" if left_out else shown


def line(text: str, limit: int | None = LIMIT) -> str:
    """``clean(text)`` on one line: every run of white space is one space."""
    return " ".join(clean(text, limit).split())


def terminal_line(text: str, limit: int | None = LIMIT) -> str:
    """``line(text)`` with the control sequences of terminals taken out first."""
    kept = text if limit is None else text[: limit + 1000]
    return line(_TERMINAL_CODES.sub("", kept) + text[len(kept) :], limit)


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if 0xD800 <= code <= 0xDFFF or 0xFDD0 <= code <= 0xFDEF or code in (0xFFFE, 0xFFFF):
        return "\ufffd"
    return f"[U+{code:04X}]"
